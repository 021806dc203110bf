#pragma once

// How a record lies in a ring.

#include <array>
#include <cstdint>
#include <cstring>

#include "eventcore/detail/log_site.hpp"

namespace eventcore::detail {

inline constexpr std::size_t kLogSpansMax = 8;
inline constexpr std::size_t kLogSpanBytes = 64;
inline constexpr std::size_t kLogCorrelationBytes = 256;

/// A place and the fields that a record of it has: what need not be in each record. A place whose
/// fields vary has several. Immutable once it is linked; lives as long as the process.
struct LogShape {
  struct Key {
    const char* text = nullptr;
    std::uint8_t size = 0;
    LogKind kind = LogKind::Unsigned;
  };

  const LogSite* site = nullptr;
  const LogShape* next = nullptr;  ///< Another one of the place.
  std::uint32_t fields = 0;
  std::uint32_t fields_left_out = 0;
  bool has_values = false;  ///< Texts, lists or ids.
  bool has_lists = false;
  std::array<Key, kLogFieldsMax> keys{};
};

/// The head of a record. Behind it lie, without gaps: the ids of its trace, if it has one; 8 bytes
/// for each field, its number or the size of its text; the bytes of texts, lists and ids; the
/// correlation id; and the names of spans from the inside out, each behind its length.
struct LogRecordHead {
  std::uint32_t bytes;  ///< Of all, a multiple of 8. 0: the rest of the ring is not used.
  std::uint16_t correlation_bytes;
  std::uint8_t spans;
  bool has_trace;
  const LogShape* shape;
  std::int64_t time_ns;  ///< Of the log's clock, monotonic.
};
static_assert(sizeof(LogRecordHead) == 24);
inline constexpr std::size_t kLogTraceBytes = 24;

/// Of a text: its size in the record, and this if more of it was there.
inline constexpr std::uint64_t kLogTextIsCut = std::uint64_t{1} << 63;

}  // namespace eventcore::detail
