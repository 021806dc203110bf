// Projecting processes are killed and stopped while others write; afterwards the read model holds
// every event of the log exactly once.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "crash_settings.hpp"
#include "eventcore/sqlite_store.hpp"
#include "projection_tally.hpp"

extern char** environ;

namespace eventcore::crash {
namespace {

Deadline patience() { return Deadline::after(std::chrono::seconds{60}); }

// A projecting process.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    int out[2] = {-1, -1};
    int in[2] = {-1, -1};
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0) return;
    said_ = out[0];
    input_ = in[1];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    arguments.insert(arguments.begin(), EVENTCORE_CRASH_PROJECTOR);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    if (posix_spawn(&process_, pointers[0], &actions, nullptr, pointers.data(), environ) != 0) {
      process_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(in[0]);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    signal(SIGKILL);
    wait();
    ::close(said_);
    ::close(input_);
  }

  void signal(int number) const {
    if (process_ > 0) kill(process_, number);
  }
  // Reads what it says up to `byte`. False: it ended before.
  [[nodiscard]] bool says(char byte) const {
    char said = 0;
    while (read(said_, &said, 1) == 1) {
      if (said == byte) return true;
    }
    return false;
  }
  // The signal that ended it; 0 if none did.
  int wait() {
    if (process_ <= 0) return 0;
    int status = 0;
    waitpid(std::exchange(process_, -1), &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  pid_t process_ = -1;
  int said_ = -1;
  int input_ = -1;
};

class ProjectionKill : public ::testing::Test {
 protected:
  ProjectionKill() {
    auto store = open_sqlite_store(
        {.path = store_path(), .durability = Durability::Normal, .reader_threads = 1});
    EXPECT_TRUE(store) << describe(store.error());
    if (store) store_ = std::move(*store);
  }
  [[nodiscard]] std::string store_path() const { return folder_.path() / "store.db"; }
  [[nodiscard]] std::string model_path() const { return folder_.path() / "tally.db"; }
  [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {store_path(), model_path(), "300"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void write(std::size_t events) {
    const std::vector<EventToWrite> batch(events,
                                          EventToWrite{StreamId::literal("a-1"), "written", "{}"});
    const auto written = store_->write_events(batch);
    ASSERT_TRUE(written) << describe(written.error());
  }
  // Processes the rest here, and counts.
  void expect_every_event_once() {
    const auto tally = ProjectionTally::open(model_path());
    ASSERT_NE(tally, nullptr);
    auto runner = ProjectionRunner::open(*store_, tally, brisk_options());
    ASSERT_TRUE(runner);
    const auto drained = (*runner)->drain(patience());
    ASSERT_TRUE(drained) << describe(drained.error());
    EXPECT_EQ(number("SELECT count(*) FROM seen"), store_->head().value);
    EXPECT_EQ(number("SELECT max(position) FROM seen"), store_->head().value);
    EXPECT_EQ(number("SELECT count(*) FROM seen WHERE times <> 1"), 0U);
  }
  [[nodiscard]] std::uint64_t number(const char* sql) const {
    sqlite3* database = nullptr;
    sqlite3_open(model_path().c_str(), &database);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const auto result = static_cast<std::uint64_t>(sqlite3_column_int64(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return result;
  }

  TemporaryFolder folder_;
  std::unique_ptr<EventStore> store_;
};

TEST_F(ProjectionKill, BetweenApplyAndCheckpointNeitherLosesNorDoublesAnEvent) {
  write(200);
  for (const char* moment : {"apply", "commit", "apply", "commit"}) {
    Process projector(arguments({moment, "3"}));
    EXPECT_EQ(projector.wait(), SIGKILL) << moment;
    write(100);
  }
  expect_every_event_once();
}

TEST_F(ProjectionKill, AtRandomMomentsNeitherLosesNorDoublesAnEvent) {
  std::mt19937_64 random(seed());
  const std::uint64_t kills = setting("EVENTCORE_KILLS", 6);
  for (std::uint64_t i = 0; i < kills; ++i) {
    Process projector(arguments());
    write(200);
    for (std::uint64_t batches = 1 + random() % 5; batches > 0; --batches) {
      ASSERT_TRUE(projector.says('.'));
    }
    projector.signal(SIGKILL);
    EXPECT_EQ(projector.wait(), SIGKILL);
  }
  expect_every_event_once();
}

// Asleep without a transaction: its successor goes on, and what it then tries is refused.
TEST_F(ProjectionKill, ALeaderThatWasStoppedForLongerThanItsLeaseChangesNothing) {
  write(50);
  const auto covered = [&](std::uint64_t token) {
    const Deadline end = patience();
    for (;;) {
      const auto record = store_->projections().load("tally");
      if (record && *record && (*record)->position == store_->head() &&
          (*record)->lease.token >= token) {
        return true;
      }
      if (end.expired(system_clock())) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
  };
  {
    Process former(arguments());
    ASSERT_TRUE(covered(1));
    former.signal(SIGSTOP);
    write(50);
    Process successor(arguments());
    ASSERT_TRUE(successor.says('A')) << "when the lease has run out";
    ASSERT_TRUE(covered(2));
    former.signal(SIGCONT);
    write(50);
    ASSERT_TRUE(former.says('L'));
    ASSERT_TRUE(covered(2));
  }
  expect_every_event_once();
}

}  // namespace
}  // namespace eventcore::crash
