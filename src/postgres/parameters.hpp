#pragma once

// `Parameters`: the parameters of one statement in PostgreSQL's binary form.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/uuid.hpp"

namespace eventcore::postgres {

/// Object ids of built-in types. Fixed by PostgreSQL (pg_type.dat).
enum class Type : unsigned {
  Bool = 16,
  Bytes = 17,
  Int8 = 20,
  Int4 = 23,
  Text = 25,
  Uuid = 2950,
  BoolArray = 1000,
  BytesArray = 1001,
  Int4Array = 1007,
  TextArray = 1009,
  Int8Array = 1016,
  UuidArray = 2951,
};

template <class Number>
void put_big_endian(std::string& out, Number number) {
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof(Number) == 8) {
      number = static_cast<Number>(__builtin_bswap64(static_cast<std::uint64_t>(number)));
    } else if constexpr (sizeof(Number) == 4) {
      number = static_cast<Number>(__builtin_bswap32(static_cast<std::uint32_t>(number)));
    } else if constexpr (sizeof(Number) == 2) {
      number = static_cast<Number>(__builtin_bswap16(static_cast<std::uint16_t>(number)));
    }
  }
  char bytes[sizeof(Number)];
  std::memcpy(bytes, &number, sizeof(Number));
  out.append(bytes, sizeof(Number));
}

/// A one-dimensional array under construction. Thread-safety: One thread at a time.
class Array {
 public:
  explicit Array(Type element) : element_(element) {}

  void add(std::int64_t number) {
    put_big_endian<std::int32_t>(bytes_, 8);
    put_big_endian(bytes_, number);
    ++count_;
  }
  void add(std::uint64_t number) { add(static_cast<std::int64_t>(number)); }
  void add(std::int32_t number) {
    put_big_endian<std::int32_t>(bytes_, 4);
    put_big_endian(bytes_, number);
    ++count_;
  }
  void add(std::uint32_t number) { add(static_cast<std::int32_t>(number)); }
  void add(std::string_view text) {
    put_big_endian(bytes_, static_cast<std::int32_t>(text.size()));
    bytes_.append(text);
    ++count_;
  }
  void add(const Uuid& id) {
    add(std::string_view(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()));
  }
  void add_null() {
    put_big_endian<std::int32_t>(bytes_, -1);
    has_null_ = true;
    ++count_;
  }
  /// Nothing becomes NULL.
  void add_optional(std::string_view text) {
    if (text.empty()) return add_null();
    add(text);
  }
  void clear() noexcept {
    bytes_.clear();
    count_ = 0;
    has_null_ = false;
  }

  [[nodiscard]] std::int32_t size() const noexcept { return count_; }

 private:
  friend class Parameters;
  Type element_;
  std::int32_t count_ = 0;
  bool has_null_ = false;
  std::string bytes_;
};

/// In the order of `$1`, `$2`, … Copies what it is given.
/// Thread-safety: One thread at a time.
class Parameters {
 public:
  Parameters& add(std::int64_t number) { return put(Type::Int8, 8, number); }
  Parameters& add(std::uint64_t number) { return add(static_cast<std::int64_t>(number)); }
  Parameters& add(std::int32_t number) { return put(Type::Int4, 4, number); }
  Parameters& add(bool value) { return put(Type::Bool, 1, static_cast<char>(value ? 1 : 0)); }
  Parameters& add(std::string_view text) { return put_bytes(Type::Text, text); }
  Parameters& add(const char* text) { return add(std::string_view(text)); }
  Parameters& add_bytes(std::string_view bytes) { return put_bytes(Type::Bytes, bytes); }
  Parameters& add(const Uuid& id) {
    return put_bytes(Type::Uuid, {reinterpret_cast<const char*>(id.bytes.data()), 16});
  }
  Parameters& add(const Array& array);
  Parameters& add_null(Type type);
  void clear() noexcept {
    bytes_.clear();
    types_.clear();
    lengths_.clear();
    offsets_.clear();
  }

  [[nodiscard]] int count() const noexcept { return static_cast<int>(types_.size()); }
  [[nodiscard]] const unsigned* types() const noexcept { return types_.data(); }
  [[nodiscard]] const int* lengths() const noexcept { return lengths_.data(); }
  /// All ones, for `paramFormats`.
  [[nodiscard]] std::vector<int> formats() const { return std::vector<int>(types_.size(), 1); }
  [[nodiscard]] std::vector<const char*> values() const;

 private:
  template <class Value>
  Parameters& put(Type type, int length, Value value) {
    begin(type, length);
    put_big_endian(bytes_, value);
    return *this;
  }
  Parameters& put_bytes(Type type, std::string_view bytes) {
    begin(type, static_cast<int>(bytes.size()));
    bytes_.append(bytes);
    return *this;
  }
  void begin(Type type, int length) {
    types_.push_back(static_cast<unsigned>(type));
    lengths_.push_back(length);
    offsets_.push_back(bytes_.size());
  }

  static constexpr std::size_t kNull = static_cast<std::size_t>(-1);

  std::string bytes_;
  std::vector<unsigned> types_;
  std::vector<int> lengths_;
  std::vector<std::size_t> offsets_;  // into `bytes_`; kNull: NULL
};

}  // namespace eventcore::postgres
