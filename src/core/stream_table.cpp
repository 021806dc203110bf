#include "stream_table.hpp"

#include <algorithm>
#include <utility>

#include "text_hash.hpp"

namespace eventcore::detail {

CachedFold* StreamSlot::find_further(const FoldType& fold) noexcept {
  for (CachedFold& entry : further_folds_) {
    if (entry.fold == &fold) return &entry;
  }
  return nullptr;
}

CachedFold& StreamSlot::find_or_add(const FoldType& fold) {
  if (CachedFold* entry = find(fold)) return *entry;
  CachedFold& added = first_fold_.fold == nullptr ? first_fold_ : further_folds_.emplace_back();
  added.fold = &fold;
  return added;
}

StreamVersion StreamSlot::newest_state() const noexcept {
  StreamVersion newest = first_fold_.state ? first_fold_.version : StreamVersion{0};
  for (const CachedFold& entry : further_folds_) {
    if (entry.state) newest = std::max(newest, entry.version);
  }
  return newest;
}

void StreamSlot::drop_pending_states() noexcept {
  first_fold_.pending.reset();
  for (CachedFold& entry : further_folds_) entry.pending.reset();
}

StreamSlot& StreamTable::pin(const StreamId& stream) {
  StreamSlot* slot = find(stream.view(), stream.hash());
  if (slot == nullptr) {
    if (slots_.size() >= slots_max_) evict_one();
    if (table_.size() < (slots_.size() + 1) * 2) grow();
    slots_.push_back(std::make_unique<StreamSlot>(stream));
    slot = slots_.back().get();
    insert(*slot);
  }
  ++slot->pins;
  slot->recently_used = true;
  return *slot;
}

StreamSlot* StreamTable::find(std::string_view stream, std::uint64_t hash) const noexcept {
  if (table_.empty()) return nullptr;
  for (std::size_t at = home(hash); table_[at].slot != nullptr;
       at = (at + 1) & (table_.size() - 1)) {
    if (table_[at].hash == hash && same_text(table_[at].slot->id.view(), stream)) {
      return table_[at].slot;
    }
  }
  return nullptr;
}

void StreamTable::insert(StreamSlot& slot) noexcept {
  std::size_t at = home(slot.id.hash());
  while (table_[at].slot != nullptr) at = (at + 1) & (table_.size() - 1);
  table_[at] = {slot.id.hash(), &slot};
}

void StreamTable::grow() {
  table_.assign(table_.empty() ? 256 : table_.size() * 2, {});
  for (const auto& slot : slots_) insert(*slot);
}

void StreamTable::erase(const StreamSlot& slot) noexcept {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = home(slot.id.hash());
  while (table_[hole].slot != &slot) hole = (hole + 1) & mask;
  // Entries behind the hole move up unless that would put them before their home (Knuth 6.4 R).
  for (std::size_t at = (hole + 1) & mask; table_[at].slot != nullptr; at = (at + 1) & mask) {
    if (((at - home(table_[at].hash)) & mask) < ((at - hole) & mask)) continue;
    table_[hole] = table_[at];
    hole = at;
  }
  table_[hole] = {};
}

void StreamTable::evict_one() {
  // Two rounds clear every mark once; if all slots are pinned the table grows past its bound.
  for (std::size_t step = 0; step < slots_.size() * 2; ++step) {
    if (hand_ >= slots_.size()) hand_ = 0;
    StreamSlot& slot = *slots_[hand_];
    if (slot.pins == 0 && slot.pending.empty() && !std::exchange(slot.recently_used, false)) {
      erase(slot);
      slots_[hand_].swap(slots_.back());
      slots_.pop_back();
      return;
    }
    ++hand_;
  }
}

}  // namespace eventcore::detail
