#include "eventcore/testing/store_contract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "broken_store.hpp"

namespace eventcore::testing {
namespace {

/// Whether a clause fails for a store with this defect.
bool notices(std::string_view clause, const Defect& defect) {
  ::testing::TestPartResultArray results;
  bool threw = false;
  {
    using Reporter = ::testing::ScopedFakeTestPartResultReporter;
    const Reporter reporter(Reporter::INTERCEPT_ALL_THREADS, &results);
    BrokenFixture fixture(defect);
    try {
      run_store_contract_clause(clause, fixture);
    } catch (const std::exception&) {
      threw = true;  // a preparation failed; GoogleTest reports it as a failure too
    }
  }
  bool failed = threw;
  for (int i = 0; i < results.size(); ++i) failed = failed || results.GetTestPartResult(i).failed();
  return failed;
}

struct Case {
  const char* clause;
  Defect defect;
};

class NoticedDefect : public ::testing::TestWithParam<Case> {};

TEST_P(NoticedDefect, TurnsItsClauseRed) {
  EXPECT_FALSE(notices(GetParam().clause, {})) << "it is red without the defect";
  EXPECT_TRUE(notices(GetParam().clause, GetParam().defect));
}

void expect_anything(AppendOperation& operation) {
  for (WriteBatch::Stream& stream : operation.batch.streams()) {
    stream.expected = ExpectedVersion::any();
  }
}

void ignore_checked_streams(AppendOperation& operation) {
  for (WriteBatch::Stream& stream : operation.batch.streams()) {
    if (stream.events == 0) stream.expected = ExpectedVersion::any();
  }
}

void forget_key(AppendOperation& operation) { operation.batch.info.key.clear(); }

void forget_predecessors(AppendOperation& operation) { operation.predecessors.clear(); }

void ignore_deadline(AppendOperation& operation) { operation.deadline = {}; }

void ignore_stop(AppendOperation& operation) { operation.stop = {}; }

void hide_replay(Result<WriteResult>& result) {
  if (result) result->replayed = false;
}

void forget_winner(Result<WriteResult>& result) {
  if (result || !result.error().conflict) return;
  Error error = result.error();
  error.conflict->winner_id = {};
  result = std::move(error);
}

void ignore_filter(ReadQuery& query) {
  if (auto* log = std::get_if<LogQuery>(&query)) log->filter = EventFilter::all();
}

void read_inclusively(ReadQuery& query) {
  if (auto* log = std::get_if<LogQuery>(&query); log != nullptr && log->after.value > 0) {
    --log->after.value;
  }
}

void ignore_position(ReadQuery& query) {
  if (auto* streams = std::get_if<StreamsQuery>(&query)) streams->at.reset();
}

void ignore_order(ReadQuery& query) {
  if (auto* streams = std::get_if<StreamsQuery>(&query)) streams->order = ReadOrder::StreamForward;
}

void ignore_bytes(ReadQuery& query) {
  std::visit([](auto& any) { any.bytes_max = std::size_t{1} << 40U; }, query);
}

void read_at_least_one(ReadQuery& query) {
  std::visit([](auto& any) { any.events_max = std::max<std::size_t>(any.events_max, 1); }, query);
}

void scan_too_far(EventPage& page) { page.scanned_to = page.scanned_to + 1; }

void scan_only_matches(EventPage& page) {
  if (!page.events.empty()) page.scanned_to = page.events.back().position;
  if (page.events.empty()) page.scanned_to = {};
}

void lose_an_event(EventPage& page) {
  if (page.events.size() > 2) page.events.erase(page.events.begin() + 1);
}

void cut_at_nul(EventPage& page) {
  for (StoredEvent& event : page.events) {
    event.payload = event.payload.substr(0, event.payload.find('\0'));
  }
}

void forget_batch(EventPage& page) {
  for (StoredEvent& event : page.events) {
    if (event.ordinal > 0) event.batch = nullptr;
  }
}

void always_more(EventPage& page) { page.more = !page.events.empty(); }

INSTANTIATE_TEST_SUITE_P(
    StoreContract, NoticedDefect,
    ::testing::Values(Case{"StaleVersionIsRejected", {.before_append = expect_anything}},
                      Case{"AppendsAllStreamsOrNone", {.before_append = expect_anything}},
                      Case{"OneWinnerPerVersion", {.before_append = expect_anything}},
                      Case{"StaleReadStreamRejects", {.before_append = ignore_checked_streams}},
                      Case{"PureCheckFailsWhenStale", {.before_append = ignore_checked_streams}},
                      Case{"KnownKeyReplays", {.before_append = forget_key}},
                      Case{"KnownKeyReplays", {.after_append = hide_replay}},
                      Case{"OneOfEqualKeysIsStored", {.before_append = forget_key}},
                      Case{"RejectedPredecessorRejectsDependents",
                           {.before_append = forget_predecessors}},
                      Case{"ExpiredAppendWritesNothing", {.before_append = ignore_deadline}},
                      Case{"StoppedAppendWritesNothing", {.before_append = ignore_stop}},
                      Case{"ConflictNamesStreamAndWinner", {.after_append = forget_winner}},
                      Case{"PrefixIsATruePrefix", {.before_read = ignore_filter}},
                      Case{"TypesNarrowAFilter", {.before_read = ignore_filter}},
                      Case{"ResumptionIsExclusive", {.before_read = read_inclusively}},
                      Case{"OlderPositionIsRepeatable", {.before_read = ignore_position}},
                      Case{"ReadsAtAPositionStayTheSame", {.before_read = ignore_position}},
                      Case{"BackwardIsNewestFirst", {.before_read = ignore_order}},
                      Case{"LogOrderMergesStreams", {.before_read = ignore_order}},
                      Case{"BytesEndAPage", {.before_read = ignore_bytes}},
                      Case{"LimitZeroReadsNoEvents", {.before_read = read_at_least_one}},
                      Case{"ScanNeverPassesTheHead", {.after_read = scan_too_far}},
                      Case{"ScanAdvancesOverForeignEvents", {.after_read = scan_only_matches}},
                      Case{"PositionsAreDense", {.after_read = lose_an_event}},
                      Case{"SingleBatchesMatchTheModel", {.after_read = lose_an_event}},
                      Case{"WavesOfBatchesMatchTheModel", {.before_append = forget_predecessors}},
                      Case{"PayloadsRoundTrip", {.after_read = cut_at_nul}},
                      Case{"BatchInfoComesWithAnyEvent", {.after_read = forget_batch}},
                      Case{"FullLastPageIsTheLast", {.after_read = always_more}},
                      Case{"EveryOperationCompletesOnce", {.completes_twice = true}},
                      Case{"HeadIsTheLastPosition", {.head_error = 1}}),
    [](const ::testing::TestParamInfo<Case>& which) {
      return std::to_string(which.index) + which.param.clause;
    });

TEST(StoreContract, NamesEveryClauseOnce) {
  std::vector<std::string> names = store_contract_clauses();
  EXPECT_GT(names.size(), 100U);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(StoreContract, ReferencePageListsEveryClauseInOrder) {
  std::ifstream file(EVENTCORE_SOURCE_DIR "/docs/reference/store-contract.md");
  ASSERT_TRUE(file.is_open());
  std::vector<std::string> listed;
  const std::regex row("^\\| `(\\w+)` \\|.*");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) listed.push_back(match[1]);
  }
  EXPECT_EQ(listed, store_contract_clauses());
}

}  // namespace
}  // namespace eventcore::testing
