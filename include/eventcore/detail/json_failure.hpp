#pragma once

/// \file
/// Why JSON could not be read or written, and where. Not for direct use.

#include <cstddef>
#include <string>
#include <string_view>

#include "eventcore/error.hpp"

namespace eventcore::detail {

/// Levels of objects and arrays in JSON that is read or written.
inline constexpr std::size_t kJsonDepthMax = 128;

/// A failure; the path grows from the inside outwards while the calls return.
struct JsonFailure {
  ErrorCode code;
  std::string path;
  std::string reason;

  void in_field(std::string_view name);
  void in_element(std::size_t index);
  /// `<root><path>: <reason>`.
  [[nodiscard]] Error error(std::string_view root) const;
};

}  // namespace eventcore::detail
