#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <future>
#include <thread>

#include "bank.hpp"
#include "held_store.hpp"

namespace {

using namespace bank;
using namespace std::chrono_literals;

class AsyncExecution : public testing::Test {
 protected:
  ~AsyncExecution() override { store.release_all(); }
  HeldStore store;
};

using Outcome = Result<Executed<Deposit>>;

TEST_F(AsyncExecution, RunsEachCompletionOnceBeforeShutdownReturns) {
  std::atomic<int> completed = 0;
  constexpr int kCommands = 500;
  CommandExecutor executor(store);
  for (int i = 0; i < kCommands; ++i) {
    ASSERT_TRUE(executor.submit(Deposit{account(i % 3), 1}, [&](Outcome result) {
      EXPECT_TRUE(result) << describe(result.error());
      completed.fetch_add(1);
    }));
  }
  EXPECT_TRUE(executor.shutdown());
  EXPECT_EQ(completed.load(), kCommands);
  const Result<void> late = executor.submit(Deposit{account(1), 1}, [](Outcome) { FAIL(); });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::ShuttingDown);
  EXPECT_EQ(executor.execute(Deposit{account(1), 1}).error().code, ErrorCode::ShuttingDown);
}

TEST_F(AsyncExecution, DecidesOnWhatIsQueuedAndReportsInOrder) {
  store.hold(true);
  std::vector<std::int64_t> seen;
  std::atomic<int> completed = 0;
  CommandExecutorOptions options;
  options.workers = 1;
  CommandExecutor executor(store, options);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(executor.submit(
        Deposit{account(1), 10, [&](const Account& state) { seen.push_back(state.balance); }},
        [&](Outcome result) {
          EXPECT_TRUE(result);
          EXPECT_EQ(result->attempts(), 1U);
          ++completed;
        }));
  }
  store.await_held(3);
  EXPECT_EQ(completed.load(), 0);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 10, 20}));
  store.release_all();
  ASSERT_TRUE(executor.shutdown());
  EXPECT_EQ(completed.load(), 3);
  EXPECT_EQ(stored_balance(store, account(1)), 30);
}

TEST_F(AsyncExecution, RetriesWhatBuiltOnAFailedPredecessor) {
  store.hold(true);
  std::promise<Outcome> first;
  std::promise<Outcome> second;
  CommandExecutorOptions options;
  options.workers = 1;
  CommandExecutor executor(store, options);
  ASSERT_TRUE(executor.submit(Deposit{account(1), 10},
                              [&](Outcome result) { first.set_value(std::move(result)); }));
  store.await_held(1);
  ASSERT_TRUE(executor.submit(Deposit{account(1), 5},
                              [&](Outcome result) { second.set_value(std::move(result)); }));
  store.await_held(2);
  store.fail_one(ErrorCode::Unavailable);
  // A foreign event takes the version that the failed append would have had.
  store.hold(false);
  deposit_directly(store, account(1), 1000);
  store.release_all();
  EXPECT_EQ(first.get_future().get().error().code, ErrorCode::Unavailable);
  const Outcome result = second.get_future().get();
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(result->attempts(), 2U);
  EXPECT_EQ(stored_balance(store, account(1)), 1005);
}

struct CountTurnover {
  using Event = std::variant<Deposited>;
  StreamId account;
  std::function<void(std::int64_t)> tell;
  auto reads() const { return eventcore::reads(stream<Turnover>(account)); }
  Decision handle(const Turnover& turnover, Emitter<Event>&) const {
    tell(turnover.total);
    return accept();
  }
};

TEST_F(AsyncExecution, ShowsQueuedEventsToOtherFoldsToo) {
  store.hold(true);
  CommandExecutor executor(store);
  std::atomic<std::int64_t> seen = -1;
  ASSERT_TRUE(executor.submit(Deposit{account(1), 10}, [](Outcome) {}));
  store.await_held(1);
  ASSERT_TRUE(executor.submit(CountTurnover{account(1), [&](std::int64_t total) { seen = total; }},
                              [](Result<Executed<CountTurnover>> result) { EXPECT_TRUE(result); }));
  store.await_held(2);
  EXPECT_EQ(seen.load(), 10);
  store.release_all();
  EXPECT_TRUE(executor.shutdown());
}

TEST_F(AsyncExecution, TakesAQueuedCommandBackAtItsDeadline) {
  store.hold(true);
  CommandExecutor executor(store);
  const auto result = executor.execute(Deposit{account(1), 10}, {.deadline = 20ms});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::DeadlineExceeded);
  store.release_all();
  EXPECT_EQ(store.head(), Position{0});
  EXPECT_TRUE(executor.execute(Deposit{account(1), 1}));
  EXPECT_EQ(stored_balance(store, account(1)), 1);
}

TEST_F(AsyncExecution, StopsAQueuedCommandOnRequest) {
  store.hold(true);
  CommandExecutor executor(store);
  std::stop_source stop;
  std::thread stopper([&] {
    store.await_held(1);
    stop.request_stop();
  });
  const auto result = executor.execute(Deposit{account(1), 10}, {.stop = stop.get_token()});
  stopper.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
  store.release_all();
  EXPECT_EQ(store.head(), Position{0});
}

TEST_F(AsyncExecution, RefusesMoreThanItsLimit) {
  store.hold(true);
  CommandExecutorOptions options;
  options.in_flight_max = 2;
  CommandExecutor executor(store, options);
  ASSERT_TRUE(executor.submit(Deposit{account(1), 1}, [](Outcome) {}));
  ASSERT_TRUE(executor.submit(Deposit{account(2), 1}, [](Outcome) {}));
  const Result<void> third = executor.submit(Deposit{account(3), 1}, [](Outcome) { FAIL(); });
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::Overloaded);
  store.await_held(2);
  store.release_all();
  EXPECT_TRUE(executor.shutdown());
}

TEST_F(AsyncExecution, RefusesToBlockAWorker) {
  CommandExecutor executor(store);
  std::promise<ErrorCode> code;
  ASSERT_TRUE(executor.submit(Deposit{account(1), 1}, [&](Outcome) {
    code.set_value(executor.execute(Deposit{account(1), 1}).error().code);
  }));
  EXPECT_EQ(code.get_future().get(), ErrorCode::WouldDeadlock);
}

TEST_F(AsyncExecution, EndsWhatIsNotBeingCommittedAtTheShutdownDeadline) {
  CommandExecutorOptions options;
  options.attempts_max = 1'000'000;
  options.backoff = {.initial = 5ms, .max = 5ms};
  CommandExecutor executor(store, options);
  std::promise<ErrorCode> code;
  ASSERT_TRUE(executor.submit(
      Deposit{account(1), 1, [&](const Account&) { deposit_directly(store, account(1), 1); }},
      {.deadline = 1h}, [&](Outcome result) { code.set_value(result.error().code); }));
  const Result<void> shut = executor.shutdown(Deadline::after(20ms));
  ASSERT_FALSE(shut);
  EXPECT_EQ(shut.error().code, ErrorCode::DeadlineExceeded);
  EXPECT_EQ(code.get_future().get(), ErrorCode::ShuttingDown);
}

/// A coroutine that starts at once and cleans up after itself.
struct Fire {
  struct promise_type {
    Fire get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Fire deposit_twice(CommandExecutor& executor, std::promise<std::int64_t>& done) {
  auto one = executor.run(Deposit{account(1), 1}, {.correlation_id = "a"});
  const auto first = co_await one;
  auto two = executor.run(Deposit{account(1), 2}, {.idempotency_key = "two"});
  const auto second = co_await two;
  done.set_value(first && second ? static_cast<std::int64_t>(second->position().value) : -1);
}

TEST_F(AsyncExecution, ResumesACoroutineWithTheResult) {
  CommandExecutor executor(store);
  std::promise<std::int64_t> done;
  deposit_twice(executor, done);
  EXPECT_EQ(done.get_future().get(), 2);
}

struct Held {
  struct promise_type {
    Held get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<> handle;
};

Held await_for_ever(CommandExecutor& executor) {
  auto one = executor.run(Deposit{account(1), 1});
  static_cast<void>(co_await one);
  ADD_FAILURE() << "resumed after its destruction";
}

TEST_F(AsyncExecution, LeavesTheCommandOfADestroyedCoroutineToItsFate) {
  store.hold(true);
  CommandExecutor executor(store);
  const Held waiting = await_for_ever(executor);
  store.await_held(1);
  waiting.handle.destroy();
  store.release_all();
  EXPECT_TRUE(executor.shutdown());
  EXPECT_EQ(stored_balance(store, account(1)), 1);
}

}  // namespace
