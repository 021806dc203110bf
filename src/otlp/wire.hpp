#pragma once

// Protobuf's wire format where its length is known before it is written.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace eventcore::detail::wire {

enum class Type : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// Fields below 16 have a tag of one byte, the others used here two.
constexpr std::uint32_t tag(std::uint32_t field, Type type) noexcept {
  return (field << 3) | static_cast<std::uint32_t>(type);
}

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}
/// With tag and length.
constexpr std::size_t bytes_size(std::size_t length, std::size_t tag_size = 1) noexcept {
  return tag_size + varint_size(length) + length;
}

/// Writes to memory that is large enough.
class Writer {
 public:
  explicit Writer(char* at) noexcept : at_(at) {}

  [[nodiscard]] char* at() const noexcept { return at_; }

  void varint(std::uint64_t value) noexcept {
    while (value >= 0x80) {
      *at_++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at_++ = static_cast<char>(value);
  }
  void varint_field(std::uint32_t field, std::uint64_t value) noexcept {
    varint(tag(field, Type::Varint));
    varint(value);
  }
  /// The beginning of a message or text of `length` bytes.
  void open(std::uint32_t field, std::size_t length) noexcept {
    varint(tag(field, Type::Bytes));
    varint(length);
  }
  void raw(const void* from, std::size_t length) noexcept {
    if (length != 0) std::memcpy(at_, from, length);  // `from` may be null then
    at_ += length;
  }
  void bytes_field(std::uint32_t field, const void* from, std::size_t length) noexcept {
    open(field, length);
    raw(from, length);
  }
  void text_field(std::uint32_t field, std::string_view text) noexcept {
    bytes_field(field, text.data(), text.size());
  }
  void fixed64_field(std::uint32_t field, std::uint64_t value) noexcept {
    static_assert(std::endian::native == std::endian::little);
    varint(tag(field, Type::Fixed64));
    raw(&value, sizeof value);
  }
  void fixed32_field(std::uint32_t field, std::uint32_t value) noexcept {
    varint(tag(field, Type::Fixed32));
    raw(&value, sizeof value);
  }

 private:
  char* at_;
};

}  // namespace eventcore::detail::wire
