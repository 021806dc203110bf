#pragma once

/// \file
/// `LineReader`: lines of a file or pipe, and waking up for something else while none comes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eventcore::cli {

/// Reads lines from a descriptor. Thread-safety: One thread at a time.
class LineReader {
 public:
  enum class Outcome : std::uint8_t {
    Line,     ///< `line()` is the next one.
    End,      ///< There are no more.
    TooLong,  ///< The next line is longer than the limit; reading can't go on.
    Woken,    ///< `wake` became readable before a line was complete.
    Failed,   ///< The system refuses; errno is `error()`.
  };

  /// Reads from `input`. While it waits, readability of `wake` ends the waiting.
  LineReader(int input, int wake, std::size_t line_bytes_max);

  /// Blocking: until one of the outcomes.
  [[nodiscard]] Outcome next();

  /// The line without its end. Valid until the next call of `next`.
  [[nodiscard]] std::string_view line() const noexcept { return line_; }
  /// The number of `line()`, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  [[nodiscard]] bool take_line();

  const int input_;
  const int wake_;
  const std::size_t line_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;     ///< Of what is not taken yet.
  std::size_t searched_ = 0;  ///< No line end before it.
  bool ended_ = false;
  std::string_view line_;
  std::uint64_t number_ = 0;
  int error_ = 0;
};

}  // namespace eventcore::cli
