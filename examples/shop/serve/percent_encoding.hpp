#pragma once

/// \file
/// Texts in addresses (RFC 3986).

#include <string>
#include <string_view>

namespace shop {

/// `text` as one segment of a path, or as a value of a query.
[[nodiscard]] std::string encode_segment(std::string_view text);

}  // namespace shop
