#include "active_streams.hpp"

#include <algorithm>
#include <bit>

#include "eventcore/assert.hpp"

namespace eventcore::observability::detail {
namespace {

constexpr std::size_t kFirstEntries = 64;
constexpr std::size_t kSweepSteps = 4;

std::size_t slot_of(std::uint64_t hash, std::size_t size) noexcept {
  return static_cast<std::size_t>(hash >> 20) & (size - 1);
}

}  // namespace

ActiveStreams::ActiveStreams(std::chrono::seconds window, std::size_t streams_max)
    : window_ticks_(static_cast<std::uint32_t>(window.count())),
      shard_entries_max_(std::max<std::size_t>(1, (streams_max + kShards - 1) / kShards)),
      recent_(std::make_unique<std::atomic<std::uint64_t>[]>(kRecent)),
      counts_size_(std::bit_ceil(static_cast<std::size_t>(window_ticks_) + 2)),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(counts_size_)) {
  EVENTCORE_ASSERT(window >= std::chrono::seconds(1) && window <= std::chrono::days(1),
                   "the window of active streams is 1 s to 1 day");
}

std::uint32_t ActiveStreams::tick_of(Instant now) const noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  // One more, so that 0 is no tick of a clock that begins at its epoch.
  return static_cast<std::uint32_t>(seconds.count()) + 1;
}

void ActiveStreams::touch(std::uint64_t hash, Instant now) noexcept {
  const std::uint32_t tick = tick_of(now);
  // The factor is odd: one hash has another mark in each tick.
  const std::uint64_t mark = hash + tick * std::uint64_t{0x9E3779B97F4A7C15};
  // Two marks to a place, the later one first: few places have more than two streams.
  std::atomic<std::uint64_t>* const recent = &recent_[place_of(hash)];
  const std::uint64_t later = recent[0].load(std::memory_order_relaxed);
  if (later == mark || recent[1].load(std::memory_order_relaxed) == mark) return;
  change(shards_[(hash >> 12) % kShards], hash, tick);
  recent[1].store(later, std::memory_order_relaxed);
  recent[0].store(mark, std::memory_order_relaxed);
}

void ActiveStreams::change(Shard& shard, std::uint64_t hash, std::uint32_t tick) {
  const eventcore::detail::MutexLock lock(shard.mutex);
  sweep(shard, tick);
  if ((shard.used + 1) * 4 > shard.entries.size() * 3) grow(shard);
  const std::size_t mask = shard.entries.size() - 1;
  std::size_t index = slot_of(hash, shard.entries.size());
  while (shard.entries[index].hash != 0 && shard.entries[index].hash != hash) {
    index = (index + 1) & mask;
  }
  Entry& entry = shard.entries[index];
  if (entry.hash == hash) {
    if (entry.tick >= tick) return;  // a thread with a later time was faster
    count_tick(entry.tick, -1);
  } else {
    if (shard.used == shard_entries_max_) return;
    ++shard.used;
    entry.hash = hash;
  }
  entry.tick = tick;
  count_tick(tick, 1);
}

/// Removes expired entries among the next few; faster than entries are added.
void ActiveStreams::sweep(Shard& shard, std::uint32_t tick) {
  const std::size_t size = shard.entries.size();
  for (std::size_t step = 0; step < std::min(kSweepSteps, size); ++step) {
    const Entry& entry = shard.entries[shard.hand];
    if (entry.hash != 0 && is_expired(entry.tick, tick)) {
      count_tick(entry.tick, -1);
      erase(shard, shard.hand);  // another entry may have moved here: looked at next
    } else {
      shard.hand = (shard.hand + 1) & (size - 1);
    }
  }
}

void ActiveStreams::grow(Shard& shard) {
  const std::size_t size = std::max(kFirstEntries, shard.entries.size() * 2);
  std::vector<Entry> entries(size);
  for (const Entry& entry : shard.entries) {
    if (entry.hash == 0) continue;
    std::size_t index = slot_of(entry.hash, size);
    while (entries[index].hash != 0) index = (index + 1) & (size - 1);
    entries[index] = entry;
  }
  shard.entries = std::move(entries);
  shard.hand = 0;
}

/// Frees a place and moves later entries of its run up, so that no search stops too early.
void ActiveStreams::erase(Shard& shard, std::size_t index) {
  const std::size_t mask = shard.entries.size() - 1;
  std::size_t hole = index;
  for (std::size_t i = (hole + 1) & mask; shard.entries[i].hash != 0; i = (i + 1) & mask) {
    const std::size_t home = slot_of(shard.entries[i].hash, shard.entries.size());
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    shard.entries[hole] = shard.entries[i];
    hole = i;
  }
  shard.entries[hole] = {};
  --shard.used;
}

/// Adds to the count of `tick`, unless its place belongs to a later tick by now.
void ActiveStreams::count_tick(std::uint32_t tick, int change) noexcept {
  std::atomic<std::uint64_t>& count = counts_[tick % counts_size_];
  std::uint64_t seen = count.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    const auto owner = static_cast<std::uint32_t>(seen >> 32);
    if (owner > tick || (owner < tick && change < 0)) return;
    const std::uint64_t streams = owner == tick ? seen & 0xFFFFFFFFU : 0;
    next = (std::uint64_t{tick} << 32) | (change < 0 ? streams - 1 : streams + 1);
  } while (!count.compare_exchange_weak(seen, next, std::memory_order_relaxed));
}

std::uint64_t ActiveStreams::count(Instant now) const noexcept {
  const std::uint32_t tick = tick_of(now);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts_size_; ++i) {
    const std::uint64_t count = counts_[i].load(std::memory_order_relaxed);
    if (!is_expired(static_cast<std::uint32_t>(count >> 32), tick)) total += count & 0xFFFFFFFFU;
  }
  return total;
}

}  // namespace eventcore::observability::detail
