#include "eventcore/testing/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

#include "account.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/testing/chaos_store.hpp"

namespace eventcore::testing {
namespace {

using bank::Deposited;
using bank::Withdraw;
using bank::Withdrawn;

StreamId account() { return StreamId::literal("account-1"); }

TEST(Scenario, ComparesTheEventsOfTheCommandAlone) {
  Scenario scenario;
  scenario.given(account(), Deposited{100}, Withdrawn{20})
      .when(Withdraw{account(), 30})
      .then_events(Withdrawn{30})
      .then_events_on(account(), Withdrawn{30})
      .then_events_on(StreamId::literal("account-2"));
}

TEST(Scenario, KeepsItsHistory) {
  Scenario scenario;
  scenario.given(account(), Deposited{100});
  scenario.when(Withdraw{account(), 80}).then_events(Withdrawn{80});
  scenario.when(Withdraw{account(), 80}).then_rejected("not_enough");
  scenario.given(account(), Deposited{100});
  scenario.when(Withdraw{account(), 80}).then_events(Withdrawn{80});
}

TEST(Scenario, KnowsCommandsThatStoreNothing) {
  Scenario scenario;
  scenario.given(account(), Deposited{1}).when(Withdraw{account(), 0}).then_no_events();
}

TEST(Scenario, KnowsErrors) {
  Scenario().when(Withdraw{account(), -1}).then_error(ErrorCode::HandlerFailed);
}

TEST(Scenario, RunsOnAnyStore) {
  ChaosStore store(open_memory_store(), {});
  Scenario scenario(store);
  scenario.given(account(), Deposited{100});
  store.fail_append(1, AppendFault::Conflict);
  const ScenarioOutcome outcome = scenario.when(Withdraw{account(), 30});
  ASSERT_TRUE(outcome.result().has_value());
  EXPECT_EQ(outcome.result()->attempts(), 2U) << "the made-up conflict was retried";
  EXPECT_EQ(outcome.events().size(), 1U);
}

TEST(Scenario, FailsForOtherEvents) {
  Scenario scenario;
  scenario.given(account(), Deposited{100});
  EXPECT_NONFATAL_FAILURE(scenario.when(Withdraw{account(), 30}).then_events(Withdrawn{31}),
                          "{\"amount\":30}");
  EXPECT_NONFATAL_FAILURE(scenario.when(Withdraw{account(), 30}).then_events(), "withdrawn");
  EXPECT_NONFATAL_FAILURE(scenario.when(Withdraw{account(), 0}).then_events(Withdrawn{0}),
                          "(none)");
  EXPECT_NONFATAL_FAILURE(scenario.when(Withdraw{account(), 1}).then_no_events(), "withdrawn");
}

TEST(Scenario, FailsForOtherOutcomes) {
  EXPECT_NONFATAL_FAILURE(Scenario().when(Withdraw{account(), 1}).then_events(Withdrawn{1}),
                          "refused with 'not_enough'");
  EXPECT_NONFATAL_FAILURE(Scenario().when(Withdraw{account(), 1}).then_rejected("other"),
                          "refused with 'not_enough'");
  EXPECT_NONFATAL_FAILURE(Scenario().when(Withdraw{account(), 0}).then_rejected("not_enough"),
                          "accepted");
  EXPECT_NONFATAL_FAILURE(Scenario().when(Withdraw{account(), -1}).then_rejected("not_enough"),
                          "handler_failed");
  EXPECT_NONFATAL_FAILURE(
      Scenario().when(Withdraw{account(), -1}).then_error(ErrorCode::VersionConflict),
      "handler_failed");
}

}  // namespace
}  // namespace eventcore::testing
