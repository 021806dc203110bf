#pragma once

// A finished span in bytes, as it lies in a ring or is held back: a `SpanHead`, the name, items.
// It never leaves the process.

#include <array>
#include <cstddef>
#include <cstdint>

#include "eventcore/clock.hpp"
#include "eventcore/tracing/span_record.hpp"

namespace eventcore::detail {

inline constexpr std::size_t kRecordAlignment = 8;
/// Of one span; what does not fit is dropped and counted with it.
inline constexpr std::size_t kRecordBytesMax = std::size_t{32} * 1024;

struct SpanHead {
  std::uint32_t bytes = 0;  ///< Of the whole record; a multiple of the alignment.
  bool is_filler = false;   ///< Nothing: the space up to the end of a ring.
  bool is_local_root = false;
  SpanKind kind = SpanKind::Internal;
  SpanStatus status = SpanStatus::Unset;
  std::uint32_t tracer = 0;  ///< The number of the gate that it began at.
  std::uint32_t dropped_attributes = 0;
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;
  TraceContext context;
  std::array<std::uint8_t, 8> parent_id{};
  Instant start;
  Instant end;
  std::uint32_t name_bytes = 0;
};

enum class ItemForm : std::uint8_t {
  Attribute,       ///< Of the event or link before it, else of the span.
  Event,           ///< Key: its name. Value: an `Instant`.
  Link,            ///< Value: a `TraceContext`.
  StatusMessage,   ///< Value: a text.
  TraceState,      ///< Value: a text.
  SpanAttributes,  ///< Attributes are the span's again.
};

/// Followed by the key and the value.
struct ItemHead {
  ItemForm form = ItemForm::Attribute;
  std::uint8_t type = 0;  ///< The index of the attribute's value.
  std::uint16_t key_bytes = 0;
  std::uint32_t value_bytes = 0;
};

}  // namespace eventcore::detail
