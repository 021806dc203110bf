#include "eventcore/testing/recording_probe.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <thread>

namespace eventcore::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void report(RecordingProbe& probe, std::string_view type, CommandOutcome outcome) {
  CommandRecord record;
  record.command_type = type;
  record.outcome = outcome;
  probe.command_finished(record);
}

TEST(RecordingProbe, OwnsWhatItWasTold) {
  RecordingProbe probe;
  {
    const auto stream = std::make_unique<std::string>("order-1");
    const Conflict conflict{.expected = {1},
                            .actual = {2},
                            .winner_position = {9},
                            .winner_id = {},
                            .winner_command_type = "ship"};
    const Error error = make_error(ErrorCode::VersionConflict, "too late");
    const StreamTouch touch{*stream, {4}, 2, true};
    const ConflictRecord lost{*stream, &conflict};
    CommandRecord record;
    record.command_type = *stream;
    record.outcome = CommandOutcome::ConflictExhausted;
    record.error = &error;
    record.streams = {&touch, 1};
    record.conflicts = {&lost, 1};
    record.attempts = 3;
    probe.command_finished(record);
  }
  ASSERT_THAT(probe.commands(), SizeIs(1));
  const RecordedCommand command = probe.commands()[0];
  EXPECT_EQ(command.command_type, "order-1");
  EXPECT_EQ(command.attempts, 3U);
  ASSERT_TRUE(command.error.has_value());
  EXPECT_EQ(command.error->code, ErrorCode::VersionConflict);
  ASSERT_THAT(command.streams, SizeIs(1));
  EXPECT_EQ(command.streams[0].stream, "order-1");
  EXPECT_TRUE(command.streams[0].discovered);
  ASSERT_THAT(command.conflicts, SizeIs(1));
  EXPECT_EQ(command.conflicts[0].conflict.winner_command_type, "ship");
}

TEST(RecordingProbe, CountsByTypeAndOutcome) {
  RecordingProbe probe;
  report(probe, "place", CommandOutcome::Committed);
  report(probe, "place", CommandOutcome::Rejected);
  report(probe, "ship", CommandOutcome::Committed);
  EXPECT_THAT(probe.commands("place"), SizeIs(2));
  EXPECT_EQ(probe.count(CommandOutcome::Committed), 2U);
  EXPECT_EQ(probe.count(CommandOutcome::InDoubt), 0U);
  probe.clear();
  EXPECT_THAT(probe.commands(), IsEmpty());
}

TEST(RecordingProbe, KeepsGroupsAndAvailability) {
  RecordingProbe probe;
  GroupRecord group;
  group.events = 5;
  probe.group_committed(group);
  probe.store_availability(false);
  probe.store_availability(true);
  ASSERT_THAT(probe.groups(), SizeIs(1));
  EXPECT_EQ(probe.groups()[0].events, 5U);
  EXPECT_THAT(probe.availability(), ElementsAre(false, true));
}

TEST(RecordingProbe, KeepsUsesOfPools) {
  RecordingProbe probe;
  probe.connection_opened("readers", std::chrono::milliseconds{1});
  probe.pool_used({.pool = "readers", .wait = std::chrono::milliseconds{2}, .timed_out = true});
  EXPECT_EQ(probe.connections_opened(), 1U);
  ASSERT_THAT(probe.pool_uses(), SizeIs(1));
  EXPECT_EQ(probe.pool_uses()[0].pool, "readers");
  EXPECT_EQ(probe.pool_uses()[0].wait, std::chrono::milliseconds{2});
  EXPECT_TRUE(probe.pool_uses()[0].timed_out);
  probe.clear();
  EXPECT_EQ(probe.connections_opened(), 0U);
  EXPECT_THAT(probe.pool_uses(), SizeIs(0));
}

TEST(RecordingProbe, TellsItsInterests) {
  const RecordingProbe probe({.commands = true, .groups = false});
  EXPECT_TRUE(probe.interests().commands);
  EXPECT_FALSE(probe.interests().groups);
}

TEST(RecordingProbe, WaitsForCommands) {
  RecordingProbe probe;
  EXPECT_FALSE(probe.wait_for_commands(1, Deadline{Instant{}}));
  std::thread reporter([&] {
    for (int i = 0; i < 10; ++i) report(probe, "place", CommandOutcome::Committed);
  });
  EXPECT_TRUE(probe.wait_for_commands(10, Deadline::after(std::chrono::minutes{1})));
  reporter.join();
  EXPECT_TRUE(probe.wait_for_commands(10, {}));
}

}  // namespace
}  // namespace eventcore::testing
