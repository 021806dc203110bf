#pragma once

/// \file
/// `FixedName`: a text that stands in the source code. It can't be made from input, so it can be a
/// label, a code, or the id of a stream that is known when the program is written.

#include <iosfwd>
#include <string_view>

namespace eventcore {

/// Made from a string literal. Two literals in a conditional are not one: write
/// `cond ? FixedName("a") : FixedName("b")`. Thread-safety: Immutable.
class FixedName {
 public:
  consteval FixedName(const char* literal) : text_(literal) {}  // NOLINT: implicit on purpose
  [[nodiscard]] constexpr std::string_view view() const noexcept { return text_; }
  constexpr operator std::string_view() const noexcept { return text_; }  // NOLINT: same
  friend constexpr bool operator==(FixedName a, std::string_view b) noexcept {
    return a.text_ == b;
  }
  template <class Traits>
  friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                                      FixedName name) {
    return out << name.text_;
  }

 private:
  std::string_view text_;
};

}  // namespace eventcore
