#pragma once

/// \file
/// `field`: a named value of a log record.
///
///     EVENTCORE_LOG_INFO("Order placed", field("order_id", id), field("lines",
///     order.lines.size()));
///
/// Numbers are kept raw, texts are copied up to `kLogTextBytes`; a text that is longer ends with
/// `…`. What is kept for a record in all is `kLogRecordBytes`. The usual mistake is to log
/// payloads: fields are for ids and numbers.

#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "eventcore/position.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

inline constexpr std::size_t kLogTextBytes = 1'024;    ///< Of one text.
inline constexpr std::size_t kLogRecordBytes = 4'096;  ///< Of one record, all told.
inline constexpr std::size_t kLogListMax = 16;         ///< Texts of a list; more are counted.
inline constexpr std::size_t kLogFieldsMax = 24;       ///< More are left out, and counted.

namespace detail {

/// Not defined: a call of it is what the compiler complains about.
void log_key_is_lower_case_letters_digits_and_underscores();

enum class LogKind : std::uint8_t { Unsigned, Signed, Real, Bool, Nanoseconds, Text, Uuid, List };

}  // namespace detail

/// The name of a field: a literal of lower-case letters, digits and `_`, checked when it is
/// compiled. Thread-safety: Immutable.
class LogKey {
 public:
  template <std::size_t N>
  consteval LogKey(const char (&text)[N]) : text_(text), size_(static_cast<std::uint8_t>(N - 1)) {
    bool good = N > 1 && N <= 64;
    for (std::size_t i = 0; i + 1 < N; ++i) {
      const char c = text[i];
      good = good && ((c >= 'a' && c <= 'z') || c == '_' || (i != 0 && c >= '0' && c <= '9'));
    }
    if (!good) detail::log_key_is_lower_case_letters_digits_and_underscores();
  }
  [[nodiscard]] constexpr const char* data() const noexcept { return text_; }
  [[nodiscard]] constexpr std::uint8_t size() const noexcept { return size_; }

 private:
  const char* text_;
  std::uint8_t size_;
};

/// A field on its way into a record; it refers to what it was made of. Made by `field`.
struct LogField {
  const char* key = nullptr;
  std::uint64_t value = 0;  ///< The number, or where the bytes are.
  std::uint32_t size = 0;   ///< Bytes of a text, texts of a list.
  std::uint8_t key_size = 0;
  detail::LogKind kind = detail::LogKind::Unsigned;
  bool is_cut = false;
};

namespace detail {

inline LogField make_field(LogKey key, LogKind kind, std::uint64_t value,
                           std::size_t size = 0) noexcept {
  return {key.data(), value, static_cast<std::uint32_t>(size), key.size(), kind, false};
}
inline LogField make_field(LogKey key, LogKind kind, const void* bytes, std::size_t size) noexcept {
  return make_field(key, kind, reinterpret_cast<std::uint64_t>(bytes), size);
}

/// Such as `StreamId`, `FixedName`.
template <class T>
concept HasView = requires(const T& value) {
  { value.view() } noexcept -> std::convertible_to<std::string_view>;
};

}  // namespace detail

template <std::same_as<bool> T>
LogField field(LogKey key, T value) noexcept {
  return detail::make_field(key, detail::LogKind::Bool, value ? 1 : 0);
}
template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>)
LogField field(LogKey key, T value) noexcept {
  return detail::make_field(key, detail::LogKind::Unsigned, value);
}
template <std::signed_integral T>
LogField field(LogKey key, T value) noexcept {
  return detail::make_field(key, detail::LogKind::Signed,
                            static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
}
template <std::floating_point T>
LogField field(LogKey key, T value) noexcept {
  return detail::make_field(key, detail::LogKind::Real,
                            std::bit_cast<std::uint64_t>(static_cast<double>(value)));
}
/// A duration is written in milliseconds, to the nanosecond; end the key with `_ms`.
template <class Rep, class Period>
LogField field(LogKey key, std::chrono::duration<Rep, Period> value) noexcept {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
  return detail::make_field(key, detail::LogKind::Nanoseconds, static_cast<std::uint64_t>(ns));
}
inline LogField field(LogKey key, std::string_view value) noexcept {
  return detail::make_field(key, detail::LogKind::Text, value.data(), value.size());
}
inline LogField field(LogKey key, const char* value) noexcept {
  return field(key, value == nullptr ? std::string_view("null") : std::string_view(value));
}
inline LogField field(LogKey key, const std::string& value) noexcept {
  return field(key, std::string_view(value));
}
inline LogField field(LogKey key, Position value) noexcept { return field(key, value.value); }
inline LogField field(LogKey key, StreamVersion value) noexcept { return field(key, value.value); }
/// `value` has to last until the record is made, as temporaries in the same statement do.
inline LogField field(LogKey key, const Uuid& value) noexcept {
  return detail::make_field(key, detail::LogKind::Uuid, value.bytes.data(), value.bytes.size());
}
/// A list of texts, of which the first `kLogListMax` are written.
inline LogField field(LogKey key, std::span<const std::string_view> values) noexcept {
  return detail::make_field(key, detail::LogKind::List, values.data(), values.size());
}
/// A value with a `view()`, such as a `StreamId`.
template <detail::HasView T>
LogField field(LogKey key, const T& value) noexcept {
  return field(key, std::string_view(value.view()));
}
/// An enumerator with a `to_string`.
template <class T>
  requires std::is_enum_v<T>
LogField field(LogKey key, T value) noexcept {
  return field(key, std::string_view(to_string(value)));
}

}  // namespace eventcore
