#pragma once

// Compression of pages.

#include <optional>
#include <string>
#include <string_view>

namespace eventcore::observability::detail {

/// `text` as gzip at the fastest level; nothing if zlib has no memory for it.
[[nodiscard]] std::optional<std::string> gzip(std::string_view text);

}  // namespace eventcore::observability::detail
