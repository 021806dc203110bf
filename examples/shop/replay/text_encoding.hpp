#pragma once

/// \file
/// The text of a file, whatever it is encoded in. Events hold UTF-8, and so does the shop.
///
/// It is decided piece by piece, such as row by row, so that one bad byte changes no other row.

#include <string>
#include <string_view>

namespace shop {

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `bytes` without the mark that some programs put in front of UTF-8.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view bytes) noexcept;

/// Latin-1 as UTF-8. Every byte is a character, so this can't fail.
[[nodiscard]] std::string latin1_to_utf8(std::string_view bytes);

/// `bytes` as they are if they are UTF-8, else taken for Latin-1.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

}  // namespace shop
