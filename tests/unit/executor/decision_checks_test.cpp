// What a command reports was decided on states that were current and durable.

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "bank.hpp"
#include "held_store.hpp"

namespace {

using namespace bank;
using namespace std::chrono_literals;

class DecisionChecks : public testing::Test {
 protected:
  ~DecisionChecks() override { store.release_all(); }
  HeldStore store;
  CommandExecutor executor{store, {.follows_others = false}};
};

/// Fails if two accounts differ.
struct Compare {
  using Event = std::variant<Deposited>;
  StreamId one;
  StreamId two;

  auto reads() const { return eventcore::reads(stream<Account>(one), stream<Account>(two)); }
  Decision handle(const Account& a, const Account& b, Emitter<Event>&) const {
    if (a.balance != b.balance) return fail("the balances differ");
    return accept();
  }
};

TEST_F(DecisionChecks, NeverReportsAFailureOnStatesThatNeverExistedTogether) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));  // now account 1 is cached
  deposit_directly(store, account(2), 1);
  // From here on both accounts hold the same at every position of the log.
  const std::string payload = *to_json(Deposited{9});
  const EventToWrite both[] = {{.stream = account(1), .type = "deposited", .payload = payload},
                               {.stream = account(2), .type = "deposited", .payload = payload}};
  ASSERT_TRUE(store.write_events(both));
  const auto result = executor.execute(Compare{account(1), account(2)});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(result->attempts(), 2U);
}

struct Open {
  static constexpr std::string_view name = "open";
  using Event = std::variant<Opened>;
  StreamId account;

  auto reads() const { return eventcore::reads(stream<Account>(account)); }
  Decision handle(const Account& state, Emitter<Event>& emit) const {
    if (state.open) throw std::runtime_error("opened twice");
    emit(account, Opened{"ann"});
    return accept();
  }
};

TEST_F(DecisionChecks, ReplaysAKeyBeforeItReportsAFailure) {
  const ExecuteOptions options{.idempotency_key = "k"};
  ASSERT_TRUE(executor.execute(Open{account(1)}, options));
  const auto again = executor.execute(Open{account(1)}, options);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_TRUE(again->replayed());
  EXPECT_EQ(executor.execute(Open{account(1)}).error().code, ErrorCode::HandlerFailed);
}

TEST_F(DecisionChecks, WaitsForWhatAFailureIsBasedOn) {
  store.hold(true);
  std::promise<ErrorCode> code;
  ASSERT_TRUE(executor.submit(Open{account(1)}, [](auto) {}));
  store.await_held(1);
  ASSERT_TRUE(executor.submit(Open{account(1)}, [&](Result<Executed<Open>> result) {
    code.set_value(result ? ErrorCode::Corrupt : result.error().code);
  }));
  store.await_held(2);  // the failure is queued as a check behind the first command
  auto failed = code.get_future();
  EXPECT_EQ(failed.wait_for(0s), std::future_status::timeout);
  store.release_all();
  EXPECT_EQ(failed.get(), ErrorCode::HandlerFailed);
}

/// Does not know that accounts are opened.
struct Deposits {
  using Events = std::variant<Deposited>;
  static void apply(Deposits&, const Events&, const EventInfo&) {}
};

struct CountDeposits {
  using Event = std::variant<Deposited>;
  StreamId account;

  auto reads() const { return eventcore::reads(stream<Deposits>(account)); }
  Decision handle(const Deposits&, Emitter<Event>&) const { return accept(); }
};

TEST_F(DecisionChecks, ReportsAQueuedEventThatAFoldDoesNotKnowOnceItIsStored) {
  store.hold(true);
  ASSERT_TRUE(executor.submit(Open{account(1)}, [](auto) {}));
  store.await_held(1);
  std::promise<ErrorCode> code;
  ASSERT_TRUE(
      executor.submit(CountDeposits{account(1)}, [&](Result<Executed<CountDeposits>> result) {
        code.set_value(result ? ErrorCode::Corrupt : result.error().code);
      }));
  store.await_held(2);
  store.release_all();
  EXPECT_EQ(code.get_future().get(), ErrorCode::UnknownEventType);
}

/// Counts how often it decides.
struct CountingDeposit {
  using Event = std::variant<Deposited>;
  StreamId account;
  int* decisions;

  auto reads() const { return eventcore::reads(stream<Turnover>(account)); }
  Decision handle(const Turnover&, Emitter<Event>& emit) const {
    ++*decisions;
    emit(account, Deposited{1});
    return accept();
  }
};

TEST_F(DecisionChecks, DecidesOnceOnAStreamWithSeveralFolds) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  for (int round = 0; round < 3; ++round) {
    int decisions = 0;
    const auto turnover = executor.execute(CountingDeposit{account(1), &decisions});
    ASSERT_TRUE(turnover);
    EXPECT_EQ(turnover->attempts(), 1U);
    EXPECT_EQ(decisions, 1);
    decisions = 0;
    const auto deposit =
        executor.execute(Deposit{account(1), 1, [&](const Account&) { ++decisions; }});
    ASSERT_TRUE(deposit);
    EXPECT_EQ(deposit->attempts(), 1U);
    EXPECT_EQ(decisions, 1);
  }
}

TEST_F(DecisionChecks, KeepsEarlierQueuedWritesWhenALaterOneIsTakenBack) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 1}));
  store.hold(true);
  std::promise<std::uint32_t> first;
  ASSERT_TRUE(executor.submit(Deposit{account(1), 1}, [&](Result<Executed<Deposit>> result) {
    first.set_value(result ? result->attempts() : 0);
  }));
  store.await_held(1);
  EXPECT_EQ(executor.execute(Deposit{account(1), 1}, {.deadline = 20ms}).error().code,
            ErrorCode::DeadlineExceeded);
  std::int64_t seen = 0;
  std::promise<std::uint32_t> third;
  ASSERT_TRUE(executor.submit(
      Deposit{account(1), 1, [&](const Account& state) { seen = state.balance; }},
      [&](Result<Executed<Deposit>> result) { third.set_value(result ? result->attempts() : 0); }));
  store.await_held(3);
  store.release_all();
  EXPECT_EQ(first.get_future().get(), 1U);
  EXPECT_EQ(third.get_future().get(), 1U);
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(stored_balance(store, account(1)), 3);
}

struct Big {
  static constexpr std::string_view name = "big";
  using Event = std::variant<Opened>;
  static constexpr std::size_t kEvents = 18;
  StreamId account;

  auto reads() const { return eventcore::reads(stream<Account>(account)); }
  Decision handle(const Account&, Emitter<Event>& emit) const {
    for (std::size_t i = 0; i < kEvents; ++i) {
      emit(account, Opened{std::string(std::size_t{1} << 20, 'x')});
    }
    return accept();
  }
};

TEST_F(DecisionChecks, ReplaysABatchThatIsLargerThanAPage) {
  const ExecuteOptions options{.idempotency_key = "k"};
  ASSERT_TRUE(executor.execute(Big{account(1)}, options));
  const auto again = executor.execute(Big{account(1)}, options);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_TRUE(again->replayed());
  EXPECT_EQ(again->event_count(), Big::kEvents);
  EXPECT_EQ(again->events_written().size(), Big::kEvents);
}

TEST_F(DecisionChecks, RefusesToExecuteInsideADecision) {
  ErrorCode inner = ErrorCode::Corrupt;
  const auto outer =
      executor.execute(Deposit{account(1), 1, [&](const Account&) {
                                 inner = executor.execute(Deposit{account(1), 1}).error().code;
                               }});
  EXPECT_TRUE(outer);
  EXPECT_EQ(inner, ErrorCode::WouldDeadlock);
  EXPECT_EQ(stored_balance(store, account(1)), 1);
}

TEST_F(DecisionChecks, RefusesToShutDownOnAWorker) {
  std::promise<ErrorCode> code;
  ASSERT_TRUE(executor.submit(Deposit{account(1), 1}, [&](Result<Executed<Deposit>>) {
    const Result<void> done = executor.shutdown(Deadline::after(10ms));
    code.set_value(done ? ErrorCode::Corrupt : done.error().code);
  }));
  EXPECT_EQ(code.get_future().get(), ErrorCode::WouldDeadlock);
  EXPECT_TRUE(executor.execute(Deposit{account(1), 1}));
}

/// A store whose reads complete on another thread, after a stop was requested.
class StoppingStore final : public EventStore {
 public:
  StoppingStore(EventStore& inner, std::stop_source stop) : inner_(inner), stop_(stop) {}
  ~StoppingStore() override { reader_.join(); }

  void submit_append(AppendOperation& operation) override { inner_.submit_append(operation); }
  void submit_read(ReadOperation& operation) override {
    operation.stop = {};
    reader_ = std::thread([this, &operation] {
      // The caller most likely waits by then; the result is the same if it does not.
      std::this_thread::sleep_for(2ms);
      stop_.request_stop();
      inner_.submit_read(operation);
    });
  }
  Position head() const noexcept override { return inner_.head(); }
  HeadWatcher& head_watcher() noexcept override { return inner_.head_watcher(); }
  const StoreDescription& description() const noexcept override { return inner_.description(); }
  StoreAdministration& administration() noexcept override { return inner_.administration(); }
  ProjectionStorage& projections() noexcept override { return inner_.projections(); }
  Result<void> close(Deadline deadline) override { return inner_.close(deadline); }

 private:
  EventStore& inner_;
  std::stop_source stop_;
  std::thread reader_;
};

TEST_F(DecisionChecks, RemembersAStopThatCameDuringARead) {
  std::stop_source stop;
  StoppingStore stopping(store, stop);
  CommandExecutor stopped(stopping);
  store.hold(true);
  const auto begin = std::chrono::steady_clock::now();
  const auto result =
      stopped.execute(Deposit{account(1), 1}, {.deadline = 20s, .stop = stop.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s) << "it waited for its deadline";
}

// Runs a command when its thread has destroyed what it keeps for commands.
struct LateCommand {
  EventStore* store = nullptr;
  ~LateCommand() {
    if (store == nullptr) return;
    CommandExecutor executor(*store);
    EXPECT_TRUE(executor.execute(Deposit{account(1), 1}));
  }
};

TEST_F(DecisionChecks, ExecutesWhileTheThreadIsEnding) {
  std::thread([&] {
    thread_local LateCommand late;
    late.store = &store;
    EXPECT_TRUE(executor.execute(Deposit{account(1), 1}));
  }).join();
  EXPECT_EQ(stored_balance(store, account(1)), 2);
}

}  // namespace
