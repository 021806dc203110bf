#include "eventcore/reads.hpp"

#include <gtest/gtest.h>

#include "bank.hpp"

namespace {

using namespace bank;

class ReadsTest : public testing::Test {
 protected:
  std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutor executor{*store, {.follows_others = false}};
};

/// Adds up several accounts into the first.
struct Collect {
  using Event = std::variant<Deposited>;
  std::vector<StreamId> accounts;

  auto reads() const { return eventcore::reads(streams<Account>(accounts)); }
  Decision handle(const Folds<Account>& states, Emitter<Event>& emit) const {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < states.size(); ++i) total += states[i].balance;
    if (states.find(accounts[0]) == nullptr || states.find(account(123456)) != nullptr) {
      return fail("find is wrong");
    }
    emit(accounts[0], Deposited{total});
    return accept();
  }
};

TEST_F(ReadsTest, FoldsEachStreamOfAListInItsOrder) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(executor.execute(Deposit{account(i), i}));
  const auto result = executor.execute(Collect{{account(2), account(1), account(3), account(2)}});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(stored_balance(*store, account(2)), 2 + (2 + 1 + 3 + 2));
}

TEST_F(ReadsTest, FoldsHundredsOfStreamsAtOnce) {
  std::vector<StreamId> all;
  for (int i = 0; i < 600; ++i) all.push_back(account(i));
  for (int i = 0; i < 600; i += 7) ASSERT_TRUE(executor.execute(Deposit{account(i), 1}));
  const auto result = executor.execute(Collect{all});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_EQ(stored_balance(*store, account(0)), 1 + 86);
}

TEST_F(ReadsTest, RefusesMoreStreamsThanABatchMayHave) {
  std::vector<StreamId> all;
  for (std::size_t i = 0; i < limits::kBatchStreams; ++i)
    all.push_back(account(static_cast<int>(i)));
  EXPECT_TRUE(executor.execute(Collect{all}));
  all.push_back(account(100'000));
  const auto result = executor.execute(Collect{all});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::LimitExceeded);
}

struct Optional {
  using Event = std::variant<Deposited>;
  std::optional<StreamId> account;
  auto reads() const {
    return eventcore::reads(maybe<Account>(account), stream<Account>(StreamId::literal("log")));
  }
  Decision handle(const Account* state, const Account&, Emitter<Event>& emit) const {
    emit(StreamId::literal("log"), Deposited{state == nullptr ? -1 : state->balance});
    return accept();
  }
};

TEST_F(ReadsTest, PassesNullForAStreamThatIsNotThere) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 5}));
  ASSERT_TRUE(executor.execute(Optional{account(1)}));
  ASSERT_TRUE(executor.execute(Optional{std::nullopt}));
  EXPECT_EQ(stored_balance(*store, StreamId::literal("log")), 4);
}

/// Follows balances: account n points to account `balance`.
struct Follow {
  using Event = std::variant<Deposited>;
  StreamId start;
  std::size_t* rounds = nullptr;
  bool endless = false;

  auto reads() const { return eventcore::reads(stream<Account>(start), discovered<Account>()); }
  void discover(const Account& first, const Folds<Account>& found, Discovery& more) const {
    ++*rounds;
    if (endless) {
      more.stream<Account>(account(static_cast<int>(1000 + found.size())));
      return;
    }
    if (first.balance != 0) more.stream<Account>(account(static_cast<int>(first.balance)));
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].balance != 0) more.stream<Account>(account(static_cast<int>(found[i].balance)));
    }
  }
  Decision handle(const Account&, const Folds<Account>& found, Emitter<Event>& emit) const {
    if (const Account* last = found.find(account(4)); last == nullptr || last->balance != 0) {
      return reject("not_found");
    }
    emit(account(4), Deposited{static_cast<std::int64_t>(found.size())});
    return accept();
  }
};

TEST_F(ReadsTest, DiscoversStreamsRoundByRoundEachOnce) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 2}));
  ASSERT_TRUE(executor.execute(Deposit{account(2), 3}));
  ASSERT_TRUE(executor.execute(Deposit{account(3), 4}));
  std::size_t rounds = 0;
  const auto result = executor.execute(Follow{account(1), &rounds});
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_TRUE(result->committed());
  EXPECT_EQ(rounds, 4U);  // 2, 3, 4, and one that finds nothing more
  EXPECT_EQ(stored_balance(*store, account(4)), 3);
}

TEST_F(ReadsTest, StopsAnEndlessDiscovery) {
  std::size_t rounds = 0;
  const auto result = executor.execute(Follow{account(1), &rounds, true});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::LimitExceeded);
  EXPECT_EQ(rounds, limits::kDiscoveryRounds + 1);
}

/// Discovers streams for two folds in turns, one of them on a declared stream.
struct Interleave {
  using Event = std::variant<Deposited>;
  std::vector<std::int64_t>* balances = nullptr;
  std::vector<StreamId>* ids = nullptr;

  auto reads() const {
    return eventcore::reads(stream<Account>(account(1)), discovered<Account>(),
                            discovered<Turnover>());
  }
  void discover(const Account&, const Folds<Account>&, const Folds<Turnover>&,
                Discovery& more) const {
    more.stream<Account>(account(1));
    more.stream<Turnover>(account(5));
    more.stream<Account>(account(2));
    more.stream<Account>(account(3));
  }
  Decision handle(const Account&, const Folds<Account>& found, const Folds<Turnover>&,
                  Emitter<Event>&) const {
    for (std::size_t i = 0; i < found.size(); ++i) ids->push_back(found.stream(i));
    for (std::size_t i = 0; i < found.size(); ++i) balances->push_back(found[i].balance);
    for (const Account& each : found) balances->push_back(each.balance);
    return accept();
  }
};

TEST_F(ReadsTest, TellsApartFoldsThatAreDiscoveredInTurns) {
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(executor.execute(Deposit{account(i), 100 * i}));
  std::vector<std::int64_t> balances;
  std::vector<StreamId> ids;
  ASSERT_TRUE(executor.execute(Interleave{&balances, &ids}));
  EXPECT_EQ(balances, (std::vector<std::int64_t>{100, 200, 300, 100, 200, 300}));
  EXPECT_EQ(ids, (std::vector{account(1), account(2), account(3)}));
}

/// The order of events over several streams.
struct History {
  using Events = std::variant<Deposited, Withdrawn>;
  std::string text;
  static void apply(History& history, const Events& event, const EventInfo& info) {
    const auto* in = std::get_if<Deposited>(&event);
    history.text += std::string(info.stream.substr(8)) + (in != nullptr ? "+" : "-");
  }
};

struct Audit {
  using Event = std::variant<Deposited>;
  std::vector<StreamId> accounts;
  std::string* text = nullptr;
  std::function<void()> interlude = {};
  auto reads() const { return eventcore::reads(merged<History>(accounts)); }
  Decision handle(const History& history, Emitter<Event>& emit) const {
    if (interlude) interlude();
    *text = history.text;
    emit(accounts[0], Deposited{1});
    return accept();
  }
};

TEST_F(ReadsTest, MergesStreamsInLogOrder) {
  ASSERT_TRUE(executor.execute(Deposit{account(2), 5}));
  ASSERT_TRUE(executor.execute(Deposit{account(1), 5}));
  ASSERT_TRUE(executor.execute(Transfer{account(2), account(1), 1}));
  std::string text;
  ASSERT_TRUE(executor.execute(Audit{{account(1), account(2)}, &text}));
  EXPECT_EQ(text, "2+1+2-1+");
  int calls = 0;
  const auto result = executor.execute(Audit{{account(1), account(2)}, &text, [&] {
                                               if (++calls == 1) {
                                                 deposit_directly(*store, account(2), 1);
                                               }
                                             }});
  ASSERT_TRUE(result);
  EXPECT_EQ(text, "2+1+2-1+1+2+");
}

struct Stray {
  using Event = std::variant<Deposited>;
  auto reads() const { return eventcore::reads(stream<Account>(account(1))); }
  Decision handle(const Account&, Emitter<Event>& emit) const {
    emit(account(1), Deposited{1});
    emit(account(2), Deposited{1});
    return accept();
  }
};

TEST_F(ReadsTest, RefusesEventsForAStreamThatIsNotRead) {
  const auto result = executor.execute(Stray{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::UndeclaredStream);
  EXPECT_EQ(result.error().stream, "account-2");
  EXPECT_EQ(store->head(), Position{0});
}

/// A fold that knows too little, and what it does about it.
struct Narrow {
  using Events = std::variant<Deposited>;
  std::int64_t balance = 0;
  static void apply(Narrow& state, const Events& event, const EventInfo&) {
    state.balance += std::get<Deposited>(event).amount;
  }
};
struct Lenient : Narrow {
  static constexpr auto unknown = UnknownEvents::Skip;
  static void apply(Lenient& state, const Events& event, const EventInfo& info) {
    Narrow::apply(state, event, info);
  }
};

template <class F>
struct Look {
  using Event = std::variant<Deposited>;
  std::int64_t* seen = nullptr;
  auto reads() const { return eventcore::reads(stream<F>(account(1))); }
  Decision handle(const F& state, Emitter<Event>&) const {
    *seen = state.balance;
    return accept();
  }
};

TEST_F(ReadsTest, FailsOnAnEventThatAFoldDoesNotKnow) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 5}));
  ASSERT_TRUE(executor.execute(Transfer{account(1), account(2), 1}));
  std::int64_t seen = 0;
  const auto result = executor.execute(Look<Narrow>{&seen});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::UnknownEventType);
  EXPECT_EQ(result.error().stream, "account-1");
  EXPECT_EQ(result.error().position, Position{2});
}

TEST_F(ReadsTest, SkipsUnknownEventsOnlyOnRequestAndCountsVersionsRight) {
  ASSERT_TRUE(executor.execute(Deposit{account(1), 5}));
  ASSERT_TRUE(executor.execute(Transfer{account(1), account(2), 1}));
  std::int64_t seen = 0;
  for (int i = 0; i < 2; ++i) {
    const auto result = executor.execute(Look<Lenient>{&seen});
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(result->attempts(), 1U);
    EXPECT_EQ(seen, 5);
  }
}

struct WrongFold {
  using Event = std::variant<Opened>;
  auto reads() const { return eventcore::reads(stream<Narrow>(account(1))); }
  Decision handle(const Narrow&, Emitter<Event>& emit) const {
    emit(account(1), Opened{"x"});
    return accept();
  }
};

TEST_F(ReadsTest, RefusesToStoreWhatTheFoldCouldNotReadBack) {
  const auto result = executor.execute(WrongFold{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::UnknownEventType);
  EXPECT_EQ(store->head(), Position{0});
}

TEST_F(ReadsTest, FailsOnBytesThatAreNotTheEvent) {
  const EventToWrite event{.stream = account(1), .type = "deposited", .payload = "{}"};
  ASSERT_TRUE(store->write_events({&event, 1}));
  const auto result = executor.execute(Deposit{account(1), 5});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::DecodeFailed);
  EXPECT_EQ(result.error().stream, "account-1");
  EXPECT_EQ(result.error().position, Position{1});
}

/// Not pure: it counts the calls.
struct Impure {
  using Events = std::variant<Deposited>;
  static inline int calls = 0;
  int value = 0;
  static void apply(Impure& state, const Events&, const EventInfo&) { state.value += ++calls; }
  friend bool operator==(const Impure&, const Impure&) = default;
};

struct DepositImpurely {
  using Event = std::variant<Deposited>;
  StreamId account;
  auto reads() const { return eventcore::reads(stream<Impure>(account)); }
  Decision handle(const Impure&, Emitter<Event>& emit) const {
    emit(account, Deposited{1});
    return accept();
  }
};

TEST_F(ReadsTest, FindsAnImpureFoldWhenCacheHitsAreChecked) {
  CommandExecutor unchecked(*store);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(unchecked.execute(DepositImpurely{account(1)}));
  CommandExecutorOptions options;
  options.checked_cache_hits = 2;
  CommandExecutor checked(*store, options);
  ASSERT_TRUE(checked.execute(DepositImpurely{account(1)}));  // reads
  ASSERT_TRUE(checked.execute(DepositImpurely{account(1)}));  // a hit
  const auto result = checked.execute(DepositImpurely{account(1)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::HandlerFailed);
  EXPECT_EQ(result.error().stream, "account-1");
  EXPECT_NE(result.error().message.find("not pure"), std::string::npos);
}

TEST_F(ReadsTest, ChecksCacheHitsOfPureFoldsWithoutAnyEffect) {
  CommandExecutorOptions options;
  options.checked_cache_hits = 1;
  CommandExecutor checked(*store, options);
  for (int i = 0; i < 5; ++i) {
    const auto result = checked.execute(Deposit{account(1), 1});
    ASSERT_TRUE(result) << describe(result.error());
    EXPECT_EQ(result->attempts(), 1U);
  }
}

}  // namespace
