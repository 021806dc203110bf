#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "model.hpp"
#include "random_workload.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

std::vector<ModelEvent> as_model(const EventPage& page) {
  std::vector<ModelEvent> events;
  for (const StoredEvent& event : page.events) {
    events.push_back({event.position, event.version, std::string(event.stream),
                      std::string(event.type), std::string(event.payload)});
  }
  return events;
}

void expect_outcome(const Result<WriteResult>& result, const WriteBatch& batch,
                    const ModelOutcome& expected) {
  if (expected.error) {
    ASSERT_THAT(result, HasError(*expected.error));
    return;
  }
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->replayed, expected.replayed);
  EXPECT_EQ(result->first, expected.first);
  if (expected.replayed || batch.event_count() > 0) {
    EXPECT_EQ(result->last, expected.last);
  }
  for (std::size_t i = 0; i < expected.versions_before.size(); ++i) {
    EXPECT_EQ(batch.streams()[i].version_before, expected.versions_before[i]);
  }
}

void expect_same_streams_page(Subject& store, const Model& model, const StreamsQuery& query) {
  const Result<EventPage> page = store->read(query);
  ASSERT_THAT(page, IsOk());
  const ModelPage expected = model.read(query);
  EXPECT_EQ(as_model(*page), expected.events);
  EXPECT_EQ(page->more, expected.more);
  EXPECT_EQ(page->at, query.at.value_or(model.head()));
  ASSERT_EQ(page->streams.size(), expected.versions.size());
  for (std::size_t i = 0; i < expected.versions.size(); ++i) {
    EXPECT_EQ(page->streams[i].version, expected.versions[i]);
    if (!expected.more) {
      EXPECT_TRUE(page->streams[i].complete);
    }
  }
}

void expect_same_log_page(Subject& store, const Model& model, const LogQuery& query) {
  const Result<EventPage> page = store->read(query);
  ASSERT_THAT(page, IsOk());
  const ModelPage expected = model.read(query);
  EXPECT_EQ(as_model(*page), expected.events);
  EXPECT_EQ(page->more, expected.more);
  if (!expected.more && query.after <= query.until.value_or(model.head())) {
    EXPECT_EQ(page->scanned_to, std::min(query.until.value_or(model.head()), model.head()));
  }
}

void expect_same_reads(Subject& store, const Model& model, RandomWorkload& workload) {
  expect_same_streams_page(store, model, workload.streams_query(model));
  expect_same_log_page(store, model, workload.log_query(model));
}

void single_batches_match_the_model(StoreFixture& fixture) {
  const std::uint64_t seed = workload_seed();
  SCOPED_TRACE("EVENTCORE_SEED=" + std::to_string(seed));
  RandomWorkload workload(seed);
  Model model;
  Subject store(fixture);
  for (int step = 0; step < 250 && !::testing::Test::HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    WriteBatch batch = workload.batch(model);
    const ModelOutcome expected = model.append(batch);
    expect_outcome(store->append(batch), batch, expected);
    EXPECT_EQ(store->head(), model.head());
    expect_same_reads(store, model, workload);
  }
}

/// Submits up to 16 batches without waiting, so that a store with a queue groups them.
void append_wave(Subject& store, Model& model, RandomWorkload& workload) {
  std::vector<std::unique_ptr<PendingAppend>> operations;
  std::vector<ModelOutcome> outcomes;
  const std::uint64_t size = 1 + workload.below(16);
  for (std::uint64_t i = 0; i < size; ++i) {
    auto operation = std::make_unique<PendingAppend>(workload.batch(model));
    bool predecessor_rejected = false;
    if (i > 0 && workload.one_in(4)) {
      const std::uint64_t predecessor = workload.below(i);
      operation->predecessors = {operations[predecessor].get()};
      operation->batch.info.key.clear();
      predecessor_rejected = outcomes[predecessor].error || outcomes[predecessor].replayed;
    }
    outcomes.push_back(model.append(operation->batch, predecessor_rejected));
    operations.push_back(std::move(operation));
  }
  for (const auto& operation : operations) operation->submit(*store);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    SCOPED_TRACE("batch " + std::to_string(i) + " of its wave");
    const Result<WriteResult>& result = operations[i]->result();
    expect_outcome(result, operations[i]->batch, outcomes[i]);
  }
}

void waves_of_batches_match_the_model(StoreFixture& fixture) {
  const std::uint64_t seed = workload_seed();
  SCOPED_TRACE("EVENTCORE_SEED=" + std::to_string(seed));
  RandomWorkload workload(seed);
  Model model;
  Subject store(fixture);
  for (int wave = 0; wave < 60 && !::testing::Test::HasFailure(); ++wave) {
    SCOPED_TRACE("wave " + std::to_string(wave));
    append_wave(store, model, workload);
    for (int i = 0; i < 4; ++i) expect_same_reads(store, model, workload);
  }
  EXPECT_EQ(must(store->administration().verify(nullptr)).findings_total, 0U);
}

void reopened_store_matches_the_model(StoreFixture& fixture) {
  const std::uint64_t seed = workload_seed();
  SCOPED_TRACE("EVENTCORE_SEED=" + std::to_string(seed));
  RandomWorkload workload(seed);
  Model model;
  Subject store(fixture);
  for (int wave = 0; wave < 40 && !::testing::Test::HasFailure(); ++wave) {
    SCOPED_TRACE("wave " + std::to_string(wave));
    append_wave(store, model, workload);
    if (workload.one_in(4)) store.reopen();
    for (int i = 0; i < 4; ++i) expect_same_reads(store, model, workload);
  }
}

constexpr Clause kClauses[] = {
    {"SingleBatchesMatchTheModel", single_batches_match_the_model},
    {"WavesOfBatchesMatchTheModel", waves_of_batches_match_the_model},
    {"ReopenedStoreMatchesTheModel", reopened_store_matches_the_model, Clause::Needs::Persistence},
};

}  // namespace

std::span<const Clause> model_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
