#pragma once

// What values may look like in a line: nothing in them ends the line, its string, or changes how a
// terminal shows it.

#include <string_view>

#include "line_buffer.hpp"

namespace eventcore::detail {

/// Appends what stands between the quotes of a JSON string. The result is UTF-8 without control
/// characters, line separators, and characters that change the direction of writing; bytes that
/// are not UTF-8 become U+FFFD.
void append_escaped(LineBuffer& to, std::string_view text);

/// Appends a value of a text line: as it is if it is one plain word, else as a JSON string.
void append_text_value(LineBuffer& to, std::string_view text);

/// `text` may hold a password of a URL.
[[nodiscard]] bool may_hold_secret(std::string_view text) noexcept;

}  // namespace eventcore::detail
