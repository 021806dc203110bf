// Looking after a store on PostgreSQL: what verifying finds, and figures.

#include <gmock/gmock.h>

#include <functional>
#include <memory>

#include "administration.hpp"
#include "eventcore/testing/matchers.hpp"
#include "postgres_log_fixture.hpp"

namespace eventcore::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using testing::HasError;
using ::testing::IsEmpty;
using testing::IsOk;

class PostgresVerify : public PostgresLog {
 protected:
  PostgresVerify() {
    readers = std::make_unique<ReaderPool>(*state);
    administration = std::make_unique<Administration>(
        *state, *readers, [](WriteBatch&, Position, Timestamp) -> Result<void> {
          return make_error(ErrorCode::VersionConflict, "from the writer");
        });
    append({{"a", "1"}, {"b", "2"}});
    append({{"a", std::string(20'000, 'x')}, {"c", "4"}, {"a", "5"}});
    append({{"b", "6", "Another"}});
  }

  // Changes the log as nobody may, and returns the checks that find it, with their positions.
  std::vector<std::pair<std::string, std::uint64_t>> findings_after(const std::string& change) {
    run("BEGIN; SET LOCAL session_replication_role = replica; " + change + "; COMMIT");
    auto report = administration->verify({});
    if (!report) throw std::runtime_error(describe(report.error()));
    EXPECT_EQ(report->findings_total, report->findings.size());
    std::vector<std::pair<std::string, std::uint64_t>> found;
    for (const Finding& finding : report->findings) {
      found.emplace_back(finding.check, finding.position.value);
    }
    return found;
  }
  using Found = std::pair<std::string, std::uint64_t>;

  std::unique_ptr<ReaderPool> readers;
  std::unique_ptr<Administration> administration;
};

TEST_F(PostgresVerify, WholeLogHasNoFindings) {
  auto report = administration->verify({});
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_EQ(report->events, 6U);
  EXPECT_EQ(report->batches, 3U);
  EXPECT_EQ(report->streams, 3U);
  EXPECT_THAT(administration->check_batches({0}, {6}), IsOk());
  EXPECT_THAT(administration->check_batches({2}, {5}), IsOk());
}

TEST_F(PostgresVerify, MissingEventIsFound) {
  EXPECT_THAT(findings_after("DELETE FROM @events WHERE position = 4"),
              ElementsAre(Found("density", 4), Found("batch", 3), Found("checksum", 3)));
}

TEST_F(PostgresVerify, ChangedPayloadIsFound) {
  EXPECT_THAT(findings_after("UPDATE @events SET payload = 'y' WHERE position = 3"),
              ElementsAre(Found("checksum", 3)));
  const auto checked = administration->check_batches({0}, {6});
  ASSERT_THAT(checked, HasError(ErrorCode::Corrupt));
  EXPECT_EQ(checked.error().position, Position{3});
  EXPECT_THAT(administration->check_batches({0}, {2}), IsOk());
}

TEST_F(PostgresVerify, ChangedTypeStreamAndBatchAreFound) {
  EXPECT_THAT(findings_after("UPDATE @events SET type = 2 WHERE position = 2"),
              ElementsAre(Found("checksum", 1)));
  EXPECT_THAT(administration->check_batches({0}, {2}), HasError(ErrorCode::Corrupt));
  EXPECT_THAT(findings_after("UPDATE @events SET type = 1 WHERE position = 2;"
                             "UPDATE @streams SET name = 'z' WHERE name = 'c'"),
              ElementsAre(Found("checksum", 3)));
  EXPECT_THAT(findings_after("UPDATE @streams SET name = 'c' WHERE name = 'z';"
                             "UPDATE @events SET key = 'k' WHERE position = 6"),
              ElementsAre(Found("checksum", 6)));
  EXPECT_THAT(findings_after("UPDATE @events SET key = NULL WHERE position = 6;"
                             "UPDATE @events SET key = 'k' WHERE position = 4"),
              ElementsAre(Found("batch", 4)));
}

TEST_F(PostgresVerify, BrokenOrderIsFound) {
  EXPECT_THAT(findings_after("UPDATE @events SET time = 1 WHERE position = 6"),
              ElementsAre(Found("order", 6)));
  EXPECT_THAT(findings_after("UPDATE @events SET time = 6 WHERE position = 6;"
                             "UPDATE @events SET version = 7 WHERE position = 6"),
              ElementsAre(Found("versions", 6)));
}

TEST_F(PostgresVerify, MissingNamesAreFound) {
  EXPECT_THAT(findings_after("DELETE FROM @streams WHERE name = 'c'"),
              ElementsAre(Found("streams", 4), Found("checksum", 3)));
  EXPECT_THAT(findings_after("DELETE FROM @types WHERE number = 2"),
              ElementsAre(Found("streams", 4), Found("checksum", 3), Found("types", 6),
                          Found("checksum", 6)));
}

TEST_F(PostgresVerify, StreamsAreListedWithNewsOfOthers) {
  auto streams = administration->list_streams({});
  ASSERT_THAT(streams, IsOk());
  ASSERT_EQ(streams->size(), 3U);
  EXPECT_EQ((*streams)[0].stream, id("a"));
  EXPECT_EQ((*streams)[0].version, StreamVersion{3});
  EXPECT_EQ((*streams)[0].last, Position{5});
  append({{"B", "upper case comes first"}});
  streams = administration->list_streams({.after = "", .limit = 2});
  ASSERT_EQ(streams->size(), 2U);
  EXPECT_EQ((*streams)[0].stream, id("B"));
}

TEST_F(PostgresVerify, StatisticsCountWhatIsStored) {
  auto stats = administration->stats();
  ASSERT_THAT(stats, IsOk());
  EXPECT_EQ(stats->events, 6U);
  EXPECT_EQ(stats->streams, 3U);
  EXPECT_EQ(stats->event_types, 2U);
  EXPECT_GT(stats->size_bytes, 20'000U);
  EXPECT_FALSE(stats->last_backup.has_value());
  EXPECT_EQ(administration->space().size_bytes, stats->size_bytes);
  EXPECT_EQ(state->head(), Position{6}) << "and the store knows of it";
  EXPECT_EQ(administration->figures().events, 6U);
  EXPECT_EQ(administration->figures().streams, 3U);
  const Timestamp time(std::chrono::seconds{1'000});
  EXPECT_THAT(administration->record_care(CareTask::Backup, {.time = time, .position = {6}}),
              IsOk());
  EXPECT_EQ(administration->stats()->last_backup, time);
  EXPECT_EQ(administration->schema_version()->stored, kSchemaVersion);
}

TEST_F(PostgresVerify, LostConnectionIsOpenedAgain) {
  ASSERT_THAT(administration->stats(), IsOk());
  ASSERT_EQ(
      run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%" +
          schema.name() + "%' AND pid <> pg_backend_pid()"),
      "1");
  EXPECT_THAT(administration->stats(), IsOk());
}

TEST_F(PostgresVerify, ImportsAreTheWritersMatter) {
  WriteBatch batch;
  EXPECT_THAT(administration->import_batch(batch, {1}, {}), HasError(ErrorCode::InvalidArgument));
}

TEST_F(PostgresVerify, ClosedAdministrationRefuses) {
  EXPECT_THAT(administration->verify([&](std::uint64_t, std::uint64_t) {
    EXPECT_THAT(administration->close({.at = std::chrono::steady_clock::now()}),
                HasError(ErrorCode::DeadlineExceeded));
    return true;
  }),
              HasError(ErrorCode::ShuttingDown));
  EXPECT_THAT(administration->close({}), IsOk());
  EXPECT_THAT(administration->stats(), HasError(ErrorCode::ShuttingDown));
  EXPECT_THAT(administration->list_streams({}), HasError(ErrorCode::ShuttingDown));
}

}  // namespace
}  // namespace eventcore::postgres
