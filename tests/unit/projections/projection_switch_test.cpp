#include "eventcore/projection_switch.hpp"

#include <gmock/gmock.h>

#include "projection_fixture.hpp"

namespace eventcore {
namespace {

class ProjectionSwitch : public OnEachStore {
 protected:
  // A projection that nobody leads, at `position`.
  void put(std::string_view name, std::uint64_t position, std::vector<DeadLetter> letters = {}) {
    const std::uint64_t token = lead(name);
    ASSERT_TRUE(storage().save({.projection = std::string(name),
                                .token = token,
                                .position = {position},
                                .dead_letters = std::move(letters)}));
    ASSERT_TRUE(storage().release_lease(name, token));
  }
  std::uint64_t lead(std::string_view name) {
    const auto answer = storage().acquire_lease(
        {.projection = std::string(name), .holder = "one", .duration = std::chrono::hours{1}});
    EXPECT_TRUE(answer && answer->acquired);
    return answer ? answer->lease.token : 0;
  }
  void expect_refused(ErrorCode code) {
    const auto switched = switch_projections(storage(), "sales", "sales@2");
    ASSERT_FALSE(switched);
    EXPECT_EQ(switched.error().code, code) << describe(switched.error());
    EXPECT_FALSE(record("sales").paused) << "as it was";
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ProjectionSwitch, each_store(), store_name);

TEST_P(ProjectionSwitch, RemovesTheLiveVersionAlone) {
  put("sales", 7);
  put("sales@2", 7);
  ASSERT_TRUE(switch_projections(storage(), "sales", "sales@2"));
  EXPECT_FALSE(*storage().load("sales"));
  EXPECT_EQ(record("sales@2").position, Position{7});
  const auto again = switch_projections(storage(), "sales", "sales@2");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::InvalidArgument);
}

TEST_P(ProjectionSwitch, WaitsForTheNewVersion) {
  put("sales", 7);
  put("sales@2", 6);
  expect_refused(ErrorCode::VersionConflict);
  put("sales@2", 7);
  ASSERT_TRUE(storage().reset("sales@2", {0}));
  expect_refused(ErrorCode::VersionConflict);
}

TEST_P(ProjectionSwitch, WaitsForTheEndOfTheLiveVersion) {
  put("sales", 7);
  put("sales@2", 7);
  const std::uint64_t token = lead("sales");
  expect_refused(ErrorCode::LeaseLost);
  ASSERT_TRUE(storage().release_lease("sales", token));
  EXPECT_TRUE(switch_projections(storage(), "sales", "sales@2"));
}

TEST_P(ProjectionSwitch, KeepsDeadLettersThatNobodyHasDecidedOn) {
  DeadLetter letter;
  letter.projection = "sales";
  letter.position = {5};
  put("sales", 7, {letter});
  put("sales@2", 7);
  expect_refused(ErrorCode::VersionConflict);
  ASSERT_TRUE(storage().discard_dead_letter("sales", {5}));
  EXPECT_TRUE(switch_projections(storage(), "sales", "sales@2"));
}

}  // namespace
}  // namespace eventcore
