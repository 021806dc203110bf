#pragma once

// `MemoryBatch`: a batch as the memory store keeps it, in one block of the arena.
//
// Touching fresh memory costs more than anything else in an append, so the form is compact: what
// a reader is shown as a `StoredEvent` of 112 bytes takes 28 here. A block is
//
//     texts | … event 2, event 1, event 0 | MemoryBatch | reads
//
// The texts are the headers and the payload of each event, then those of the batch. Behind the
// last payload lie at least `limits::kPayloadPadding` bytes of the same block.

#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/limits.hpp"
#include "eventcore/position.hpp"
#include "eventcore/trace_context.hpp"
#include "eventcore/uuid.hpp"
#include "stable_index.hpp"

namespace eventcore::detail {

struct MemoryBatch;

/// One event. Its batch begins behind event 0.
struct MemoryEvent {
  std::uint32_t text;  ///< Where its headers begin, and behind them its payload.
  std::uint32_t header_bytes;
  std::uint32_t payload_bytes;
  std::uint32_t type;
  std::uint32_t schema_version;
  std::uint16_t ordinal;
  std::uint16_t read;  ///< Index of its stream in the batch.
  std::uint16_t rank;  ///< Events of the batch before it on its stream.

  [[nodiscard]] const MemoryBatch& batch() const noexcept;
  [[nodiscard]] Position position() const noexcept;
  [[nodiscard]] StreamVersion version() const noexcept;
};
static_assert(limits::kBatchEvents <= 0xFFFF && limits::kBatchStreams <= 0xFFFF);

/// One stream. It exists from the first batch that writes to it, or that reads it and writes to
/// another; until its own first event it has version 0 and is not listed.
struct MemoryStream {
  std::string_view id;
  std::atomic<std::uint64_t> version = 0;  // atomic: read without the lock; releases `events`
  StableIndex<const MemoryEvent*> events;  // element v - 1 has version v
};

/// One stream of a batch.
struct MemoryRead {
  MemoryStream* stream;
  StreamVersion before;
};

/// A stored batch.
struct MemoryBatch {
  Uuid id;
  Position first;
  Timestamp time;
  std::uint32_t text_bytes;  ///< From the beginning of the block to the last event.
  std::uint32_t info_text;   ///< Where the texts of the batch begin.
  std::uint32_t command_type;  ///< 0: none.
  std::uint32_t attempts;
  std::uint32_t interference_bytes;
  std::uint16_t event_count;
  std::uint16_t read_count;
  std::uint16_t key_bytes;
  std::uint16_t correlation_bytes;
  std::uint16_t causation_bytes;
  bool has_trace;

  [[nodiscard]] const MemoryEvent& event(std::size_t ordinal) const noexcept {
    return *(reinterpret_cast<const MemoryEvent*>(this) - 1 - ordinal);
  }
  [[nodiscard]] std::span<const MemoryRead> reads() const noexcept {
    return {reinterpret_cast<const MemoryRead*>(this + 1), read_count};
  }
  [[nodiscard]] const char* texts() const noexcept {
    return reinterpret_cast<const char*>(this) - event_count * sizeof(MemoryEvent) - text_bytes;
  }
  [[nodiscard]] std::string_view payload(const MemoryEvent& event) const noexcept {
    return {texts() + event.text + event.header_bytes, event.payload_bytes};
  }
  [[nodiscard]] std::string_view headers(const MemoryEvent& event) const noexcept {
    return {texts() + event.text, event.header_bytes};
  }

  // The texts of the batch, one behind the other.
  [[nodiscard]] std::string_view key() const noexcept { return {texts() + info_text, key_bytes}; }
  [[nodiscard]] std::string_view correlation_id() const noexcept {
    return {key().data() + key_bytes, correlation_bytes};
  }
  [[nodiscard]] std::string_view causation_id() const noexcept {
    return {correlation_id().data() + correlation_bytes, causation_bytes};
  }
  /// The second half of an encoded decision; empty if nobody interfered.
  [[nodiscard]] std::string_view interference() const noexcept {
    return {causation_id().data() + causation_bytes, interference_bytes};
  }
  [[nodiscard]] TraceContext trace() const noexcept {
    TraceContext context;
    if (has_trace) {
      std::memcpy(&context, interference().data() + interference_bytes, sizeof context);
    }
    return context;
  }
};
static_assert(sizeof(MemoryBatch) >= limits::kPayloadPadding);
static_assert(alignof(MemoryBatch) == alignof(MemoryRead));
static_assert(limits::kKeyBytes <= 0xFFFF);

inline const MemoryBatch& MemoryEvent::batch() const noexcept {
  return *reinterpret_cast<const MemoryBatch*>(this + 1 + ordinal);
}
inline Position MemoryEvent::position() const noexcept { return batch().first + ordinal; }
inline StreamVersion MemoryEvent::version() const noexcept {
  return batch().reads()[read].before + (std::uint64_t{rank} + 1);
}

}  // namespace eventcore::detail
