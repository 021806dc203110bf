// Executors beside other writers: what one process knows while others write.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>

#include "bank.hpp"
#include "held_store.hpp"

namespace eventcore {
namespace {

using namespace bank;
using namespace std::chrono_literals;

constexpr auto kLong = 30s;

// Whether a deposit of `executor` after one of somebody else comes to need no second attempt.
bool comes_to_know(CommandExecutor& executor, const StreamId& id) {
  const auto end = std::chrono::steady_clock::now() + kLong;
  while (std::chrono::steady_clock::now() < end) {
    deposit_directly(executor.store(), id, 1);
    // Time enough for one that follows, most of the time; none is enough for one that does not.
    std::this_thread::sleep_for(5ms);
    const auto result = executor.execute(Deposit{id, 1});
    if (!result) return false;
    if (result->attempts() == 1) return true;
  }
  return false;
}

TEST(Following, LearnsWhatOthersWriteAfterTheFirstConflict) {
  const auto store = open_memory_store();
  CommandExecutor executor(*store);
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  deposit_directly(*store, account(1), 1);
  const auto first = executor.execute(Deposit{account(1), 1});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->attempts(), 2U) << "nobody follows before there are others";
  EXPECT_TRUE(comes_to_know(executor, account(1)));
}

TEST(Following, LearnsOfStreamsThatHadNoConflictYet) {
  const auto store = open_memory_store();
  CommandExecutor executor(*store);
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  ASSERT_TRUE(executor.execute(Deposit{account(2), 1}));
  deposit_directly(*store, account(2), 1);
  // The conflict on one stream brings on what was missed of all.
  deposit_directly(*store, account(1), 1);
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  EXPECT_TRUE(comes_to_know(executor, account(2)));
}

TEST(Following, FoldsWhatItFollows) {
  const auto store = open_memory_store();
  CommandExecutor executor(*store, {.checked_cache_hits = 2});
  std::int64_t balance = 0;
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
    deposit_directly(*store, account(1), 2);
    const auto result = executor.execute(
        Deposit{account(1), 1, [&](const Account& state) { balance = state.balance; }});
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(balance, 4 * round + 3);
  }
}

// Fails on what only others write.
struct Brittle {
  using Events = std::variant<Deposited>;
  std::int64_t total = 0;
  static inline std::atomic<int> failures = 0;

  static void apply(Brittle& state, const Events& event, const EventInfo&) {
    const std::int64_t amount = std::get<Deposited>(event).amount;
    if (amount == 13) {
      ++failures;
      throw std::runtime_error("13");
    }
    state.total += amount;
  }
};

struct Add {
  static constexpr std::string_view name = "add";
  using Event = std::variant<Deposited>;
  StreamId account;
  auto reads() const { return eventcore::reads(stream<Brittle>(account)); }
  Decision handle(const Brittle&, Emitter<Event>& emit) const {
    emit(account, Deposited{1});
    return accept();
  }
};

TEST(Following, LeavesWhatAFoldCanNotTakeToTheCommandThatReadsIt) {
  const auto store = open_memory_store();
  CommandExecutor executor(*store);
  ASSERT_TRUE(executor.execute(Add{account(1)}));
  ASSERT_TRUE(executor.execute(Deposit{account(2), 1}));
  deposit_directly(*store, account(1), 13);
  deposit_directly(*store, account(2), 1);
  ASSERT_TRUE(executor.execute(Deposit{account(2), 1}));
  EXPECT_TRUE(comes_to_know(executor, account(2)));
  const auto result = executor.execute(Add{account(1)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::HandlerFailed);
  EXPECT_GE(Brittle::failures, 1);
}

TEST(Following, EndsWithTheExecutorWhileOthersWrite) {
  const auto store = open_memory_store();
  for (int round = 0; round < 20; ++round) {
    CommandExecutor executor(*store);
    ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
    deposit_directly(*store, account(1), 1);
    ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
    if (round % 2 == 0) {
      EXPECT_TRUE(executor.shutdown());
    }
  }
}

TEST(Following, EndsWithTheStore) {
  const auto store = open_memory_store();
  CommandExecutor executor(*store);
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  deposit_directly(*store, account(1), 1);
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  EXPECT_TRUE(store->close({}));
  EXPECT_EQ(executor.execute(Deposit{account(1), 1}).error().code, ErrorCode::ShuttingDown);
}

// A command that builds on one that is lost to another writer has lost nothing itself.
TEST(Following, DoesNotCountAttemptsThatWereTakenAlong) {
  HeldStore store;
  CommandExecutorOptions options;
  options.attempts_max = 1;
  options.follows_others = false;
  CommandExecutor executor(store, options);
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  store.hold(true);
  std::promise<ErrorCode> first;
  std::promise<std::uint32_t> second;
  ASSERT_TRUE(executor.submit(Deposit{account(1), 1}, [&](const Result<Executed<Deposit>>& result) {
    first.set_value(result ? ErrorCode::Corrupt : result.error().code);
  }));
  store.await_held(1);
  ASSERT_TRUE(executor.submit(Deposit{account(1), 1}, [&](const Result<Executed<Deposit>>& result) {
    second.set_value(result ? result->attempts() : 0);
  }));
  store.await_held(2);
  store.hold(false);
  deposit_directly(store, account(1), 1);
  store.release_all();
  EXPECT_EQ(first.get_future().get(), ErrorCode::VersionConflict);
  EXPECT_EQ(second.get_future().get(), 2U);
  EXPECT_EQ(stored_balance(store, account(1)), 3);
}

}  // namespace
}  // namespace eventcore
