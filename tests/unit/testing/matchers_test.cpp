#include "eventcore/testing/matchers.hpp"

#include <gtest/gtest.h>

namespace eventcore::testing {
namespace {

using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::PrintToString;

const Result<int> kSeven = 7;
const Result<int> kConflict = make_error(ErrorCode::VersionConflict, "too late", "order-1");

TEST(Matchers, IsOkTellsSuccessFromError) {
  EXPECT_THAT(kSeven, IsOk());
  EXPECT_THAT(kConflict, Not(IsOk()));
  EXPECT_THAT(Result<void>(), IsOk());
}

TEST(Matchers, HasErrorLooksAtTheCode) {
  EXPECT_THAT(kConflict, HasError(ErrorCode::VersionConflict));
  EXPECT_THAT(kConflict, Not(HasError(ErrorCode::Unavailable)));
  EXPECT_THAT(kSeven, Not(HasError(ErrorCode::VersionConflict)));
}

TEST(Matchers, ValueIsLooksAtTheValue) {
  EXPECT_THAT(kSeven, ValueIs(7));
  EXPECT_THAT(kSeven, ValueIs(Gt(6)));
  EXPECT_THAT(kSeven, Not(ValueIs(8)));
  EXPECT_THAT(kConflict, Not(ValueIs(7)));
}

TEST(Matchers, ErrorsArePrintedForPeople) {
  EXPECT_THAT(PrintToString(kConflict), HasSubstr("version_conflict"));
  EXPECT_THAT(PrintToString(kConflict), HasSubstr("order-1"));
  EXPECT_THAT(PrintToString(kSeven), HasSubstr("7"));
  EXPECT_EQ(PrintToString(Result<void>()), "success");
  EXPECT_EQ(PrintToString(ErrorCode::KeyReused), "key_reused");
  EXPECT_EQ(PrintToString(Position{3}), "position 3");
  EXPECT_EQ(PrintToString(StreamVersion{2}), "version 2");
}

}  // namespace
}  // namespace eventcore::testing
