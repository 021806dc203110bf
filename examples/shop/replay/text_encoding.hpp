#pragma once

/// \file
/// The text of a file, whatever it is encoded in. Events hold UTF-8, and so does the shop.

#include <string>
#include <string_view>

namespace shop {

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `bytes` as UTF-8 without a byte-order mark. What is not UTF-8 is taken for Latin-1, in which
/// every byte is a character, so this can't fail.
[[nodiscard]] std::string to_utf8(std::string bytes);

}  // namespace shop
