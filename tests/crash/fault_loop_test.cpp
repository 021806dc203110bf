// The medium fails at step n, once or from then on, for n = 1, 2, … until nothing fails any more.
// Whatever the store then says has to be true, and when the medium is in order it works again.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crash_settings.hpp"
#include "eventcore/sqlite_store.hpp"
#include "ledger.hpp"
#include "pending_append.hpp"
#include "test_vfs.hpp"

namespace eventcore::crash {
namespace {

struct Fault {
  const char* name;
  Step step;
  int code;
  // SQLite itself waits ten seconds for a lock that stays busy: that is tested once, elsewhere.
  bool stays = true;
};

constexpr Fault kFaults[] = {
    {"read", Step::Read, SQLITE_IOERR_READ},    {"write", Step::Write, SQLITE_IOERR_WRITE},
    {"full", Step::Write, SQLITE_FULL},         {"sync", Step::Sync, SQLITE_IOERR_FSYNC},
    {"lock", Step::Lock, SQLITE_IOERR_SHMLOCK}, {"busy", Step::Lock, SQLITE_BUSY, false},
    {"open", Step::Open, SQLITE_CANTOPEN},      {"truncate", Step::Truncate, SQLITE_IOERR_TRUNCATE},
};

SqliteStoreOptions options_for(const TemporaryFolder& folder, const TestVfs& vfs) {
  return {.path = folder.path() / "store.db",
          .reader_threads = 1,
          .busy_timeout = std::chrono::milliseconds{20},
          .vfs = vfs.name()};
}

// A short life of a store; what it is told goes to the ledger.
void append_some(EventStore& store, Ledger& ledger) {
  for (int wave = 0; wave < 3; ++wave) {
    std::vector<std::unique_ptr<PendingAppend>> appends;
    for (int i = 0; i < 4; ++i) {
      const Uuid id = Ledger::new_id();
      ledger.intend(id);
      appends.push_back(std::make_unique<PendingAppend>(Ledger::batch_of(id)));
    }
    for (const auto& append : appends) store.submit_append(*append);
    for (const auto& append : appends) {
      const Result<WriteResult>& result = append->result();
      const Uuid& id = append->batch.info.id;
      if (result) {
        ledger.acknowledge(id, *result);
      } else if (result.error().code == ErrorCode::Unavailable) {
        ledger.rule_out(id);
      } else {
        EXPECT_EQ(result.error().code, ErrorCode::CommitInDoubt) << describe(result.error());
      }
    }
  }
}

// Asks a store whose medium is in order again until it accepts an append.
void expect_recovery(EventStore& store, Ledger& ledger) {
  const Deadline patience = Deadline::after(std::chrono::seconds{30});
  Uuid id = Ledger::new_id();
  ledger.intend(id);
  while (!patience.expired(system_clock())) {
    WriteBatch batch = Ledger::batch_of(id);
    const auto result = store.append(batch, patience);
    if (result) return ledger.acknowledge(id, *result);
    if (result.error().code != ErrorCode::Unavailable) {
      // It may be there: the next attempt is another batch.
      id = Ledger::new_id();
      ledger.intend(id);
    }
    std::this_thread::yield();
  }
  FAIL() << "it does not work again";
}

void expect_agreement(const TemporaryFolder& folder, Ledger& ledger, const std::string& when) {
  auto store = open_sqlite_store({.path = folder.path() / "store.db", .reader_threads = 1});
  ASSERT_TRUE(store) << describe(store.error()) << ", " << when;
  for (const std::string& problem : ledger.check(**store)) ADD_FAILURE() << problem << ", " << when;
}

// False: the fault did not come about any more.
bool fail_while_appending(const Fault& fault, std::uint64_t number, bool forever) {
  const std::string when =
      std::string(fault.name) + " " + std::to_string(number) + (forever ? " and later ones" : "");
  const TemporaryFolder folder;
  TestVfs vfs;
  Ledger ledger;
  bool failed = false;
  {
    auto store = open_sqlite_store(options_for(folder, vfs));
    EXPECT_TRUE(store) << when;
    if (!store) return false;
    append_some(**store, ledger);
    vfs.fail(fault.step, number, forever, fault.code);
    append_some(**store, ledger);
    failed = vfs.has_failed();
    vfs.heal();
    expect_recovery(**store, ledger);
  }
  expect_agreement(folder, ledger, when);
  return failed;
}

bool fail_while_opening(const Fault& fault, std::uint64_t number, bool forever) {
  const std::string when = std::string("opening, ") + fault.name + " " + std::to_string(number) +
                           (forever ? " and later ones" : "");
  const TemporaryFolder folder;
  TestVfs vfs;
  Ledger ledger;
  vfs.fail(fault.step, number, forever, fault.code);
  {
    auto store = open_sqlite_store(options_for(folder, vfs));
    if (store) append_some(**store, ledger);
  }
  const bool failed = vfs.has_failed();
  vfs.heal();
  {
    auto store = open_sqlite_store(options_for(folder, vfs));
    EXPECT_TRUE(store) << when << ": " << (store ? "" : describe(store.error()));
    if (store) append_some(**store, ledger);
  }
  expect_agreement(folder, ledger, when);
  return failed;
}

// The short run leaves out steps, the more the later they come.
std::uint64_t next_step(std::uint64_t number) {
  return setting("EVENTCORE_FAULT_LOOP", 0) != 0 ? number + 1 : number * 2;
}

template <class Attempt>
void loop(const char* what, Attempt&& attempt) {
  std::uint64_t attempts = 0;
  for (const Fault& fault : kFaults) {
    for (const bool forever : {false, true}) {
      if (forever && !fault.stays) continue;
      std::uint64_t number = 1;
      while (attempt(fault, number, forever)) {
        ++attempts;
        number = next_step(number);
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
  EXPECT_GT(attempts, 10U) << "hardly any fault came about";
  std::cout << "faults while " << what << ": " << attempts << ", contradictions: 0\n";
}

TEST(FaultLoop, AppendingTellsTheTruthAndWorksAgain) { loop("appending", fail_while_appending); }

TEST(FaultLoop, OpeningFailsCleanlyAndWorksAgain) { loop("opening", fail_while_opening); }

}  // namespace
}  // namespace eventcore::crash
