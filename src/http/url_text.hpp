#pragma once

// Texts of a URL: percent-decoding and splitting.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventcore::http::detail {

/// `text` with `%41` as `A`; nothing if an escape is broken or the result holds NUL.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

/// The segments of a path between its slashes; `/` has one empty segment.
[[nodiscard]] std::vector<std::string_view> segments_of(std::string_view path);

}  // namespace eventcore::http::detail
