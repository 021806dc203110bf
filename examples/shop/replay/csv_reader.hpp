#pragma once

/// \file
/// `CsvReader`: records of a CSV text (RFC 4180), with line ends CRLF or LF.
///
/// A fault stays in its line: when quotes do not match, the reader reports the line in which the
/// quote is and goes on with the next one, so that one stray quote can't swallow the rest of a
/// file. A quoted field may have line breaks; one behind which a whole row stands was not meant.

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop {

/// Lines of a quoted field.
inline constexpr std::size_t kQuotedLinesMax = 20;

struct CsvRecord {
  std::size_t line = 0;             ///< Where it begins, or where its fault is; from 1.
  std::string_view text;            ///< As it is written, without the line end. Views the input.
  std::vector<std::string> fields;  ///< Without quotes. Empty if there is a fault.
  std::string_view fault;           ///< Why it is no record; empty if it is one.
};

/// Thread-safety: One thread at a time. Ownership: views `text`.
class CsvReader {
 public:
  /// Tells whether fields are a whole row.
  using RowTest = std::function<bool(std::span<const std::string> fields)>;

  explicit CsvReader(std::string_view text, RowTest is_row = nullptr)
      : text_(text), is_row_(std::move(is_row)) {}

  /// The next record, faulty or not; nothing at the end. Empty lines are passed over.
  [[nodiscard]] std::optional<CsvRecord> next();
  /// Bytes read so far.
  [[nodiscard]] std::size_t offset() const noexcept { return at_; }

 private:
  /// Reads the field at `at`, which then is behind it. Returns a fault or nothing.
  std::string_view read_field(std::size_t& at, std::string& field) const;
  /// The same for one that begins with a quote.
  std::string_view read_quoted(std::size_t& at, std::string& field) const;
  [[nodiscard]] bool ends_line(std::size_t at) const noexcept;
  /// The line that begins at `at` is a whole row.
  [[nodiscard]] bool is_row(std::size_t at) const;
  /// Takes what lies before `end`, a line end or the end of the text, and goes behind it.
  std::string_view take_until(std::size_t end);

  std::string_view text_;
  RowTest is_row_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace shop
