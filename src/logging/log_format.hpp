#pragma once

// A record as a line.

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/log_site.hpp"
#include "line_buffer.hpp"

namespace eventcore::detail {

/// What is known of a call site, as both formats show it.
struct LogPlace {
  LogLevel level = LogLevel::Info;
  std::string_view target;
  std::string_view file;
  std::uint32_t line = 0;
  std::string_view event;
  std::string_view message;
};

/// A record, taken out of its ring. Texts of fields lie behind `values`, in their order.
struct LogRecordView {
  Timestamp time;
  std::span<const LogField> fields;
  const char* values = nullptr;
  std::uint32_t fields_left_out = 0;
  const std::uint8_t* trace_id = nullptr;  ///< Null: no trace.
  const std::uint8_t* span_id = nullptr;
  std::string_view correlation_id;
  std::span<const std::string_view> spans;  ///< From the outside in.
};

/// Writes lines. Thread-safety: One thread at a time.
class LogFormatter {
 public:
  explicit LogFormatter(std::vector<std::string> redacted_keys)
      : redacted_(std::move(redacted_keys)) {}
  LogFormatter(const LogFormatter&) = delete;
  LogFormatter& operator=(const LogFormatter&) = delete;
  virtual ~LogFormatter() = default;

  /// The part of a line that is the same for all records of a place.
  [[nodiscard]] virtual std::string place_text(const LogPlace& place) const = 0;
  /// Appends a line and its end.
  virtual void append_line(LineBuffer& to, std::string_view place_text,
                           const LogRecordView& record) = 0;

 protected:
  /// How a key is written, and whether its values are not.
  struct Key {
    std::string text;
    bool is_redacted = false;
  };

  [[nodiscard]] virtual std::string key_text(std::string_view key) const = 0;
  [[nodiscard]] const Key& key_of(const LogField& field);
  void append_time(LineBuffer& to, Timestamp time);

 private:
  std::vector<std::string> redacted_;
  std::unordered_map<const char*, Key> keys_;  // keys are literals
  struct Recent {
    const char* key = nullptr;
    const Key* found = nullptr;
  };
  std::array<Recent, 512> recent_;  // of `keys_`, by their addresses
  std::int64_t second_ = -1;        // of `second_text_`
  char second_text_[20] = {};       // with the point behind it
};

[[nodiscard]] std::unique_ptr<LogFormatter> make_json_formatter(std::vector<std::string> redacted);
[[nodiscard]] std::unique_ptr<LogFormatter> make_text_formatter(std::vector<std::string> redacted,
                                                                bool coloured);

/// The value of a text field in `record`, and the next one.
[[nodiscard]] inline std::string_view take_text(const LogField& field,
                                                const char*& values) noexcept {
  const std::string_view text(values, field.size);
  values += field.size;
  return text;
}

/// Calls `take` with each item that is there of a list; returns how many there are.
template <class Take>
std::uint32_t for_each_item(const char*& values, const Take& take) {
  const auto kept = static_cast<std::uint8_t>(*values++);
  for (std::uint8_t i = 0; i < kept; ++i) {
    std::uint16_t size = 0;
    std::memcpy(&size, values, sizeof size);
    values += sizeof size;
    take(std::string_view(values, size));
    values += size;
  }
  return kept;
}

/// Appends a list; each item with `append`, what is said of those that were left out in `quotes`.
template <class Append>
void append_items(LineBuffer& to, const LogField& field, const char*& values,
                  std::string_view quotes, const Append& append) {
  to.push('[');
  bool is_first = true;
  const std::uint32_t kept = for_each_item(values, [&](std::string_view item) {
    if (!std::exchange(is_first, false)) to.push(',');
    append(item);
  });
  if (kept < field.size) {
    if (kept != 0) to.push(',');
    to.append(quotes);
    to.append("… ");
    to.number(field.size - kept);
    to.append(" more");
    to.append(quotes);
  }
  to.push(']');
}

/// Appends a number, a truth, a duration or an id as both formats do.
void append_plain_value(LineBuffer& to, const LogField& field, const char*& values);
/// The same for ids of traces and spans.
void append_hex(LineBuffer& to, const std::uint8_t* bytes, std::size_t size);
/// Moves past a value that is not written.
void skip_value(const LogField& field, const char*& values) noexcept;
/// A real number that JSON has no word for.
[[nodiscard]] bool is_unspeakable(const LogField& field) noexcept;

}  // namespace eventcore::detail
