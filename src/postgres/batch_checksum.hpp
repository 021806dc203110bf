#pragma once

// The checksum of a stored batch: XXH3 over what its writer knows before positions, versions and
// time are given, with names instead of numbers. Stored in the database; never change. Versions,
// positions and order are checked against the log itself; see docs/internals/postgres.md.

#include <xxhash.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "eventcore/detail/stored_trace.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore::postgres {

static_assert(std::endian::native == std::endian::little, "the checksum takes numbers as they lie");

[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// What a checksum says about the batch as a whole.
struct ChecksummedBatch {
  std::uint64_t events = 0;
  std::uint64_t attempts = 0;
  Uuid id;
  std::string_view command_type;
  std::string_view key;
  std::string_view correlation_id;
  std::string_view causation_id;
  std::string_view trace;  ///< See `detail::StoredTrace`.
  std::string_view decision;
};

/// What it says about one event.
struct ChecksummedEvent {
  std::uint64_t stream_hash = 0;  ///< Of the stream's name, by `hash_bytes`.
  std::uint64_t type_hash = 0;    ///< Of the type's name.
  std::uint64_t schema_version = 0;
  std::string_view payload;
  std::string_view headers;
};

/// Add the events in order. Thread-safety: One thread at a time.
class BatchChecksum {
 public:
  explicit BatchChecksum(const ChecksummedBatch& batch) noexcept {
    std::array<std::uint64_t, 2> id{};
    std::memcpy(id.data(), batch.id.bytes.data(), batch.id.bytes.size());
    const std::array<std::uint64_t, 10> fields = {batch.events,
                                                  batch.attempts,
                                                  id[0],
                                                  id[1],
                                                  hash_bytes(batch.command_type),
                                                  hash_bytes(batch.key),
                                                  hash_bytes(batch.correlation_id),
                                                  hash_bytes(batch.causation_id),
                                                  hash_bytes(batch.trace),
                                                  hash_bytes(batch.decision)};
    value_ = XXH3_64bits(fields.data(), sizeof(fields));
  }

  void add(const ChecksummedEvent& event) noexcept {
    const std::array<std::uint64_t, 6> fields = {value_,
                                                 event.stream_hash,
                                                 event.type_hash,
                                                 event.schema_version,
                                                 hash_bytes(event.payload),
                                                 hash_bytes(event.headers)};
    value_ = XXH3_64bits(fields.data(), sizeof(fields));
  }

  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace eventcore::postgres
