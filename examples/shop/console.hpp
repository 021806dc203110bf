#pragma once

/// \file
/// How the program talks to its user: results on standard output, all else on standard error.

#include <string_view>

namespace shop {

/// Prints one line on standard error, with the program's name. Passwords are hidden and control
/// characters written as `\x1b`, whatever `text` quotes.
void print_error(std::string_view text);
/// The same without the name.
void print_note(std::string_view text);

/// Prints `text` on standard output, at once. False if that fails, which is told as an error.
[[nodiscard]] bool print_output(std::string_view text);

/// Opens /dev/null in place of standard streams that the caller has closed, so that no other file
/// gets their numbers. Where a library has opened one before `main`, the program `arguments[0]`
/// begins again, with all three. Requires: called before anything is opened.
void open_standard_streams(char** arguments);

}  // namespace shop
