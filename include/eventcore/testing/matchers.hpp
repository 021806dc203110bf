#pragma once

/// \file
/// GoogleMock matchers for `Result`: `IsOk()`, `HasError(code)`, `ValueIs(matcher)`.
///
/// A failing assertion prints the whole error as `describe` does.
///
///     EXPECT_THAT(store->append(batch), HasError(ErrorCode::VersionConflict));

#include <gmock/gmock.h>

#include <ostream>
#include <type_traits>
#include <utility>

#include "eventcore/error.hpp"
#include "eventcore/position.hpp"
#include "eventcore/result.hpp"
#include "eventcore/stream_id.hpp"

namespace eventcore {

/// For GoogleTest, found by argument-dependent lookup.
inline void PrintTo(const Error& error, std::ostream* out) { *out << describe(error); }
inline void PrintTo(ErrorCode code, std::ostream* out) { *out << to_string(code); }
inline void PrintTo(Position position, std::ostream* out) { *out << "position " << position.value; }
inline void PrintTo(const StreamId& id, std::ostream* out) { *out << id.view(); }
inline void PrintTo(StreamVersion version, std::ostream* out) {
  *out << "version " << version.value;
}

template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  if (!result) {
    *out << "error: " << describe(result.error());
  } else if constexpr (std::is_void_v<T>) {
    *out << "success";
  } else {
    *out << "value: " << ::testing::PrintToString(result.value());
  }
}

}  // namespace eventcore

namespace eventcore::testing {

/// Matches a successful `Result`.
MATCHER(IsOk, negation ? "is an error" : "is a success") { return arg.has_value(); }

/// Matches a `Result` that holds an error of `code`.
MATCHER_P(HasError, code,
          (negation ? "is no error " : "is the error ") + std::string(to_string(code))) {
  return !arg.has_value() && arg.error().code == code;
}

/// Matches a successful `Result` whose value matches `matcher`.
MATCHER_P(ValueIs, matcher, negation ? "is no success with such a value" : "is a success") {
  if (!arg.has_value()) return false;
  return ::testing::ExplainMatchResult(matcher, arg.value(), result_listener);
}

}  // namespace eventcore::testing
