#pragma once

// Lists in HTTP headers, which may be spread over several of them.

#include <span>
#include <string_view>

#include "eventcore/detail/trimmed.hpp"

namespace eventcore::detail {

/// Calls `take` with each member of the list, without the space around it, until that returns
/// false. True: it never did.
template <class Take>
bool visit_members(std::span<const std::string_view> headers, const Take& take) {
  for (std::string_view rest : headers) {
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      more = comma != std::string_view::npos;
      if (!take(trimmed(rest.substr(0, comma)))) return false;
      rest = more ? rest.substr(comma + 1) : std::string_view{};
    }
  }
  return true;
}

}  // namespace eventcore::detail
