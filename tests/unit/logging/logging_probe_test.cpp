#include "eventcore/logging/logging_probe.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/logging/command_logging.hpp"
#include "eventcore/logging/log.hpp"
#include "eventcore/memory_store.hpp"
#include "kept_lines.hpp"

namespace eventcore {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kMarker = "MARKER-4111-1111";

/// Compares with a file of tests/golden; `EVENTCORE_UPDATE_GOLDEN=1` writes it.
void expect_golden(std::string_view name, const std::string& text) {
  const std::filesystem::path path =
      std::filesystem::path(EVENTCORE_SOURCE_DIR) / "tests/golden" / name;
  if (std::getenv("EVENTCORE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string expected{std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>()};
  EXPECT_EQ(expected, text) << "run logging_tests with EVENTCORE_UPDATE_GOLDEN=1";
}

Uuid some_id() { return *Uuid::parse("0190f8a2-7b3c-7def-8abc-0123456789ab"); }

CommandRecord some_command() {
  CommandRecord record;
  record.command_type = "place_order";
  record.command_id = some_id();
  record.duration = 1'250us;
  record.attempts = 2;
  record.trace = *TraceContext::parse("00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01");
  record.correlation_id = "request-7";
  return record;
}

void tell_of_commands(LoggingProbe& probe) {
  CommandRecord record = some_command();
  probe.command_started({record.command_type, record.trace, record.correlation_id});

  const StreamTouch touches[] = {{.stream = "order-1", .version_read = {}, .events_written = 2},
                                 {.stream = "product-7", .version_read = {4}, .events_written = 1},
                                 {.stream = "customer-3", .version_read = {9}}};
  const Conflict conflict{{3}, {4}, {17}, some_id(), "adjust_stock"};
  const ConflictRecord conflicts[] = {{"product-7", &conflict}};
  record.events_written = 3;
  record.first_position = {18};
  record.streams = touches;
  record.conflicts = conflicts;
  probe.command_finished(record);

  CommandRecord other = some_command();
  other.outcome = CommandOutcome::NoEvents;
  probe.command_finished(other);
  other.outcome = CommandOutcome::Replayed;
  probe.command_finished(other);
  other.outcome = CommandOutcome::Rejected;
  other.rejection_code = "out_of_stock";
  probe.command_finished(other);

  Error error = make_error(ErrorCode::VersionConflict, "place_order gave up", "product-7");
  error.conflict = conflict;
  CommandRecord failed = some_command();
  failed.outcome = CommandOutcome::ConflictExhausted;
  failed.error = &error;
  probe.command_finished(failed);
  const Error thrown = make_error(ErrorCode::HandlerFailed, std::string("threw: ") + kMarker);
  failed.outcome = CommandOutcome::Invalid;
  failed.error = &thrown;
  failed.timed = false;
  probe.command_finished(failed);
}

void tell_of_a_store(LoggingProbe& probe) {
  probe.group_committed({.commands = 4,
                         .rejected = 1,
                         .events = 9,
                         .bytes = 700,
                         .queue_depth = 2,
                         .commit = 3'500us,
                         .head = {27}});
  probe.pool_used({.pool = "readers", .wait = 5ms, .timed_out = true});
  probe.pool_used({.pool = "readers", .wait = 1us});
  probe.connection_opened("readers", 4ms);
  probe.store_availability(false);
  probe.store_availability(true);
}

void tell_of_projections(LoggingProjectionProbe& probe) {
  const Error unreachable = make_error(ErrorCode::Unavailable, "the disk is full");
  const Error thrown = make_error(ErrorCode::InvalidArgument, kMarker);
  probe.lease_acquired("stock", 7);
  probe.batch_applied({.projection = "stock",
                       .events = 100,
                       .position = {120},
                       .handle = 1ms,
                       .apply = 2ms,
                       .checkpoint = 1ms});
  probe.failed(
      {.projection = "stock", .infrastructure = true, .position = {}, .error = &unreachable});
  probe.retried("stock", 250ms);
  probe.failed({.projection = "stock", .position = {121}, .attempt = 3, .error = &thrown});
  DeadLetter letter;
  letter.projection = "stock";
  letter.position = {121};
  letter.message = kMarker;
  letter.attempts = 3;
  letter.trace_id = "0123456789abcdef0123456789abcdef";
  probe.dead_lettered(letter);
  probe.dead_letter_replayed("stock", {121}, true);
  probe.dead_letter_replayed("stock", {121}, false);
  probe.skipped("stock", {122});
  probe.lease_lost("stock", 7);
}

class LoggingProbeTest : public testing::LogTest {};

TEST_F(LoggingProbeTest, WritesWhatTheReferenceSays) {
  for (const std::string format : {"json", "text"}) {
    kept_ = std::make_shared<testing::KeptLines>();
    ASSERT_TRUE(init_logging(options("trace", format)));
    LoggingProbe probe;
    LoggingProjectionProbe projections;
    tell_of_commands(probe);
    tell_of_a_store(probe);
    tell_of_projections(projections);
    static_cast<void>(written());
    EXPECT_THAT(kept_->text(), Not(HasSubstr(kMarker)));
    expect_golden("log_records." + format, testing::without_line_numbers(kept_->text()));
  }
}

TEST_F(LoggingProbeTest, SaysAllThatAnErrorMaySayAndNoMore) {
  EXPECT_EQ(loggable_message(make_error(ErrorCode::Unavailable, "gone")), "gone");
  for (const ErrorCode code : {ErrorCode::HandlerFailed, ErrorCode::DecodeFailed}) {
    EXPECT_THAT(std::string(loggable_message(make_error(code, kMarker))), Not(HasSubstr(kMarker)));
  }
}

struct Noted {
  std::string text;
  static constexpr auto describe() {
    return describe_event("noted", 1, field("text", &Noted::text));
  }
};
struct Notes {
  using Events = std::variant<Noted>;
  static void apply(Notes&, const Events&, const EventInfo&) {}
};
/// Notes, refuses or throws, whatever its text.
struct Note {
  static constexpr std::string_view name = "note";
  using Event = std::variant<Noted>;
  std::string text;
  enum class End { Accept, Reject, Throw, Fail } end = End::Accept;

  auto reads() const { return eventcore::reads(stream<Notes>(StreamId::literal("notes-1"))); }
  Decision handle(const Notes&, Emitter<Event>& emit) const {
    EVENTCORE_LOG_RECORD(Info, "test", "", "Inside");
    if (end == End::Reject) return reject("unwanted", text);
    if (end == End::Fail) return fail(text);
    if (end == End::Throw) throw std::runtime_error(text);
    emit(StreamId::literal("notes-1"), Noted{text});
    return accept();
  }
};

class CommandLoggingTest : public testing::LogTest {
 protected:
  const std::unique_ptr<EventStore> store_ = open_memory_store();
};

TEST_F(CommandLoggingTest, NeverWritesAPayload) {
  ASSERT_TRUE(init_logging(options()));
  const auto probe = std::make_shared<LoggingProbe>();
  const auto store = open_memory_store({.probe = probe});
  CommandExecutor executor(*store, {.probe = probe});
  using End = Note::End;
  for (const End end : {End::Accept, End::Reject, End::Throw, End::Fail}) {
    static_cast<void>(executor.execute(Note{kMarker, end}));
    static_cast<void>(execute_command_with_logging(Note{kMarker, end}, executor));
  }
  const EventToWrite undecodable{.stream = StreamId::literal("notes-1"),
                                 .type = "noted",
                                 .payload = std::string(R"({"text":")") + kMarker + R"(" "x"})"};
  ASSERT_TRUE(write_events_with_logging({&undecodable, 1}, *store));
  EXPECT_FALSE(executor.execute(Note{kMarker}));
  static_cast<void>(written());
  EXPECT_THAT(kept_->lines().size(), ::testing::Gt(20U));
  EXPECT_THAT(kept_->text(), Not(HasSubstr(kMarker)));
}

TEST_F(CommandLoggingTest, WritesACommandOnceWhoeverLooks) {
  ASSERT_TRUE(init_logging(options("eventcore::command=debug,test=info")));
  const ExecuteOptions how{.correlation_id = "request-7"};
  CommandExecutor plain(*store_);
  CommandExecutor probed(*store_, {.probe = std::make_shared<LoggingProbe>()});
  for (CommandExecutor* executor : {&plain, &probed}) {
    kept_ = std::make_shared<testing::KeptLines>();
    ASSERT_TRUE(init_logging(options("eventcore::command=debug,test=info")));
    ASSERT_TRUE(execute_command_with_logging(Note{"hello"}, *executor, how));
    const auto lines = written();
    ASSERT_THAT(lines, ElementsAre(HasSubstr(R"("event":"command.started")"),
                                   HasSubstr(R"("message":"Inside")"),
                                   HasSubstr(R"("event":"command.succeeded")")));
    for (const std::string& line : lines) {
      EXPECT_THAT(line,
                  HasSubstr(R"("span":"note","spans":["note"],"correlation_id":"request-7")"));
    }
    EXPECT_THAT(lines[2], HasSubstr(R"("events_written":1,"affected_streams":1,"position":)"));
  }
  // Afterwards the probe writes again.
  ASSERT_TRUE(probed.execute(Note{"hello"}));
  EXPECT_THAT(written(), SizeIs(6));
}

TEST_F(CommandLoggingTest, WritesFailuresAsErrors) {
  ASSERT_TRUE(init_logging(options("eventcore=info")));
  CommandExecutor executor(*store_);
  EXPECT_FALSE(execute_command_with_logging(Note{"x", Note::End::Throw}, executor));
  EXPECT_THAT(written(),
              ElementsAre(HasSubstr(R"("level":"error","message":"Command execution fai)")));
  EXPECT_THAT(last_line(), HasSubstr(R"("error_type":"handler_failed")"));
}

TEST_F(CommandLoggingTest, WritesAppends) {
  ASSERT_TRUE(init_logging(options("eventcore::store=debug")));
  std::vector<EventToWrite> events;
  for (int i = 0; i < 20; ++i) {
    const StreamId stream = *StreamId::parse("s-" + std::to_string(i));
    events.push_back({.stream = stream, .type = "t", .payload = "{}"});
    events.push_back({.stream = stream, .type = "t", .payload = "{}"});
  }
  ASSERT_TRUE(write_events_with_logging(events, *store_));
  events.erase(events.begin() + 1, events.end());
  events[0].expected = ExpectedVersion::no_stream();
  EXPECT_FALSE(write_events_with_logging(events, *store_));
  const auto lines = written();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], HasSubstr(R"("event":"append.started")"));
  EXPECT_THAT(lines[0], HasSubstr(R"("event_count":40})"));
  EXPECT_THAT(lines[1], HasSubstr(R"("events_written":40,"streams":["s-0","s-1",)"));
  EXPECT_THAT(lines[1], HasSubstr(R"("s-15","… 1 more"],"position":40)"));
  EXPECT_THAT(lines[3], HasSubstr(R"("level":"error","message":"Failed to write events")"));
  EXPECT_THAT(lines[3], HasSubstr(R"("error_type":"version_conflict","stream_id":"s-0")"));
}

}  // namespace
}  // namespace eventcore
