#pragma once

/// \file
/// `JsonScanner`: whether a text is JSON, without taking its values.
///
/// The grammar alone decides: any number, any depth, valid UTF-8, surrogates in pairs. There is
/// nothing around the value but white space: no NUL, no byte order mark.

#include <cstddef>
#include <string>
#include <string_view>

namespace eventcore::cli {

/// Thread-safety: One thread at a time. Ownership: views the text.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) noexcept : text_(text) {}

  /// Reads the text once; true if it is one JSON value.
  [[nodiscard]] bool scan();
  /// What is wrong and in which column. Requires: `scan` returned false.
  [[nodiscard]] std::string message() const;

 private:
  [[nodiscard]] bool ended() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] char peek() const noexcept { return ended() ? '\0' : text_[at_]; }
  [[nodiscard]] bool take(char expected) noexcept;
  [[nodiscard]] bool take_any(std::string_view expected) noexcept;
  [[nodiscard]] bool digits() noexcept;
  void skip_space() noexcept;

  [[nodiscard]] bool begin_value();
  [[nodiscard]] bool end_values();
  [[nodiscard]] bool key() noexcept;
  [[nodiscard]] bool scalar() noexcept;
  [[nodiscard]] bool literal(std::string_view word) noexcept;
  [[nodiscard]] bool number() noexcept;
  [[nodiscard]] bool string() noexcept;
  [[nodiscard]] bool escape() noexcept;
  [[nodiscard]] bool code_unit(unsigned& unit) noexcept;
  [[nodiscard]] bool character() noexcept;

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string closers_;  ///< Of the objects and arrays that are open, the innermost last.
};

}  // namespace eventcore::cli
