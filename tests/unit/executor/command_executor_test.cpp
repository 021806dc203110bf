#include "eventcore/command_executor.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "bank.hpp"
#include "eventcore/detail/span_frame.hpp"

namespace {

using namespace bank;

class CommandExecutorTest : public testing::Test {
 protected:
  std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutor executor{*store, {.follows_others = false}};
};

TEST_F(CommandExecutorTest, ReturnsWhatItStored) {
  const auto first = executor.execute(Deposit{account(1), 10});
  ASSERT_TRUE(first) << describe(first.error());
  const auto result = executor.execute(Transfer{account(1), account(2), 4});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_TRUE(result->committed());
  EXPECT_FALSE(result->replayed());
  EXPECT_EQ(result->attempts(), 1U);
  EXPECT_EQ(result->position(), Position{3});
  ASSERT_EQ(result->event_count(), 2U);
  const std::vector<WrittenEvent> events = result->events_written();
  EXPECT_EQ(events[0].stream, "account-1");
  EXPECT_EQ(events[0].type, "withdrawn");
  EXPECT_EQ(events[0].version, StreamVersion{2});
  EXPECT_EQ(events[0].position, Position{2});
  EXPECT_EQ(events[1].stream, "account-2");
  EXPECT_EQ(events[1].version, StreamVersion{1});
  EXPECT_EQ(events[1].position, Position{3});
  EXPECT_EQ(events[1].id, (EventId{result->command_id(), 1}));
  EXPECT_EQ(result->affected_streams(), (std::vector{account(1), account(2)}));
}

TEST_F(CommandExecutorTest, ReportsARefusalAsAnOutcome) {
  const auto result = executor.execute(Transfer{account(1), account(2), 4});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->rejected());
  ASSERT_TRUE(result->rejection());
  EXPECT_EQ(result->rejection()->code, "insufficient_funds");
  EXPECT_EQ(store->head(), Position{0});
}

TEST_F(CommandExecutorTest, ReportsAcceptanceWithoutEvents) {
  const auto result = executor.execute(Deposit{account(1), 0});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome(), CommandOutcome::NoEvents);
  EXPECT_EQ(result->event_count(), 0U);
  EXPECT_EQ(store->head(), Position{0});
}

TEST_F(CommandExecutorTest, DecidesAgainWhenAStreamMovedMeanwhile) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 10}));
  int calls = 0;
  const auto result =
      executor.execute(Transfer{account(1), account(2), 10, [&](const Account& source) {
                                  if (++calls == 1) deposit_directly(*store, account(2), 1);
                                  EXPECT_EQ(source.balance, 10);
                                }});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(result->attempts(), 2U);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(stored_balance(*store, account(2)), 11);
}

TEST_F(CommandExecutorTest, NeverReportsARefusalOfAnOutdatedState) {
  int calls = 0;
  const auto result = executor.execute(Transfer{account(1), account(2), 10, [&](const Account&) {
                                                  if (++calls == 1)
                                                    deposit_directly(*store, account(1), 10);
                                                }});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->committed());
  EXPECT_EQ(calls, 2);
}

TEST_F(CommandExecutorTest, GivesUpAfterTheLastAttemptAndNamesTheWinner) {
  CommandExecutorOptions options;
  options.attempts_max = 3;
  options.follows_others = false;
  options.backoff = {.initial = std::chrono::nanoseconds(1), .max = std::chrono::nanoseconds(1)};
  CommandExecutor stubborn(*store, options);
  int calls = 0;
  const auto result = stubborn.execute(Deposit{account(1), 1, [&](const Account&) {
                                                 ++calls;
                                                 deposit_directly(*store, account(1), 1);
                                               }});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::VersionConflict);
  EXPECT_EQ(result.error().stream, "account-1");
  ASSERT_TRUE(result.error().conflict);
  EXPECT_EQ(result.error().conflict->expected, StreamVersion{2});
  EXPECT_EQ(result.error().conflict->actual, StreamVersion{3});
  EXPECT_EQ(result.error().conflict->winner_position, Position{3});
  EXPECT_EQ(calls, 3);
}

/// Keeps what commands report of their pauses. For one thread.
class PauseProbe final : public Probe {
 public:
  struct Pause {
    std::uint32_t attempts;
    std::chrono::nanoseconds backoff;
    std::chrono::nanoseconds duration;
  };
  void command_finished(const CommandRecord& record) noexcept override {
    pauses.push_back({record.attempts, record.backoff, record.duration});
  }
  std::vector<Pause> pauses;
};

TEST_F(CommandExecutorTest, ReportsThePausesBetweenAttempts) {
  const auto probe = std::make_shared<PauseProbe>();
  CommandExecutorOptions options;
  options.backoff = {.initial = std::chrono::milliseconds(4), .max = std::chrono::milliseconds(4)};
  options.phase_timing = PhaseTiming::Never;
  options.probe = probe;
  options.follows_others = false;
  CommandExecutor patient(*store, options);
  int calls = 0;
  ASSERT_TRUE(patient.execute(Deposit{account(1), 1, [&](const Account&) {
                                        if (++calls < 3) deposit_directly(*store, account(1), 1);
                                      }}));
  ASSERT_TRUE(patient.execute(Deposit{account(2), 1}));
  ASSERT_EQ(probe->pauses.size(), 2U);
  EXPECT_EQ(probe->pauses[0].attempts, 3U);
  EXPECT_GE(probe->pauses[0].backoff, std::chrono::milliseconds(4)) << "at least half of each";
  EXPECT_LE(probe->pauses[0].backoff, probe->pauses[0].duration);
  EXPECT_EQ(probe->pauses[1].backoff, std::chrono::nanoseconds(0));
}

TEST_F(CommandExecutorTest, SaysHowManyCommandsAMeasuredOneStandsFor) {
  EXPECT_EQ(executor.timing_weight(), 16U);
  EXPECT_EQ(CommandExecutor(*store, {.phase_timing = PhaseTiming::Always}).timing_weight(), 1U);
  EXPECT_EQ(CommandExecutor(*store, {.phase_timing = PhaseTiming::Never}).timing_weight(), 0U);
}

TEST_F(CommandExecutorTest, KeepsAStreamsTotalUnderConcurrentTransfers) {
  constexpr int kAccounts = 5;
  constexpr int kThreads = 4;
  constexpr int kTransfers = 500;
  for (int i = 0; i < kAccounts; ++i) ASSERT_TRUE(executor.execute(Deposit{account(i), 100}));
  std::latch start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i < kTransfers; ++i) {
        const int from = (i + t) % kAccounts;
        const int to = (i * 7 + t + 1) % kAccounts;
        if (from == to) continue;
        const auto result = executor.execute(Transfer{account(from), account(to), 1 + i % 50});
        ASSERT_TRUE(result) << describe(result.error());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::int64_t total = 0;
  for (int i = 0; i < kAccounts; ++i) {
    const std::int64_t balance = stored_balance(*store, account(i));
    EXPECT_GE(balance, 0);
    total += balance;
  }
  EXPECT_EQ(total, 100 * kAccounts);
}

TEST_F(CommandExecutorTest, ReplaysTheFirstResultOfAKey) {
  const ExecuteOptions options{.idempotency_key = "order-1"};
  const auto first = executor.execute(Deposit{account(1), 10}, options);
  const auto second = executor.execute(Deposit{account(1), 10}, options);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second) << describe(second.error());
  EXPECT_TRUE(second->replayed());
  EXPECT_TRUE(second->committed());
  EXPECT_EQ(second->position(), first->position());
  EXPECT_EQ(second->command_id(), first->command_id());
  ASSERT_EQ(second->event_count(), 1U);
  EXPECT_EQ(second->events_written()[0].type, "deposited");
  EXPECT_EQ(second->affected_streams(), std::vector{account(1)});
  EXPECT_EQ(stored_balance(*store, account(1)), 10);
}

TEST_F(CommandExecutorTest, ReplaysInsteadOfRefusingARepeatedCommand) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 10}));
  const ExecuteOptions options{.idempotency_key = "t"};
  ASSERT_TRUE(executor.execute(Transfer{account(1), account(2), 10}, options));
  const auto again = executor.execute(Transfer{account(1), account(2), 10}, options);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed());
  EXPECT_FALSE(again->rejected());
}

TEST_F(CommandExecutorTest, ForgetsTheKeyOfARefusal) {
  const ExecuteOptions options{.idempotency_key = "t"};
  const auto refused = executor.execute(Transfer{account(1), account(2), 10}, options);
  ASSERT_TRUE(refused && refused->rejected());
  ASSERT_TRUE(executor.execute(Deposit{account(1), 10}));
  const auto accepted = executor.execute(Transfer{account(1), account(2), 10}, options);
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(accepted->committed());
  EXPECT_FALSE(accepted->replayed());
}

TEST_F(CommandExecutorTest, RefusesAKeyOfAnotherCommandType) {
  const ExecuteOptions options{.idempotency_key = "k"};
  ASSERT_TRUE(executor.execute(Deposit{account(1), 10}, options));
  const auto reused = executor.execute(Transfer{account(1), account(2), 1}, options);
  ASSERT_FALSE(reused);
  EXPECT_EQ(reused.error().code, ErrorCode::KeyReused);
}

TEST_F(CommandExecutorTest, StoresContextAndHeadersWithTheEvents) {
  TraceContext trace;
  trace.trace_id.fill(1);
  trace.span_id.fill(2);
  trace.flags = 1;
  Headers headers;
  headers.set("user", std::string("alice"));
  bool current_inside = false;
  std::string frame_inside;
  const auto look = [&](const Account&) {
    current_inside = current_trace() == trace;
    const auto* const frame = eventcore::detail::current_frame();
    if (frame != nullptr) frame_inside.append(frame->name).append(frame->correlation_id);
  };
  const auto result = executor.execute(
      Deposit{account(1), 1, look},
      {.correlation_id = "c", .causation_id = "d", .headers = headers, .trace = trace});
  ASSERT_TRUE(result);
  EXPECT_TRUE(current_inside);
  EXPECT_EQ(frame_inside, "depositc");
  EXPECT_EQ(eventcore::detail::current_frame(), nullptr);
  const Result<EventPage> page = store->read(LogQuery{.with_batch = true});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0].batch->command_type, "deposit");
  EXPECT_EQ(page->events[0].batch->correlation_id, "c");
  EXPECT_EQ(page->events[0].batch->causation_id, "d");
  EXPECT_EQ(page->events[0].batch->trace, trace);
  EXPECT_EQ(*Headers::decode(page->events[0].headers), headers);
}

TEST_F(CommandExecutorTest, TellsOfStartsOnlyThoseWhoAsk) {
  class Starts final : public Probe {
   public:
    explicit Starts(bool asks) : asks_(asks) {}
    ProbeInterests interests() const noexcept override { return {.starts = asks_}; }
    void command_started(const CommandStart& start) noexcept override {
      seen.append(start.command_type).append("/").append(start.correlation_id);
    }
    std::string seen;

   private:
    const bool asks_;
  };
  const auto asks = std::make_shared<Starts>(true);
  const auto silent = std::make_shared<Starts>(false);
  CommandExecutor probed(*store, {.probe = combine({silent, asks})});
  ASSERT_TRUE(probed.execute(Deposit{account(1), 1}, {.correlation_id = "c"}));
  EXPECT_EQ(asks->seen, "deposit/c");
  EXPECT_EQ(silent->seen, "");
}

TEST_F(CommandExecutorTest, FailsWhatAHandlerThrows) {
  const auto result = executor.execute(
      Deposit{account(1), 1, [](const Account&) { throw std::runtime_error("no luck"); }});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::HandlerFailed);
  EXPECT_NE(result.error().message.find("no luck"), std::string::npos);
  EXPECT_EQ(store->head(), Position{0});
}

TEST_F(CommandExecutorTest, RefusesOptionsPastTheirLimits) {
  ExecuteOptions options;
  options.idempotency_key.assign(limits::kKeyBytes, 'k');
  EXPECT_TRUE(executor.execute(Deposit{account(1), 1}, options));
  options.idempotency_key.push_back('k');
  const auto result = executor.execute(Deposit{account(1), 1}, options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::LimitExceeded);
}

TEST_F(CommandExecutorTest, SeesWhatOtherWritersAppend) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 10}));
  deposit_directly(*store, account(1), 5);
  std::int64_t seen = 0;
  const auto result =
      executor.execute(Deposit{account(1), 1, [&](const Account& state) { seen = state.balance; }});
  ASSERT_TRUE(result);
  EXPECT_EQ(seen, 15);
}

TEST_F(CommandExecutorTest, WorksWithAStateCacheOfOneStream) {
  CommandExecutorOptions options;
  options.cached_streams_max = 1;
  CommandExecutor forgetful(*store, options);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(forgetful.execute(Deposit{account(i % 3), 1}));
  EXPECT_EQ(stored_balance(*store, account(0)), 7);
}

}  // namespace
