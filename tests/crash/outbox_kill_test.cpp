// Delivering processes are killed between a delivery and its checkpoint: every message arrives, in
// order, and those that come again have the id that they had.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include "crash_settings.hpp"
#include "eventcore/sqlite_store.hpp"
#include "outbox_log.hpp"

namespace eventcore::crash {
namespace {

TEST(OutboxKill, BetweenDeliveryAndCheckpointRepeatsTheSameIdsInOrder) {
  constexpr std::uint64_t kEvents = 300;
  const TemporaryFolder folder;
  const std::string store_path = folder.path() / "store.db";
  const std::string log_path = folder.path() / "log.txt";
  auto store = open_sqlite_store(
      {.path = store_path, .durability = Durability::Normal, .reader_threads = 1});
  ASSERT_TRUE(store) << describe(store.error());
  const std::vector<EventToWrite> batch(kEvents / 3,
                                        EventToWrite{StreamId::literal("a-1"), "written", "{}"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE((*store)->write_events(batch));
  for (const char* count : {"40", "1", "33", "70"}) {
    const std::string command = std::string("exec ") + EVENTCORE_CRASH_OUTBOX + " '" + store_path +
                                "' '" + log_path + "' " + count;
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
  }
  {
    const auto runner =
        ProjectionRunner::open(**store, std::make_shared<OutboxLog>(log_path), outbox_options());
    ASSERT_TRUE(runner);
    const auto drained = (*runner)->drain(Deadline::after(std::chrono::seconds{60}));
    ASSERT_TRUE(drained) << describe(drained.error());
  }

  std::ifstream log(log_path);
  std::map<std::uint64_t, std::string> ids;
  std::set<std::string> different;
  std::uint64_t deliveries = 0;
  std::uint64_t token = 0;
  std::uint64_t position = 0;
  std::uint64_t leader = 0;
  for (std::string id; log >> position >> id >> leader; ++deliveries) {
    EXPECT_GE(leader, token) << "no former leader";
    token = leader;
    const auto [known, first] = ids.emplace(position, id);
    if (first) {
      EXPECT_EQ(position, ids.size()) << "in order";
    }
    EXPECT_EQ(known->second, id) << "the same id each time";
    different.insert(id);
  }
  EXPECT_EQ(ids.size(), kEvents);
  EXPECT_EQ(different.size(), kEvents);
  EXPECT_GT(deliveries, kEvents) << "what was in doubt came again";
  EXPECT_LE(deliveries, kEvents + 4 * Outbox::kBatchEvents) << "at most a batch a crash";
}

}  // namespace
}  // namespace eventcore::crash
