#include "eventcore/testing/explore.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <set>

#include "account.hpp"
#include "eventcore/testing/matchers.hpp"

namespace eventcore::testing {
namespace {

using bank::Account;
using bank::Deposited;
using bank::Withdraw;
using bank::WithdrawTrusting;

StreamId account() { return StreamId::literal("account-1"); }

std::int64_t balance(EventStore& store) {
  Account state;
  const Result<EventPage> page = store.read_stream(account());
  if (!page) return -1;
  for (const StoredEvent& event : page->events) {
    const auto index = index_of_event<Account::Events>(event.type);
    const auto decoded =
        decode_event<Account::Events>(index.value(), event.schema_version, event.payload);
    Account::apply(state, decoded.value(), {});
  }
  return state.balance;
}

void never_negative(Exploration& run) {
  run.finally(
      [&run](EventStore& store) { run.expect(balance(store) >= 0, "the balance is negative"); });
}

// Two customers look at the balance, and withdraw what they saw a moment later.
void look_then_withdraw(Exploration& run) {
  run.given(account(), Deposited{100});
  for (int customer = 0; customer < 2; ++customer) {
    run.submit(Withdraw{account(), 0}, {}, [&run](const Result<Executed<Withdraw>>&) {
      run.submit(WithdrawTrusting{account(), 80, balance(run.store())});
    });
  }
  never_negative(run);
}

class Explore : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("EVENTCORE_SEED"); }
  void TearDown() override { unsetenv("EVENTCORE_SEED"); }
};

TEST_F(Explore, FindsAPlantedRace) {
  const ExploreReport report = explore({.seeds = 500}, look_then_withdraw);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.message, ::testing::HasSubstr("the balance is negative"));
  EXPECT_THAT(report.message,
              ::testing::HasSubstr("EVENTCORE_SEED=" + std::to_string(*report.failing_seed)));
}

TEST_F(Explore, RepeatsAFailingSeed) {
  const ExploreReport report = explore({.seeds = 500}, look_then_withdraw);
  ASSERT_FALSE(report);
  const ExploreReport again =
      explore({.first_seed = *report.failing_seed, .seeds = 1}, look_then_withdraw);
  EXPECT_EQ(again.message, report.message);
  EXPECT_EQ(again.runs, 1U);
}

TEST_F(Explore, RunsTheSeedOfTheEnvironmentAlone) {
  const ExploreReport report = explore({.seeds = 500}, look_then_withdraw);
  ASSERT_FALSE(report);
  setenv("EVENTCORE_SEED", std::to_string(*report.failing_seed).c_str(), 1);
  const ExploreReport again = explore({.seeds = 500}, look_then_withdraw);
  EXPECT_EQ(again.message, report.message);
  EXPECT_EQ(again.runs, 1U);
}

TEST_F(Explore, SomeInterleavingsAreHarmless) {
  std::set<bool> outcomes;
  for (std::uint64_t seed = 1; seed <= 200 && outcomes.size() < 2; ++seed) {
    const ExploreReport report = explore({.first_seed = seed, .seeds = 1}, look_then_withdraw);
    outcomes.insert(static_cast<bool>(report));
  }
  EXPECT_EQ(outcomes.size(), 2U) << "every seed ran in the same order";
}

TEST_F(Explore, FindsNothingInAGoodCommand) {
  const ExploreReport report = explore({.seeds = 200}, [](Exploration& run) {
    run.given(account(), Deposited{100});
    const auto committed = std::make_shared<int>(0);
    for (int customer = 0; customer < 4; ++customer) {
      run.submit(Withdraw{account(), 30}, {},
                 [committed](const Result<Executed<Withdraw>>& result) {
                   if (result && result->committed()) ++*committed;
                 });
    }
    run.finally([&run, committed](EventStore& store) {
      run.expect(*committed == 3, "three of four withdrawals fit");
      run.expect(balance(store) == 10, "ten are left");
    });
  });
  EXPECT_TRUE(report) << report.message;
  EXPECT_EQ(report.runs, 200U);
}

TEST_F(Explore, GoodCommandsSurviveFaults) {
  ExploreOptions options;
  options.seeds = 200;
  options.chaos.conflict = 0.1;
  options.chaos.append_refused = 0.1;
  options.chaos.commit_lost = 0.1;
  options.chaos.commit_unacknowledged = 0.2;
  const ExploreReport report = explore(options, [](Exploration& run) {
    run.given(account(), Deposited{100});
    const auto committed = std::make_shared<std::int64_t>(0);
    const auto in_doubt = std::make_shared<std::int64_t>(0);
    for (int customer = 0; customer < 4; ++customer) {
      run.submit(Withdraw{account(), 30}, {},
                 [committed, in_doubt](const Result<Executed<Withdraw>>& result) {
                   if (result && result->committed()) ++*committed;
                   if (!result && result.error().code == ErrorCode::CommitInDoubt) ++*in_doubt;
                 });
    }
    run.finally([&run, committed, in_doubt](EventStore& store) {
      const std::int64_t withdrawn = (100 - balance(store)) / 30;
      run.expect(balance(store) >= 0, "the balance is negative");
      run.expect(withdrawn >= *committed, "a withdrawal that was reported is not stored");
      run.expect(withdrawn <= *committed + *in_doubt, "a withdrawal is stored but not reported");
    });
  });
  EXPECT_TRUE(report) << report.message;
}

TEST_F(Explore, OneSeedIsOneRun) {
  const auto log_of = [](std::uint64_t seed) {
    std::string log;
    const ExploreReport report = explore({.first_seed = seed, .seeds = 1}, [&](Exploration& run) {
      for (int i = 0; i < 6; ++i) {
        const StreamId stream = StreamId::parse("account-" + std::to_string(i)).value();
        run.given(stream, Deposited{100});
        run.submit(Withdraw{stream, 1 + i});
      }
      run.finally([&](EventStore& store) {
        const Result<EventPage> page = store.read(LogQuery{.after = {6}});
        for (const StoredEvent& event : page.value().events) {
          log += std::string(event.stream) + ' ' +
                 std::to_string(event.time.time_since_epoch().count()) + '\n';
        }
      });
    });
    EXPECT_TRUE(report) << report.message;
    return log;
  };
  EXPECT_EQ(log_of(3), log_of(3)) << "order and times";
  EXPECT_NE(log_of(3), log_of(4));
  EXPECT_NE(log_of(3), "");
}

}  // namespace
}  // namespace eventcore::testing
