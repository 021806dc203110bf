#include "memory_arena.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace eventcore::detail {
namespace {

constexpr std::size_t kAlignment = 8;
constexpr std::size_t kSmallest = 16;  // a spare block holds its list entry
constexpr std::size_t kFirstSegment = std::size_t{64} * 1024;
constexpr std::size_t kLargePage = std::size_t{2} * 1024 * 1024;
constexpr std::size_t kLargestSegment = kLargePage;
// Blocks from here on get a segment of their own, so that not much of one is left over when the
// next block does not fit. Every segment but the first has room for a smaller one.
constexpr std::size_t kLargeBlock = kFirstSegment;

constexpr std::align_val_t alignment_of(std::size_t segment) noexcept {
  return std::align_val_t{segment % kLargePage == 0 ? kLargePage : kAlignment};
}

constexpr std::size_t rounded(std::size_t bytes) noexcept {
  return std::max(kSmallest, (bytes + kAlignment - 1) / kAlignment * kAlignment);
}

}  // namespace

// A log is written once, page after page. With large pages the kernel is asked once in 2 MiB, not
// once in 4 KiB, which saves a sixth of the time of a command. A hint: it may be refused.
MemoryArena::Segment::Segment(std::size_t size, std::size_t used_at_first)
    : begin(static_cast<std::byte*>(::operator new(size, alignment_of(size)))),
      bytes(size),
      used(used_at_first) {
  if (size % kLargePage == 0) static_cast<void>(madvise(begin, size, MADV_HUGEPAGE));
}

MemoryArena::Segment::~Segment() { ::operator delete(begin, alignment_of(bytes)); }

MemoryArena::MemoryArena() : next_bytes_(kFirstSegment) {
  const MutexLock lock(mutex_);
  current_.store(&add_segment(next_bytes_, 0), std::memory_order_release);
}

void* MemoryArena::allocate(std::size_t bytes) {
  bytes = rounded(bytes);
  if (spares_.load(std::memory_order_relaxed) != 0) {
    if (void* spare = take_spare(bytes)) return spare;
  }
  if (bytes >= kLargeBlock) return allocate_segment(bytes);
  // Acquires what `allocate_slowly` published; the addition orders a block that was given back.
  Segment& segment = *current_.load(std::memory_order_acquire);
  const std::size_t offset = segment.used.fetch_add(bytes, std::memory_order_acq_rel);
  if (offset + bytes <= segment.bytes) return segment.begin + offset;
  return allocate_slowly(bytes);
}

void* MemoryArena::allocate_segment(std::size_t bytes) {
  const MutexLock lock(mutex_);
  return add_segment(bytes, bytes).begin;
}

void* MemoryArena::allocate_slowly(std::size_t bytes) {
  const MutexLock lock(mutex_);
  // Another thread may have begun a segment meanwhile.
  Segment& current = *current_.load(std::memory_order_relaxed);
  const std::size_t offset = current.used.fetch_add(bytes, std::memory_order_acq_rel);
  if (offset + bytes <= current.bytes) return current.begin + offset;
  const std::size_t next_bytes = std::min(next_bytes_ * 2, kLargestSegment);
  Segment& segment = add_segment(next_bytes, bytes);
  next_bytes_ = next_bytes;
  current_.store(&segment, std::memory_order_release);
  return segment.begin;
}

MemoryArena::Segment& MemoryArena::add_segment(std::size_t bytes, std::size_t used) {
  segments_.push_back(std::make_unique<Segment>(bytes, used));
  size_.fetch_add(bytes, std::memory_order_relaxed);
  return *segments_.back();
}

void MemoryArena::give_back(void* memory, std::size_t bytes) noexcept {
  bytes = rounded(bytes);
  Segment& segment = *current_.load(std::memory_order_acquire);
  // Without other threads it is the last block of its segment, and the mark just goes back.
  const std::less_equal<> not_behind;
  auto* const begin = static_cast<std::byte*>(memory);
  if (not_behind(segment.begin, begin) &&
      not_behind(begin + bytes, segment.begin + segment.bytes)) {
    const auto offset = static_cast<std::size_t>(begin - segment.begin);
    std::size_t expected = offset + bytes;
    if (segment.used.compare_exchange_strong(expected, offset, std::memory_order_acq_rel)) return;
  }
  const MutexLock lock(mutex_);
  Spare*& list = spare_lists_[static_cast<std::size_t>(std::bit_width(bytes)) - 1];
  list = ::new (memory) Spare{list, bytes};
  spares_.fetch_add(1, std::memory_order_relaxed);
}

void* MemoryArena::take_spare(std::size_t bytes) {
  const MutexLock lock(mutex_);
  // A block of the same power of two may be large enough, one of the next is.
  const auto power = static_cast<std::size_t>(std::bit_width(bytes)) - 1;
  for (const std::size_t from : {power, power + 1}) {
    Spare* const first = spare_lists_[from];
    if (first == nullptr || first->bytes < bytes) continue;
    spare_lists_[from] = first->next;
    spares_.fetch_sub(1, std::memory_order_relaxed);
    return first;
  }
  return nullptr;
}

std::string_view MemoryArena::copy(std::string_view text) {
  if (text.empty()) return {};
  auto* const place = static_cast<char*>(allocate(text.size()));
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

}  // namespace eventcore::detail
