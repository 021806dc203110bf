// Streams that a service tells by name, and how long streams are.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::observability {
namespace {

class ServiceStreams : public ::testing::Test {
 protected:
  static void finish(MetricsService& service, const std::vector<StreamTouch>& streams,
                     const std::vector<ConflictRecord>& conflicts = {},
                     CommandOutcome outcome = CommandOutcome::Committed, bool measured = false) {
    CommandRecord record;
    record.command_type = "reserve";
    record.outcome = outcome;
    record.streams = streams;
    record.conflicts = conflicts;
    for (const StreamTouch& touch : streams) record.events_written += touch.events_written;
    record.phases.measured = measured;
    service.command_finished(record);
  }
  double version(std::string_view stream) {
    return service.registry()
        .snapshot()
        .value(catalogue::kStreamVersions.name, {{"stream_id", stream}})
        .value_or(-1);
  }
  std::size_t shown(const MetricsService& of) {
    return of.registry().snapshot().find(catalogue::kStreamVersions.name)->series.size();
  }

  MetricsService service{{.hot_stream_interval = 1}};
};

TEST_F(ServiceStreams, TellsTheHotOnesWithWritesConflictsAndVersion) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    finish(service, {{"product-1", {i}, 1, false}, {"customer-1", {3}, 0, false}});
  }
  finish(service, {{"product-2", {7}, 2, false}}, {{"product-2", nullptr}, {"product-1", nullptr}});
  const auto hot = service.hot_streams();
  ASSERT_EQ(hot.size(), 2U);
  EXPECT_EQ(hot[0].stream, "product-1");
  EXPECT_EQ(hot[0].writes, 5U);
  EXPECT_EQ(hot[0].writes_error, 0U);
  EXPECT_EQ(hot[0].conflicts, 1U);
  EXPECT_EQ(hot[0].version, StreamVersion{5});
  EXPECT_EQ(hot[1].stream, "product-2");
  EXPECT_EQ(hot[1].writes, 1U);
  EXPECT_EQ(hot[1].conflicts, 1U);
  EXPECT_EQ(hot[1].version, StreamVersion{9});
  EXPECT_EQ(version("product-1"), 5);
  EXPECT_EQ(version("product-2"), 9);
}

TEST_F(ServiceStreams, AStreamThatOthersWriteIsHotByItsConflicts) {
  finish(service, {{"product-1", {4}, 1, false}}, {{"product-1", nullptr}, {"", nullptr}},
         CommandOutcome::ConflictExhausted);
  const auto hot = service.hot_streams();
  ASSERT_EQ(hot.size(), 1U);
  EXPECT_EQ(hot[0].writes, 0U);
  EXPECT_EQ(hot[0].conflicts, 1U);
  EXPECT_EQ(shown(service), 0U) << "no commit has told its version";
}

TEST_F(ServiceStreams, ShowsTenVersionsAtMost) {
  for (std::uint64_t i = 1; i <= 50; ++i) {
    service.update_stream_version(StreamId::of("s-", std::to_string(i)).value(), {i});
  }
  EXPECT_EQ(shown(service), 10U);
  EXPECT_EQ(version("s-41"), 41) << "of those written as often, the longest";
  EXPECT_EQ(version("s-40"), -1);
  for (std::uint64_t i = 2; i <= 3; ++i) {
    service.update_stream_version(StreamId::literal("s-1"), {i});
  }
  EXPECT_EQ(version("s-1"), 3);
  EXPECT_EQ(service.hot_streams().front().stream, "s-1");
  EXPECT_EQ(service.hot_streams().front().writes, 3U);
}

TEST_F(ServiceStreams, CanBeToldNotToNameAny) {
  MetricsService without({.top_streams = 0});
  without.update_stream_version(StreamId::literal("s-1"), {1});
  finish(without, {{"s-1", {1}, 1, false}});
  EXPECT_TRUE(without.hot_streams().empty());
  EXPECT_EQ(shown(without), 0U);
}

TEST_F(ServiceStreams, LeavesIdsThatAreNoLabelValuesOutOfTheMetric) {
  // 255 characters of three bytes each.
  std::string id;
  for (int i = 0; i < 255; ++i) id += "\u20ac";
  service.update_stream_version(StreamId::parse(id).value(), {4});
  service.update_stream_version(StreamId::literal("short"), {5});
  EXPECT_EQ(shown(service), 1U);
  EXPECT_EQ(version("short"), 5);
  const auto hot = service.hot_streams();
  ASSERT_EQ(hot.size(), 2U);
  EXPECT_TRUE(hot[0].stream == id || hot[1].stream == id) << "the list has it whole";
}

TEST_F(ServiceStreams, CountsLengthsOfStreamsThatMeasuredCommandsWrote) {
  const auto lengths = [&](std::string_view category) {
    return service.registry().snapshot().histogram(catalogue::kStreamLength.name,
                                                   {{"category", category}});
  };
  const std::vector<StreamTouch> streams = {
      {"product-1", {40}, 2, false}, {"product-2", {7}, 1, false}, {"customer-1", {3}, 0, false}};
  finish(service, streams);
  EXPECT_EQ(lengths("product").count(), 0U) << "not measured";
  finish(service, streams, {}, CommandOutcome::Rejected, true);
  EXPECT_EQ(lengths("product").count(), 0U) << "not committed";
  finish(service, streams, {}, CommandOutcome::Committed, true);
  EXPECT_EQ(lengths("product").count(), 2U);
  EXPECT_EQ(lengths("product").sum, 42 + 8);
  EXPECT_EQ(lengths("customer").count(), 0U);
  service.update_stream_version(StreamId::literal("customer-1"), {5});
  EXPECT_EQ(lengths("customer").sum, 5);
}

TEST_F(ServiceStreams, WereNotWrittenMoreOftenThanTheyAreLong) {
  // More streams than are kept track of: the latest take over the counts of others.
  for (std::uint64_t round = 0; round < 5; ++round) {
    for (int i = 0; i < 2'000; ++i) {
      const std::string stream = "s-" + std::to_string(i);
      finish(service, {{stream, {round}, 1, false}});
    }
  }
  const auto hot = service.hot_streams();
  ASSERT_FALSE(hot.empty());
  for (const HotStream& one : hot) {
    EXPECT_LE(one.writes, one.version.value) << one.stream;
    EXPECT_LE(one.writes_error, one.writes) << one.stream;
  }
}

TEST_F(ServiceStreams, CountsOneWriteInSoManyForAsMany) {
  MetricsService sampled({.hot_stream_interval = 8});
  for (std::uint64_t i = 0; i < 800; ++i) finish(sampled, {{"product-1", {i}, 1, false}});
  ASSERT_EQ(sampled.hot_streams().size(), 1U);
  EXPECT_NEAR(static_cast<double>(sampled.hot_streams()[0].writes), 800, 200);
  EXPECT_EQ(sampled.registry().snapshot().value(catalogue::kEventsWrittenTotal.name,
                                                {{"category", "product"}}),
            800);
}

TEST_F(ServiceStreams, LeavesUntimedCommandsOutOfHistogramsAlone) {
  CommandRecord record;
  record.command_type = "reserve";
  service.command_finished(record);
  record.timed = false;
  service.command_finished(record);
  const MetricsSnapshot snapshot = service.registry().snapshot();
  const MetricsSnapshot::Labels reserve = {{"command_type", "reserve"}};
  EXPECT_EQ(snapshot.value(catalogue::kCommandsTotal.name, reserve), 2);
  EXPECT_EQ(snapshot.histogram(catalogue::kCommandDurationSeconds.name, reserve).count(), 1U);
}

}  // namespace
}  // namespace eventcore::observability
