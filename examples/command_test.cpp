// Tests of commands with GoogleTest: by example, under many interleavings, and of what they report.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "eventcore/fold_stream.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/testing/explore.hpp"
#include "eventcore/testing/recording_probe.hpp"
#include "eventcore/testing/scenario.hpp"

using namespace eventcore;
using eventcore::testing::Exploration;
using eventcore::testing::explore;
using eventcore::testing::RecordingProbe;
using eventcore::testing::Scenario;

// The commands of bank_transfer.cpp. In a project they stand in a header that both include.
struct Deposited {
  std::int64_t cents = 0;
  static constexpr auto describe() {
    return describe_event("deposited", 1, field("cents", &Deposited::cents));
  }
};
struct Withdrawn {
  std::int64_t cents = 0;
  static constexpr auto describe() {
    return describe_event("withdrawn", 1, field("cents", &Withdrawn::cents));
  }
};

struct Account {
  using Events = std::variant<Deposited, Withdrawn>;
  std::int64_t balance = 0;

  static void apply(Account& account, const Events& event, const EventInfo&) {
    if (const auto* in = std::get_if<Deposited>(&event)) account.balance += in->cents;
    if (const auto* out = std::get_if<Withdrawn>(&event)) account.balance -= out->cents;
  }
};

struct Transfer {
  static constexpr std::string_view name = "transfer";
  using Event = std::variant<Deposited, Withdrawn>;
  StreamId from;
  StreamId to;
  std::int64_t cents = 0;

  auto reads() const { return eventcore::reads(stream<Account>(from), stream<Account>(to)); }

  Decision handle(const Account& source, const Account&, Emitter<Event>& emit) const {
    if (cents <= 0) return reject("not_positive");
    if (source.balance < cents) {
      return reject("insufficient_funds", "the balance is " + std::to_string(source.balance));
    }
    emit(from, Withdrawn{cents});
    emit(to, Deposited{cents});
    return accept();
  }
};

const StreamId kAlice = StreamId::literal("account-alice");
const StreamId kBob = StreamId::literal("account-bob");

TEST(Transfer, MovesMoneyThatIsThere) {
  Scenario scenario;
  scenario.given(kAlice, Deposited{100})
      .when(Transfer{kAlice, kBob, 70})
      .then_events_on(kAlice, Withdrawn{70})
      .then_events_on(kBob, Deposited{70});
  scenario.when(Transfer{kAlice, kBob, 70}).then_rejected("insufficient_funds");
}

TEST(Transfer, RefusesAmountsThatAreNotPositive) {
  Scenario scenario;
  scenario.when(Transfer{kAlice, kBob, 0}).then_rejected("not_positive");
}

// Money neither appears nor vanishes, whoever comes first. Each seed is another interleaving; a
// failing one is printed, and EVENTCORE_SEED=<seed> repeats it alone.
TEST(Transfer, KeepsTheSumUnderEveryInterleaving) {
  const auto report = explore({.seeds = 100}, [](Exploration& run) {
    run.given(kAlice, Deposited{100});
    for (int i = 0; i < 3; ++i) run.submit(Transfer{kAlice, kBob, 60});
    run.submit(Transfer{kBob, kAlice, 10});
    run.finally([&run](EventStore& store) {
      const auto alice = fold_stream<Account>(store, kAlice);
      const auto bob = fold_stream<Account>(store, kBob);
      run.expect(alice && bob, "an account can't be read");
      if (!alice || !bob) return;
      run.expect(alice->state.balance >= 0, "Alice is in debt");
      run.expect(alice->state.balance + bob->state.balance == 100, "the sum has changed");
    });
  });
  EXPECT_TRUE(report) << report.message;
}

// What metrics and logs are made of: a probe sees each execution when it is over.
TEST(Transfer, ReportsBothAccounts) {
  const auto probe = std::make_shared<RecordingProbe>();
  const std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutor executor(*store, {.probe = probe});
  ASSERT_TRUE(executor.execute(Transfer{kAlice, kBob, 70}));

  const auto commands = probe->commands("transfer");
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].outcome, CommandOutcome::Rejected);
  EXPECT_EQ(commands[0].rejection_code, "insufficient_funds");
  EXPECT_EQ(commands[0].streams.size(), 2U);
}
