#include "eventcore/decision_record.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "eventcore/testing/matchers.hpp"

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

WriteBatch decided() {
  WriteBatch batch;
  batch.add_stream(StreamId::literal("ab"), ExpectedVersion::any());
  batch.add_stream(StreamId::literal("c"), ExpectedVersion::any());
  batch.add_event(1, "Noted", 1, "{}");
  batch.streams()[0].version_before = {5};
  batch.streams()[1].version_before = {300};
  return batch;
}

Interference interference() {
  Interference lost;
  lost.stream = "ab";
  lost.conflict.expected = {3};
  lost.conflict.actual = {4};
  lost.conflict.winner_position = {130};
  lost.conflict.winner_id.bytes.fill(0x42);
  lost.conflict.winner_command_type = "adjust";
  return lost;
}

std::string encoded(const WriteBatch& batch) {
  std::string bytes;
  encode_decision(batch, bytes);
  return bytes;
}

TEST(DecisionRecord, RoundTrips) {
  WriteBatch batch = decided();
  batch.info.decision.interference = {interference(), interference()};
  const std::string bytes = encoded(batch);
  const Result<StoredDecision> decision = decode_decision(bytes);
  ASSERT_THAT(decision, IsOk());
  ASSERT_EQ(decision->reads.size(), 2U);
  EXPECT_EQ(decision->reads[0], (StoredDecision::Read{"ab", {5}, false}));
  EXPECT_EQ(decision->reads[1], (StoredDecision::Read{"c", {300}, true}));
  ASSERT_EQ(decision->interference.size(), 2U);
  const Conflict conflict = interference().conflict;
  EXPECT_EQ(decision->interference[1],
            (StoredDecision::Interferer{"ab", conflict.expected, conflict.actual,
                                        conflict.winner_position, conflict.winner_id, "adjust"}));
}

TEST(DecisionRecord, StoredFormIsFixed) {
  WriteBatch batch = decided();
  EXPECT_EQ(encoded(batch), std::string("\1\2\4ab\5\3c\xAC\2\0", 11));
  batch.info.decision.interference = {interference()};
  EXPECT_EQ(encoded(batch), std::string("\1\2\4ab\5\3c\xAC\2\1\2ab\3\4\x82\1", 18) +
                                std::string(16, 0x42) + "\6adjust");
}

TEST(DecisionRecord, NoBytesAreAnEmptyDecision) {
  const Result<StoredDecision> decision = decode_decision("");
  ASSERT_THAT(decision, IsOk());
  EXPECT_TRUE(decision->reads.empty());
  EXPECT_TRUE(decision->interference.empty());
}

TEST(DecisionRecord, AppendsToWhatIsThere) {
  std::string bytes = "before";
  encode_decision(decided(), bytes);
  EXPECT_EQ(bytes, "before" + encoded(decided()));
}

TEST(DecisionRecord, HoldsTheLargestNumbers) {
  WriteBatch batch = decided();
  batch.streams()[0].version_before = {std::numeric_limits<std::uint64_t>::max()};
  const std::string bytes = encoded(batch);
  const Result<StoredDecision> decision = decode_decision(bytes);
  ASSERT_THAT(decision, IsOk());
  EXPECT_EQ(decision->reads[0].version.value, std::numeric_limits<std::uint64_t>::max());
}

TEST(DecisionRecord, DecodesNothingThatWasCutOffOrExtended) {
  WriteBatch batch = decided();
  batch.info.decision.interference = {interference()};
  const std::string bytes = encoded(batch);
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    EXPECT_THAT(decode_decision(std::string_view(bytes).substr(0, length)),
                HasError(ErrorCode::DecodeFailed))
        << length;
  }
  EXPECT_THAT(decode_decision(bytes + "x"), HasError(ErrorCode::DecodeFailed));
}

TEST(DecisionRecord, RefusesALaterForm) {
  std::string bytes = encoded(decided());
  bytes[0] = 2;
  EXPECT_THAT(decode_decision(bytes), HasError(ErrorCode::DecodeFailed));
}

TEST(DecisionRecord, RefusesNumbersOfMoreThan64Bits) {
  const std::string too_large = std::string(1, '\1') + std::string(9, '\xFF') + '\2';
  EXPECT_THAT(decode_decision(too_large), HasError(ErrorCode::DecodeFailed));
}

RC_GTEST_PROP(DecisionRecordProperty, DecodesAnyBytesOrSaysNo, (const std::string& bytes)) {
  const Result<StoredDecision> decision = decode_decision("\1" + bytes);
  RC_ASSERT(decision.has_value() || decision.error().code == ErrorCode::DecodeFailed);
}

}  // namespace
}  // namespace eventcore
