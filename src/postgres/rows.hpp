#pragma once

// `Rows`: the rows of an answer in binary form.

#include <libpq-fe.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore::postgres {

/// The number whose big-endian bytes begin at `bytes`.
template <class Number>
[[nodiscard]] Number big_endian(const char* bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return static_cast<Number>(value);
}

/// Views live as long as the rows. NULL is 0 or empty. Thread-safety: Immutable.
class Rows {
 public:
  Rows() = default;
  explicit Rows(PGresult* result) : result_(result) {}

  [[nodiscard]] int size() const noexcept { return result_ ? PQntuples(result_.get()) : 0; }
  /// Not rows, but the mark behind a statement's answer in a pipeline.
  [[nodiscard]] bool is_end_of_statement() const noexcept {
    return PQresultStatus(result_.get()) == PGRES_PIPELINE_SYNC;
  }
  [[nodiscard]] bool is_null(int row, int column) const noexcept {
    return PQgetisnull(result_.get(), row, column) != 0;
  }
  [[nodiscard]] std::string_view bytes(int row, int column) const noexcept {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  /// Of int2, int4 and int8.
  [[nodiscard]] std::int64_t number(int row, int column) const noexcept {
    const std::string_view value = bytes(row, column);
    if (value.size() == 8) return big_endian<std::int64_t>(value.data());
    if (value.size() == 4) return big_endian<std::int32_t>(value.data());
    if (value.size() == 2) return big_endian<std::int16_t>(value.data());
    return 0;
  }
  [[nodiscard]] std::uint64_t count(int row, int column) const noexcept {
    return static_cast<std::uint64_t>(number(row, column));
  }
  [[nodiscard]] bool flag(int row, int column) const noexcept {
    const std::string_view value = bytes(row, column);
    return !value.empty() && value.front() != 0;
  }
  /// A time that is stored as nanoseconds.
  [[nodiscard]] Timestamp time(int row, int column) const noexcept {
    return Timestamp(std::chrono::nanoseconds(number(row, column)));
  }
  [[nodiscard]] Uuid uuid(int row, int column) const noexcept {
    Uuid id;
    const std::string_view value = bytes(row, column);
    if (value.size() == id.bytes.size()) std::memcpy(id.bytes.data(), value.data(), value.size());
    return id;
  }
  /// The elements of an array; NULL elements are empty.
  [[nodiscard]] std::vector<std::string_view> array(int row, int column) const;
  [[nodiscard]] std::vector<std::int64_t> numbers(int row, int column) const;

 private:
  struct Clearer {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clearer> result_;
};

}  // namespace eventcore::postgres
