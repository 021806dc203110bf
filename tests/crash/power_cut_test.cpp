// Power cuts at random moments: what was synced is there, everything else in pieces or not at all.

#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include "crash_settings.hpp"
#include "eventcore/sqlite_store.hpp"
#include "ledger.hpp"
#include "pending_append.hpp"
#include "test_vfs.hpp"

namespace eventcore::crash {
namespace {

constexpr std::uint64_t kCutsInShort = 15;
constexpr std::uint64_t kChangesMax = 400;

std::uint64_t cuts() { return setting("EVENTCORE_POWER_CUTS", kCutsInShort); }

struct Outcome {
  std::vector<std::string> problems;
  std::size_t acknowledged = 0;
};

// Appends in waves until the power goes; what is acknowledged before counts.
void append_until_cut(EventStore& store, TestVfs& vfs, Ledger& ledger, std::mt19937_64& random) {
  while (!vfs.is_cut()) {
    std::vector<std::unique_ptr<PendingAppend>> wave;
    for (std::uint64_t i = 0; i <= random() % 8; ++i) {
      const Uuid id = Ledger::new_id();
      ledger.intend(id);
      wave.push_back(std::make_unique<PendingAppend>(Ledger::batch_of(id)));
    }
    for (const auto& append : wave) store.submit_append(*append);
    for (const auto& append : wave) {
      const Result<WriteResult>& result = append->result();
      if (result) ledger.acknowledge(append->batch.info.id, *result);
    }
  }
}

// One life of a store that ends with a cut, and the next one on what the medium kept.
Outcome cut_once(Durability durability, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const TemporaryFolder before;
  const TemporaryFolder after;
  TestVfs vfs;
  Ledger ledger;
  vfs.cut_power_at(1 + random() % kChangesMax);
  {
    auto store = open_sqlite_store({.path = before.path() / "store.db",
                                    .durability = durability,
                                    .reader_threads = 1,
                                    .busy_timeout = std::chrono::milliseconds{1},
                                    .vfs = vfs.name()});
    if (store) append_until_cut(**store, vfs, ledger, random);
  }
  Outcome outcome{.problems = {}, .acknowledged = ledger.acknowledged()};
  vfs.write_image(after.path(), random);
  auto store = open_sqlite_store({.path = after.path() / "store.db", .reader_threads = 1});
  if (!store) {
    outcome.problems.push_back("open: " + describe(store.error()));
  } else {
    outcome.problems = ledger.check(**store);
  }
  return outcome;
}

TEST(PowerCut, LosesNothingAcknowledgedWithFullDurability) {
  const std::uint64_t first_seed = seed();
  std::size_t acknowledged = 0;
  for (std::uint64_t i = 0; i < cuts(); ++i) {
    const Outcome outcome = cut_once(Durability::Full, first_seed + i);
    acknowledged += outcome.acknowledged;
    for (const std::string& problem : outcome.problems) {
      ADD_FAILURE() << problem << " (EVENTCORE_SEED=" << first_seed + i << ")";
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(acknowledged, 0U) << "every cut came before the first append";
  std::cout << "power cuts: " << cuts() << ", acknowledged batches: " << acknowledged
            << ", lost: 0, first seed: " << first_seed << "\n";
}

// The test above means something only if it sees losses where they are allowed.
TEST(PowerCut, LosesAcknowledgedBatchesWithoutDurability) {
  const std::uint64_t first_seed = seed();
  std::uint64_t damaged = 0;
  for (std::uint64_t i = 0; i < cuts(); ++i) {
    if (!cut_once(Durability::Off, first_seed + i).problems.empty()) ++damaged;
  }
  EXPECT_GT(damaged, 0U) << "EVENTCORE_SEED=" << first_seed;
  std::cout << "power cuts without durability: " << cuts() << ", damaged: " << damaged << "\n";
}

}  // namespace
}  // namespace eventcore::crash
