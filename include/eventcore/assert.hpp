#pragma once

/// \file
/// `EVENTCORE_ASSERT`: programmer errors stop the program, also in release builds.
///
/// It is for broken preconditions and invariants, never for bad input or failing resources:
/// those are `Result`s (see error.hpp).

#include <string_view>

namespace eventcore::detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line,
                                   std::string_view message) noexcept;
}  // namespace eventcore::detail

/// Aborts with the condition, the place and `message` unless `condition` holds.
#define EVENTCORE_ASSERT(condition, message)                                              \
  (static_cast<bool>(condition)                                                           \
       ? static_cast<void>(0)                                                             \
       : ::eventcore::detail::assertion_failed(#condition, __FILE__, __LINE__, (message)))
