// What is lost, and what is not: full rings, stuck sinks, forks, the end of the process.

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging.hpp"
#include "kept_lines.hpp"

#ifdef __SANITIZE_THREAD__
/// A child of a process with threads has a drain of its own, which ThreadSanitizer forbids unless
/// it is asked not to.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace eventcore {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/// Lets nothing through until it is opened.
class StuckSink final : public LogSink {
 public:
  void write(std::span<const LogLine> lines, std::string_view) override {
    std::unique_lock lock(mutex_);
    ++calls_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    for (const LogLine& line : lines) lines_.emplace_back(line.text);
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void await_call() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_ != 0; });
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  int calls_ = 0;
  bool open_ = false;
};

class FailingSink final : public LogSink {
 public:
  void write(std::span<const LogLine>, std::string_view) override {
    throw std::runtime_error("the disk is full");
  }
};

class LogLossTest : public testing::LogTest {};

void say(int number) {
  EVENTCORE_LOG_RECORD(Info, "test", "", "Said", field("number", number),
                       field("text", std::string_view("0123456789012345678901234567890123456789")));
}
const std::string large_text(200, 'x');
void complain(int number) {
  // Larger than what `say` writes: no room for that is none for this.
  EVENTCORE_LOG_RECORD(Error, "test", "", "Complained", field("number", number),
                       field("text", std::string_view(large_text)));
}

TEST_F(LogLossTest, DropsTheNewestWhenARingIsFullAndCounts) {
  const auto stuck = std::make_shared<StuckSink>();
  LoggingOptions full = options();
  full.sink = stuck;
  full.site_rate_max = 0;
  full.ring_bytes = std::size_t{16} * 1024;
  full.error_wait = 1ms;
  ASSERT_TRUE(init_logging(std::move(full)));
  static_cast<void>(flush_log(Deadline::after(0s)));
  const LogStats before = log_stats();
  std::thread([&] {
    say(0);
    stuck->await_call();
    for (int i = 1; i <= 1'000; ++i) say(i);
    const Instant begin = std::chrono::steady_clock::now();
    complain(1);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 1ms) << "it waits";
    complain(2);
  }).join();
  const LogStats after = log_stats();
  const std::uint64_t dropped = after.dropped[static_cast<std::size_t>(LogLevel::Info)] -
                                before.dropped[static_cast<std::size_t>(LogLevel::Info)];
  EXPECT_GT(dropped, 500U);
  EXPECT_LT(dropped, 1'000U);
  EXPECT_EQ(after.dropped[static_cast<std::size_t>(LogLevel::Error)] -
                before.dropped[static_cast<std::size_t>(LogLevel::Error)],
            2U);
  const LogFlush flushed = flush_log(Deadline::after(1ms));
  EXPECT_FALSE(flushed.is_complete);
  EXPECT_GT(flushed.waiting, 0U);
  EXPECT_EQ(flushed.dropped, dropped + 2);
  stuck->open();
  EXPECT_TRUE(flush_log(Deadline::after(30s)).is_complete);
  const auto lines = stuck->lines();
  ASSERT_THAT(lines, SizeIs(1'001 - dropped + 1)) << "and the record of the loss";
  EXPECT_THAT(lines[1'000 - dropped], HasSubstr("\"number\":" + std::to_string(1'000 - dropped)));
  EXPECT_THAT(lines.back(), HasSubstr(R"("event":"log.dropped")"));
  EXPECT_THAT(lines.back(), HasSubstr("\"dropped\":" + std::to_string(dropped + 2)));
}

TEST_F(LogLossTest, LetsAnErrorWaitForRoom) {
  const auto stuck = std::make_shared<StuckSink>();
  LoggingOptions full = options();
  full.sink = stuck;
  full.site_rate_max = 0;
  full.ring_bytes = std::size_t{16} * 1024;
  full.error_wait = 30s;
  ASSERT_TRUE(init_logging(std::move(full)));
  std::thread([&] {
    say(0);
    stuck->await_call();
    for (int i = 1; i <= 1'000; ++i) say(i);
    std::thread opener([&] { stuck->open(); });
    complain(1);
    opener.join();
  }).join();
  EXPECT_TRUE(flush_log(Deadline::after(30s)).is_complete);
  bool found = false;
  for (const std::string& line : stuck->lines()) found |= line.find("Complained") != line.npos;
  EXPECT_TRUE(found);
}

TEST_F(LogLossTest, CountsWhatASinkDoesNotTake) {
  LoggingOptions failing = options();
  failing.sink = std::make_shared<FailingSink>();
  ASSERT_TRUE(init_logging(std::move(failing)));
  static_cast<void>(flush_log(Deadline::after(30s)));
  const LogStats before = log_stats();
  say(1);
  say(2);
  const LogFlush flushed = flush_log(Deadline::after(30s));
  EXPECT_TRUE(flushed.is_complete);
  EXPECT_EQ(flushed.dropped, 2U);
  EXPECT_EQ(log_stats().lost - before.lost, 2U);
  EXPECT_GE(log_stats().sink_errors - before.sink_errors, 1U);
}

/// Writes to a descriptor, such as a pipe.
class DescriptorSink final : public LogSink {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}
  void write(std::span<const LogLine>, std::string_view text) override {
    if (::write(descriptor_, text.data(), text.size()) < 0) throw std::runtime_error("write");
  }

 private:
  const int descriptor_;
};

std::string read_all(int descriptor) {
  std::string text;
  char bytes[4'096];
  for (ssize_t size = 0; (size = read(descriptor, bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(size));
  }
  return text;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(LogLossTest, ChildrenWriteTheirOwnRecordsAndNoOthers) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  LoggingOptions shared = options();
  shared.sink = std::make_shared<DescriptorSink>(ends[1]);
  ASSERT_TRUE(init_logging(std::move(shared)));
  for (int turn = 0; turn < 10; ++turn) {
    EVENTCORE_LOG_RECORD(Info, "test", "", "Before");  // most likely still in the ring
    const pid_t child = fork();
    if (child == 0) {
      EVENTCORE_LOG_RECORD(Info, "test", "", "Child");
      std::thread([] { EVENTCORE_LOG_RECORD(Info, "test", "", "Thread of the child"); }).join();
      _exit(flush_log(Deadline::after(30s)).is_complete ? 0 : 1);
    }
    ASSERT_GT(child, 0);
    EVENTCORE_LOG_RECORD(Info, "test", "", "Parent");
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(flush_log(Deadline::after(30s)).is_complete);
  ASSERT_TRUE(init_logging(options()));  // the sink is not used any more
  close(ends[1]);
  const std::string text = read_all(ends[0]);
  close(ends[0]);
  EXPECT_EQ(count_of(text, "\"Before\""), 10U);
  EXPECT_EQ(count_of(text, "\"Child\""), 10U);
  EXPECT_EQ(count_of(text, "\"Thread of the child\""), 10U);
  EXPECT_EQ(count_of(text, "\"Parent\""), 10U);
}

/// Logs when it is destroyed, at the end of the process.
struct LateLogger {
  ~LateLogger() { EVENTCORE_LOG_RECORD(Info, "test", "", "Late"); }
};

void end_process_with_records(int descriptor) {
  LoggingOptions last;
  last.filter = "trace";
  last.format = "json";
  last.environment_first = false;
  last.sink = std::make_shared<DescriptorSink>(descriptor);
  if (!init_logging(std::move(last))) _exit(3);
  static const LateLogger late;  // made after the log: goes before it
  say(1);
  std::exit(0);
}

TEST_F(LogLossTest, WritesWhatIsQueuedWhenTheProcessExits) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) end_process_with_records(ends[1]);
  ASSERT_GT(child, 0);
  close(ends[1]);
  const std::string text = read_all(ends[0]);
  close(ends[0]);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  EXPECT_THAT(text, HasSubstr("\"number\":1"));
}

TEST_F(LogLossTest, DropsWhatASinkLogsItself) {
  class Talkative final : public LogSink {
   public:
    void write(std::span<const LogLine>, std::string_view) override { say(2); }
  };
  LoggingOptions talkative = options();
  talkative.sink = std::make_shared<Talkative>();
  ASSERT_TRUE(init_logging(std::move(talkative)));
  const std::uint64_t before = log_stats().written;
  say(1);
  EXPECT_TRUE(flush_log(Deadline::after(30s)).is_complete);
  EXPECT_LE(log_stats().written - before, 2U) << "the record, and that another was dropped";
}

}  // namespace
}  // namespace eventcore
