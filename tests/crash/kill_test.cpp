// Processes that write are killed at random moments; the store is opened again and compared with
// what they said that they had done.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include "crash_settings.hpp"
#include "eventcore/sqlite_store.hpp"
#include "ledger.hpp"

extern char** environ;

namespace eventcore::crash {
namespace {

constexpr std::uint64_t kKillsInShort = 8;
// After so many kills a new store: the check reads all of it.
constexpr std::uint64_t kKillsOfOneStore = 10;

// A writing process. Its acknowledgements arrive on a pipe.
class Writer {
 public:
  Writer(const std::filesystem::path& store, std::filesystem::path ledger)
      : ledger_(std::move(ledger)) {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    acknowledgements_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program = EVENTCORE_CRASH_WRITER;
    std::string store_text = store.string();
    std::string ledger_text = ledger_.string();
    char* const arguments[] = {program.data(), store_text.data(), ledger_text.data(), nullptr};
    if (posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environ) != 0) {
      process_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    kill_now();
    if (acknowledgements_ >= 0) ::close(acknowledgements_);
  }

  // Waits for `count` acknowledgements. False: the process ended before.
  [[nodiscard]] bool wait_for(std::uint64_t count) const {
    char byte = 0;
    for (; count > 0; --count) {
      if (read(acknowledgements_, &byte, 1) != 1) return false;
    }
    return true;
  }

  // Kills the process. True: it was alive.
  bool kill_now() {
    if (process_ <= 0) return false;
    kill(process_, SIGKILL);
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

  void read_ledger(Ledger& into) const {
    std::ifstream in(ledger_);
    std::string kind;
    std::string text;
    while (in >> kind >> text) {
      const auto id = Uuid::parse(text);
      // The last line may be cut off.
      if (!id) break;
      into.intend(*id);
      std::uint64_t first = 0;
      if (kind == "A" && in >> first)
        into.acknowledge(*id, {.first = {first}, .last = {}, .time = {}});
    }
  }

 private:
  const std::filesystem::path ledger_;
  pid_t process_ = -1;
  int acknowledgements_ = -1;
};

// Kills `writers` processes that write to one store, `kills` times.
void kill_repeatedly(std::size_t writers, std::uint64_t kills) {
  const std::uint64_t chosen = seed();
  std::mt19937_64 random(chosen);
  std::size_t acknowledged = 0;
  std::unique_ptr<TemporaryFolder> folder;
  Ledger ledger;
  for (std::uint64_t i = 0; i < kills; ++i) {
    if (i % kKillsOfOneStore == 0) {
      folder = std::make_unique<TemporaryFolder>();
      ledger = Ledger();
    }
    const std::filesystem::path path = folder->path() / "store.db";
    std::vector<std::unique_ptr<Writer>> processes;
    for (std::size_t w = 0; w < writers; ++w) {
      const std::string name = "ledger-" + std::to_string(i) + "-" + std::to_string(w);
      processes.push_back(std::make_unique<Writer>(path, folder->path() / name));
    }
    // One dies early, with luck in the other's transaction or on its turn.
    for (const auto& process : processes) {
      ASSERT_TRUE(process->wait_for(random() % 60)) << "a writer gave up, seed " << chosen;
      for (std::uint64_t spin = random() % 200'000; spin > 0; --spin) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
      }
      ASSERT_TRUE(process->kill_now());
    }
    for (const auto& process : processes) process->read_ledger(ledger);
    auto store = open_sqlite_store({.path = path, .reader_threads = 1});
    ASSERT_TRUE(store) << describe(store.error());
    for (const std::string& problem : ledger.check(**store)) {
      ADD_FAILURE() << problem << " (kill " << i << ", EVENTCORE_SEED=" << chosen << ")";
    }
    if (::testing::Test::HasFailure()) return;
    if ((i + 1) % kKillsOfOneStore == 0 || i + 1 == kills) acknowledged += ledger.acknowledged();
  }
  EXPECT_GT(acknowledged, 0U);
  std::cout << "kills of " << writers << " writers: " << kills
            << ", acknowledged batches: " << acknowledged << ", lost: 0, seed: " << chosen << "\n";
}

TEST(Kill, LosesNothingAcknowledgedByOneWriter) {
  kill_repeatedly(1, setting("EVENTCORE_KILLS", kKillsInShort));
}

TEST(Kill, LosesNothingAcknowledgedByTwoWritersOnOneFile) {
  kill_repeatedly(2, setting("EVENTCORE_KILLS", kKillsInShort));
}

}  // namespace
}  // namespace eventcore::crash
