#include "span_ring.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace eventcore::detail {

SpanRing* SpanRing::make() noexcept {
  void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* const ring = new (std::nothrow) SpanRing(static_cast<std::byte*>(memory));
  if (ring == nullptr) munmap(memory, kBytes);
  return ring;
}

void SpanRing::filler(std::uint64_t at, std::size_t bytes) noexcept {
  // Only what `next` looks at: there may be less room than a head takes.
  const auto size = static_cast<std::uint32_t>(bytes);
  static_assert(offsetof(SpanHead, bytes) == 0 && offsetof(SpanHead, is_filler) == 4);
  std::memcpy(memory_ + at % kBytes, &size, sizeof size);
  memory_[at % kBytes + 4] = std::byte{1};
}

void SpanRing::write(const SpanHead& head, std::span<const std::byte> body) noexcept {
  const std::uint64_t written = written_.load(std::memory_order_relaxed);
  const std::size_t to_end = kBytes - written % kBytes;
  const std::size_t skipped = head.bytes > to_end ? to_end : 0;
  const std::uint64_t end = written + skipped + head.bytes;
  if (end > free_until_) {
    // Acquire: pairs with `release`; the reader is done with what is written over.
    free_until_ = read_.load(std::memory_order_acquire) + kBytes;
  }
  if (end > free_until_ || head.bytes == 0) {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return;
  }
  if (skipped != 0) filler(written, skipped);
  std::byte* const at = memory_ + (written + skipped) % kBytes;
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, body.data(), body.size());
  // Release: pairs with `next`, which sees the record whole.
  written_.store(end, std::memory_order_release);
}

const std::byte* SpanRing::next() noexcept {
  while (seen_ != written_.load(std::memory_order_acquire)) {
    const std::byte* const at = memory_ + seen_ % kBytes;
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    seen_ += bytes;
    if (at[4] == std::byte{0}) return at;
  }
  return nullptr;
}

void SpanRing::forget() noexcept {
  seen_ = written_.load(std::memory_order_acquire);
  dropped_.store(0, std::memory_order_relaxed);
  release();
}

SpanBuffer* SpanRing::take_buffer() noexcept {
  if (buffers_ == nullptr) return new (std::nothrow) SpanBuffer;
  SpanBuffer* const buffer = buffers_;
  buffers_ = buffer->next;
  --buffers_count_;
  return buffer;
}

void SpanRing::give_buffer(SpanBuffer* buffer) noexcept {
  if (buffers_count_ == kBuffersKept) {
    delete buffer;
    return;
  }
  buffer->next = buffers_;
  buffers_ = buffer;
  ++buffers_count_;
}

void SpanRing::drop_buffers() noexcept {
  while (buffers_ != nullptr) delete take_buffer();
}

}  // namespace eventcore::detail
