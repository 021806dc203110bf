#pragma once

// `SpanRing`: where one thread puts finished spans for the tracer's thread.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "span_buffer.hpp"
#include "span_format.hpp"

namespace eventcore::detail {

/// Records in order; each lies in one piece. It outlives its thread, and goes to the next one that
/// needs one. One thread writes, one reads.
///
/// 1. `written_` and `read_` only grow; what is between them, modulo the size, belongs to the
/// reader.
/// 2. A record that would cross the end is put behind a filler that reaches to the end.
class SpanRing {
 public:
  /// Only what was used takes memory.
  static constexpr std::size_t kBytes = std::size_t{256} * 1024;

  /// Null if there is no memory.
  [[nodiscard]] static SpanRing* make() noexcept;

  // The writer's.

  /// Takes a record, or counts it as dropped: when the ring is full, or the record of no size.
  void write(const SpanHead& head, std::span<const std::byte> body) noexcept;
  /// A buffer for a span; null if there is no memory. Spans of other threads may end here and
  /// leave theirs.
  [[nodiscard]] SpanBuffer* take_buffer() noexcept;
  void give_buffer(SpanBuffer* buffer) noexcept;
  /// Before a thread leaves: what it kept for reuse.
  void drop_buffers() noexcept;

  // The reader's.

  /// A record, or null if there is none: its bytes begin with a `SpanHead`. Valid until `release`.
  [[nodiscard]] const std::byte* next() noexcept;
  /// Gives back the space of all that `next` returned.
  void release() noexcept { read_.store(seen_, std::memory_order_release); }
  /// Forgets all that was written, without telling anybody: of a forked child.
  void forget() noexcept;

  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

  std::atomic<bool> is_owned = true;  // atomic: claimed by threads that begin
  SpanRing* next_ring = nullptr;

 private:
  explicit SpanRing(std::byte* memory) noexcept : memory_(memory) {}
  void filler(std::uint64_t at, std::size_t bytes) noexcept;

  static constexpr std::size_t kBuffersKept = 16;

  std::byte* const memory_;

  // The writer's.
  alignas(64) std::atomic<std::uint64_t> written_ = 0;
  std::uint64_t free_until_ = kBytes;       // as `read_` was when looked at last
  std::atomic<std::uint64_t> dropped_ = 0;  // atomic: the reader adds it up
  SpanBuffer* buffers_ = nullptr;
  std::size_t buffers_count_ = 0;

  // The reader's.
  alignas(64) std::atomic<std::uint64_t> read_ = 0;
  std::uint64_t seen_ = 0;
};

}  // namespace eventcore::detail
