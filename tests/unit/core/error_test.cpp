#include "eventcore/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace eventcore {
namespace {

constexpr auto kLast = static_cast<int>(ErrorCode::LeaseLost);

TEST(ErrorCode, HasADistinctNameInSnakeCase) {
  std::set<std::string_view> names;
  for (int code = 0; code <= kLast; ++code) {
    const std::string_view name = to_string(static_cast<ErrorCode>(code));
    EXPECT_NE(name, "unknown") << code;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(Error, CarriesTheRetryAdviceOfItsCode) {
  EXPECT_EQ(make_error(ErrorCode::VersionConflict, "").retry, Retry::WholeCommand);
  for (const ErrorCode code :
       {ErrorCode::Overloaded, ErrorCode::Unavailable, ErrorCode::DeadlineExceeded}) {
    EXPECT_EQ(make_error(code, "").retry, Retry::SameCall) << to_string(code);
  }
  for (const ErrorCode code : {ErrorCode::CommitInDoubt, ErrorCode::InvalidArgument,
                               ErrorCode::KeyReused, ErrorCode::ShuttingDown}) {
    EXPECT_EQ(make_error(code, "").retry, Retry::Never) << to_string(code);
  }
}

TEST(Error, DescribesItselfByCodeAndMessage) {
  EXPECT_EQ(describe(make_error(ErrorCode::Overloaded, "the queue is full")),
            "overloaded: the queue is full");
  EXPECT_EQ(describe(make_error(ErrorCode::Cancelled, "")), "cancelled");
}

TEST(Error, DescribesItsPlace) {
  EXPECT_EQ(describe(make_error(ErrorCode::DecodeFailed, "cut off", "order-1", {7})),
            "decode_failed: cut off (stream order-1, position 7)");
  EXPECT_EQ(describe(make_error(ErrorCode::Corrupt, "gap", {}, {7})),
            "corrupt: gap (position 7)");
}

TEST(Error, DescribesTheWinnerOfAConflict) {
  Error error = make_error(ErrorCode::VersionConflict, "moved", "stock-7");
  error.conflict = Conflict{.expected = {3}, .actual = {5}, .winner_position = {}, .winner_id = {},
                            .winner_command_type = {}};
  EXPECT_EQ(describe(error),
            "version_conflict: moved (stream stock-7), expected version 3, actual version 5");
  error.conflict->winner_position = {42};
  error.conflict->winner_command_type = "adjust_stock";
  EXPECT_EQ(describe(error),
            "version_conflict: moved (stream stock-7), expected version 3, actual version 5, "
            "moved by adjust_stock at position 42");
}

TEST(Error, DescribesItselfInOneLine) {
  const std::string line = describe(make_error(ErrorCode::HandlerFailed, "first\nsecond\tthird"));
  EXPECT_EQ(line, "handler_failed: first second third");
}

}  // namespace
}  // namespace eventcore
