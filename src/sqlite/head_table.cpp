#include "head_table.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::sqlite {
namespace {

// Entries published under one lock: a reader waits for this many at most.
constexpr std::size_t kPublishedAtOnce = 256;

std::size_t mix(std::uint64_t number) noexcept {
  return static_cast<std::size_t>((number * 0x9E37'79B9'7F4A'7C15ULL) >> 20);
}

}  // namespace

std::uint64_t hash_name(std::string_view name) noexcept {
  return XXH3_64bits(name.data(), name.size());
}

std::string_view NameArena::add(std::string_view name) {
  if (chunks_.empty() || used_ + name.size() > kChunkBytes) {
    chunks_.push_back(std::make_unique<char[]>(std::max(kChunkBytes, name.size())));
    used_ = 0;
  }
  char* place = chunks_.back().get() + used_;
  std::memcpy(place, name.data(), name.size());
  used_ += name.size();
  return {place, name.size()};
}

void HeadTable::build_index(std::size_t size) {
  mask_ = size - 1;
  by_name_.assign(size, 0);
  by_number_.assign(size, 0);
  for (Slot slot = 0; slot < count_; ++slot) {
    index_name(slot);
    index_number(slot);
  }
}

void HeadTable::index_name(Slot slot) {
  std::size_t place = entry(slot).hash & mask_;
  while (by_name_[place] != 0) place = (place + 1) & mask_;
  by_name_[place] = slot + 1;
}

void HeadTable::index_number(Slot slot) {
  if (entry(slot).head.number == 0) return;
  std::size_t place = mix(entry(slot).head.number) & mask_;
  while (by_number_[place] != 0) place = (place + 1) & mask_;
  by_number_[place] = slot + 1;
}

HeadTable::Slot HeadTable::find(std::string_view name, std::uint64_t hash) const {
  for (std::size_t place = hash & mask_; by_name_[place] != 0; place = (place + 1) & mask_) {
    const Slot slot = by_name_[place] - 1;
    const Entry& found = entry(slot);
    if (found.hash == hash && std::string_view(found.name, found.name_bytes) == name) return slot;
  }
  return kNoSlot;
}

HeadTable::Slot HeadTable::find_number(std::uint64_t number) const {
  for (std::size_t place = mix(number) & mask_; by_number_[place] != 0;
       place = (place + 1) & mask_) {
    const Slot slot = by_number_[place] - 1;
    if (entry(slot).head.number == number) return slot;
  }
  return kNoSlot;
}

HeadTable::Slot HeadTable::append_entry(std::string_view name, std::uint64_t hash,
                                        const Head& head) {
  const auto slot = static_cast<Slot>(count_);
  if (slot / kChunkEntries == chunks_.size()) {
    chunks_.push_back(std::make_unique<Entry[]>(kChunkEntries));
  }
  const std::string_view stored = names_->add(name);
  entry(slot) = {.head = head,
                 .hash = hash,
                 .name = stored.data(),
                 .name_bytes = static_cast<std::uint32_t>(stored.size()),
                 .overlay = 0,
                 .used = true};
  ++count_;
  return slot;
}

HeadTable::Slot HeadTable::add(std::string_view name, std::uint64_t hash, const Head& head) {
  const detail::MutexLock lock(mutex_);
  const Slot slot = append_entry(name, hash, head);
  if (count_ * 2 > mask_) {
    build_index((mask_ + 1) * 2);
  } else {
    index_name(slot);
    index_number(slot);
  }
  return slot;
}

void HeadTable::assign(Slot slot, const Head& head) {
  Entry& changed = entry(slot);
  const bool numbered = changed.head.number == 0 && head.number != 0;
  changed.head = head;
  if (numbered) index_number(slot);
}

void HeadTable::set(Slot slot, const Head& head) {
  const detail::MutexLock lock(mutex_);
  assign(slot, head);
}

const Head& HeadTable::current(Slot slot) const noexcept {
  const Entry& found = entry(slot);
  return found.overlay != 0 ? overlay_[found.overlay - 1].head : found.head;
}

std::string_view HeadTable::name(Slot slot) const noexcept {
  return {entry(slot).name, entry(slot).name_bytes};
}

std::uint64_t HeadTable::hash(Slot slot) const noexcept { return entry(slot).hash; }

Head& HeadTable::change(Slot slot) {
  Entry& changed = entry(slot);
  if (changed.overlay == 0) {
    overlay_.push_back({slot, changed.head});
    changed.overlay = static_cast<std::uint32_t>(overlay_.size());
    changed.used = true;
  }
  return overlay_[changed.overlay - 1].head;
}

void HeadTable::publish() {
  for (std::size_t begin = 0; begin < overlay_.size(); begin += kPublishedAtOnce) {
    const std::size_t end = std::min(begin + kPublishedAtOnce, overlay_.size());
    const detail::MutexLock lock(mutex_);
    for (std::size_t i = begin; i < end; ++i) {
      assign(overlay_[i].slot, overlay_[i].head);
      entry(overlay_[i].slot).overlay = 0;
    }
  }
  overlay_.clear();
}

void HeadTable::drop() noexcept {
  for (const Change& change : overlay_) entry(change.slot).overlay = 0;
  overlay_.clear();
}

void HeadTable::compact(std::uint64_t complete_to) {
  EVENTCORE_ASSERT(overlay_.empty(), "heads are evicted while a group is under way");
  const detail::MutexLock lock(mutex_);
  const std::size_t former_count = count_;
  const auto former = std::exchange(chunks_, {});
  const auto former_names = std::exchange(names_, std::make_shared<NameArena>());
  const auto at = [&](std::size_t i) -> const Entry& {
    return former[i / kChunkEntries][i % kChunkEntries];
  };
  std::size_t needed = 0;
  for (std::size_t i = 0; i < former_count; ++i) {
    if (at(i).head.position > complete_to) ++needed;
  }
  const std::size_t spare = entries_max_ / 2 > needed ? entries_max_ / 2 - needed : 0;
  count_ = 0;
  std::size_t kept = 0;
  // Newest first: streams that were added last are more likely to be used again.
  for (std::size_t i = former_count; i-- > 0;) {
    const Entry& old = at(i);
    const bool is_needed = old.head.position > complete_to;
    if (!is_needed && (!old.used || old.head.number == 0 || kept == spare)) continue;
    if (!is_needed) ++kept;
    const Slot slot = append_entry({old.name, old.name_bytes}, old.hash, old.head);
    entry(slot).used = false;
  }
  full_at_ = std::max(entries_max_, 2 * count_);
  complete_ = false;
  std::size_t size = kFirstIndexSize;
  while (size < count_ * 4) size *= 2;
  build_index(size);
}

void HeadTable::set_incomplete() {
  const detail::MutexLock lock(mutex_);
  complete_ = false;
}

std::optional<Head> HeadTable::lookup(std::string_view name, std::uint64_t hash) const {
  const detail::MutexLock lock(mutex_);
  const Slot slot = find(name, hash);
  if (slot != kNoSlot) return entry(slot).head;
  if (complete_) return Head{};
  return std::nullopt;
}

std::string_view HeadTable::lookup_name(std::uint64_t number, const NameArena* names) const {
  const detail::MutexLock lock(mutex_);
  if (names_.get() != names) return {};
  const Slot slot = find_number(number);
  if (slot == kNoSlot) return {};
  return {entry(slot).name, entry(slot).name_bytes};
}

std::shared_ptr<const NameArena> HeadTable::names() const {
  const detail::MutexLock lock(mutex_);
  return names_;
}

}  // namespace eventcore::sqlite
