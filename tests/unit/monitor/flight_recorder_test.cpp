#include "eventcore/monitor/flight_recorder.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::monitor {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class FlightRecorderTest : public ::testing::Test {
 protected:
  /// A command that ends now.
  CommandRecord command(std::chrono::nanoseconds duration, std::uint32_t attempts = 1) const {
    CommandRecord record;
    record.command_type = "order";
    record.started = clock_.now() - duration;
    record.duration = duration;
    record.attempts = attempts;
    return record;
  }
  FlightRecorderOptions small() const { return {.minutes = 2, .per_minute = 3, .clock = &clock_}; }

  static std::vector<std::int64_t> values(const json& list, const char* member) {
    std::vector<std::int64_t> result;
    for (const json& entry : list) result.push_back(entry.at(member).get<std::int64_t>());
    return result;
  }

  mutable testing::ManualClock clock_;
};

TEST_F(FlightRecorderTest, KeepsTheSlowestOfAMinute) {
  FlightRecorder recorder(small());
  for (const int ms : {5, 1, 9, 3, 7, 2, 8}) {
    recorder.command_finished(command(std::chrono::milliseconds(ms)));
  }
  const json dump = json::parse(recorder.json());
  EXPECT_THAT(values(dump.at("slowest"), "duration_ns"),
              UnorderedElementsAre(9'000'000, 8'000'000, 7'000'000));
  EXPECT_TRUE(dump.at("failed").empty());
  EXPECT_TRUE(dump.at("retried").empty()) << "none tried twice";
  EXPECT_EQ(dump.at("reason"), "asked");
}

TEST_F(FlightRecorderTest, BeginsAgainEachMinuteAndForgets) {
  FlightRecorder recorder(small());
  const auto slowest = [&] {
    return values(json::parse(recorder.json()).at("slowest"), "duration_ns");
  };
  for (int i = 0; i < 4; ++i) recorder.command_finished(command(100ms));
  clock_.advance(60s);
  recorder.command_finished(command(1ms));
  EXPECT_THAT(slowest(), UnorderedElementsAre(100'000'000, 100'000'000, 100'000'000, 1'000'000));
  clock_.advance(60s);
  recorder.command_finished(command(2ms));
  EXPECT_THAT(slowest(), UnorderedElementsAre(1'000'000, 2'000'000));
  clock_.advance(121s);
  EXPECT_THAT(slowest(), ElementsAre()) << "nothing ran since, but it is old all the same";
}

TEST_F(FlightRecorderTest, LeavesOutWhatIsQuickEnough) {
  FlightRecorderOptions options = small();
  options.slow_min = 10ms;
  FlightRecorder recorder(options);
  recorder.command_finished(command(10ms));
  recorder.command_finished(command(11ms));
  EXPECT_THAT(values(json::parse(recorder.json()).at("slowest"), "duration_ns"),
              ElementsAre(11'000'000));
}

TEST_F(FlightRecorderTest, KeepsTheMostRetriedAndTheLatestFailed) {
  FlightRecorder recorder(small());
  for (const std::uint32_t attempts : {2U, 7U, 1U, 4U, 3U, 1U}) {
    recorder.command_finished(command(1ms, attempts));
  }
  const Error error = make_error(ErrorCode::Unavailable, "the \"disk\" is\nfull");
  for (std::uint32_t i = 0; i < 5; ++i) {
    CommandRecord record = command(1us);
    record.outcome = CommandOutcome::StoreError;
    record.error = &error;
    record.events_folded = i;
    recorder.command_finished(record);
  }
  CommandRecord refused = command(1us);
  refused.outcome = CommandOutcome::Rejected;
  recorder.command_finished(refused);
  const json dump = json::parse(recorder.json());
  EXPECT_THAT(values(dump.at("retried"), "attempts"), UnorderedElementsAre(7, 4, 3));
  EXPECT_THAT(values(dump.at("failed"), "events_folded"), UnorderedElementsAre(2, 3, 4));
  EXPECT_EQ(dump.at("failures"), 5) << "a refusal is none";
  EXPECT_EQ(dump.at("failed")[0].at("error"), "unavailable");
  EXPECT_EQ(dump.at("failed")[0].at("error_message"), "the \"disk\" is\nfull");
  EXPECT_EQ(recorder.stats().failed, 5U);
  EXPECT_EQ(recorder.stats().missed, 0U);
}

TEST_F(FlightRecorderTest, TellsEverythingAboutACommand) {
  FlightRecorder recorder(small());
  Conflict conflict;
  conflict.expected = {4};
  conflict.actual = {6};
  conflict.winner_position = {77};
  conflict.winner_command_type = "adjust_stock";
  const ConflictRecord lost[] = {{"product-22423", &conflict}};
  std::vector<StreamTouch> streams(12);
  for (StreamTouch& touch : streams) touch.stream = "product-22423";
  AttemptRecord attempts[2];
  CommandRecord record = command(20ms, 2);
  attempts[0] = {record.started, record.started + 5ms, {}};
  attempts[1] = {record.started + 8ms, record.started + 20ms, {}};
  attempts[1].phases[CommandPhase::Append] = 11ms;
  CommandTrace span;
  span.context = *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  span.parent_id = {1, 2, 3, 4, 5, 6, 7, 8};
  record.span = &span;
  record.timeline = attempts;
  record.conflicts = lost;
  record.streams = streams;
  record.phases.measured = true;
  record.phases[CommandPhase::Read] = 3ms;
  record.backoff = 3ms;
  record.correlation_id = "order-42";
  record.first_position = {99};
  record.events_written = 21;
  recorder.command_finished(record);
  const json entry = json::parse(recorder.json()).at("retried").at(0);
  EXPECT_EQ(entry.at("command_type"), "order");
  EXPECT_EQ(entry.at("outcome"), "committed");
  EXPECT_EQ(entry.at("attempts"), 2);
  EXPECT_EQ(entry.at("backoff_ns"), 3'000'000);
  EXPECT_EQ(entry.at("events_written"), 21);
  EXPECT_EQ(entry.at("first_position"), 99);
  EXPECT_EQ(entry.at("correlation_id"), "order-42");
  EXPECT_EQ(entry.at("trace_id"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(entry.at("span_id"), "b7ad6b7169203331");
  EXPECT_EQ(entry.at("parent_span_id"), "0102030405060708");
  EXPECT_EQ(entry.at("sampled"), false) << "kept whether its trace is or not";
  EXPECT_EQ(entry.at("phases_ns").at("read"), 3'000'000);
  EXPECT_EQ(entry.at("streams_total"), 12);
  EXPECT_EQ(entry.at("streams").size(), 8U);
  EXPECT_EQ(entry.at("conflicts").at(0).at("stream"), "product-22423");
  EXPECT_EQ(entry.at("conflicts").at(0).at("expected_version"), 4);
  EXPECT_EQ(entry.at("conflicts").at(0).at("actual_version"), 6);
  EXPECT_EQ(entry.at("conflicts").at(0).at("winner_position"), 77);
  EXPECT_EQ(entry.at("conflicts").at(0).at("winner_command_type"), "adjust_stock");
  EXPECT_EQ(entry.at("timeline").at(1).at("start_ns"), 8'000'000);
  EXPECT_EQ(entry.at("timeline").at(1).at("duration_ns"), 12'000'000);
  EXPECT_EQ(entry.at("timeline").at(1).at("phases_ns").at("append"), 11'000'000);
}

TEST_F(FlightRecorderTest, CutsLongTextsBetweenCharactersAndEscapesTheRest) {
  FlightRecorder recorder(small());
  std::string name;
  for (int i = 0; i < 60; ++i) name += "é";
  CommandRecord record = command(1ms);
  record.command_type = name;
  record.correlation_id = "tab\t \x7F \xFF end";
  recorder.command_finished(record);
  const json entry = json::parse(recorder.json()).at("slowest").at(0);
  const auto shown = entry.at("command_type").get<std::string>();
  EXPECT_TRUE(shown.ends_with("é…"));
  EXPECT_LE(shown.size(), 61U);
  EXPECT_EQ(entry.at("correlation_id"), "tab\t \x7F \xEF\xBF\xBD end");
}

TEST_F(FlightRecorderTest, IsReadWhileManyThreadsWrite) {
  FlightRecorder recorder(small());
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        CommandRecord record = command(std::chrono::microseconds(i), 1 + i % 3);
        if (i % 7 == t) record.outcome = CommandOutcome::Cancelled;
        recorder.command_finished(record);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const json dump = json::parse(recorder.json());
    for (const json& entry : dump.at("slowest")) EXPECT_EQ(entry.at("command_type"), "order");
  }
  threads.clear();
  const json dump = json::parse(recorder.json());
  EXPECT_EQ(dump.at("slowest").size(), 3U);
  EXPECT_GT(recorder.stats().failed, 0U);
}

/// A folder that is gone afterwards.
class FatalSignalTest : public FlightRecorderTest {
 protected:
  FatalSignalTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "flight-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  }
  ~FatalSignalTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file() const { return (folder_ / "dump.json").string(); }
  [[nodiscard]] json dump() const {
    std::ifstream in(file());
    std::ostringstream text;
    text << in.rdbuf();
    return json::parse(text.str());
  }
  /// Has a child die in `last_words`; returns the signal that ended it, 0 if none did.
  template <class LastWords>
  int child(LastWords last_words) {
    const pid_t pid = fork();
    if (pid == 0) {
      // Sanitizers have handlers of their own, which would be the last to run.
      for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(number, SIG_DFL);
      // With the real time, as the handler reads it.
      const auto recorder = std::make_shared<FlightRecorder>();
      CommandRecord record = command(7ms, 3);
      record.started = system_clock().now() - 7ms;
      recorder->command_finished(record);
      const auto installed = FatalSignalDump::install(recorder, file());
      if (installed) last_words();
      _exit(1);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  std::filesystem::path folder_;
};

TEST_F(FatalSignalTest, WritesTheFileAndDiesOfTheSameSignal) {
  const std::pair<int, std::string> signals[] = {{SIGABRT, "SIGABRT"},
                                                 {SIGSEGV, "SIGSEGV"},
                                                 {SIGBUS, "SIGBUS"},
                                                 {SIGFPE, "SIGFPE"},
                                                 {SIGILL, "SIGILL"}};
  for (const auto& [number, name] : signals) {
    EXPECT_EQ(child([number = number] { raise(number); }), number);
    const json written = dump();
    EXPECT_EQ(written.at("reason"), name);
    EXPECT_EQ(written.at("signal"), number);
    EXPECT_NE(written.at("pid"), getpid());
    EXPECT_EQ(written.at("slowest").at(0).at("duration_ns"), 7'000'000);
    EXPECT_EQ(written.at("retried").at(0).at("attempts"), 3);
  }
}

TEST_F(FatalSignalTest, WritesTheFileWhenTheProcessAborts) {
  EXPECT_EQ(child([] { std::abort(); }), SIGABRT);
  EXPECT_EQ(dump().at("reason"), "SIGABRT");
}

TEST_F(FatalSignalTest, LeavesAFormerFileUntilItIsNeeded) {
  std::ofstream(file()) << "former";
  EXPECT_EQ(child([] {}), 0);
  std::ifstream in(file());
  std::string text;
  in >> text;
  EXPECT_EQ(text, "former");
}

TEST_F(FatalSignalTest, IsInstalledOnceAndRestoresWhatWasThere) {
  struct sigaction before {};
  sigaction(SIGABRT, nullptr, &before);
  const auto recorder = std::make_shared<FlightRecorder>();
  {
    const auto installed = FatalSignalDump::install(recorder, file());
    ASSERT_TRUE(installed) << installed.error().message;
    EXPECT_FALSE(std::filesystem::exists(file())) << "nothing happened yet";
    const auto again = FatalSignalDump::install(recorder, file());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::InvalidArgument);
  }
  struct sigaction after {};
  sigaction(SIGABRT, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
  EXPECT_TRUE(FatalSignalDump::install(recorder, file())) << "the former one is gone";
}

TEST_F(FatalSignalTest, RefusesAPathThatCannotBeWritten) {
  const auto recorder = std::make_shared<FlightRecorder>();
  const auto missing = FatalSignalDump::install(recorder, (folder_ / "no" / "where").string());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(FatalSignalDump::install(recorder, "").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(FatalSignalDump::install(recorder, std::string(5000, 'x')).error().code,
            ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace eventcore::monitor
