#include "stream_table.hpp"

#include <utility>

namespace eventcore::detail {

CachedFold* StreamSlot::find(const FoldType& fold) noexcept {
  for (CachedFold& entry : folds) {
    if (entry.fold == &fold) return &entry;
  }
  return nullptr;
}

CachedFold& StreamSlot::find_or_add(const FoldType& fold) {
  if (CachedFold* entry = find(fold)) return *entry;
  folds.push_back({.fold = &fold, .version = {}, .state = {}, .pending_version = {}, .pending = {}});
  return folds.back();
}

void StreamSlot::drop_pending() noexcept {
  pending.clear();
  for (CachedFold& entry : folds) entry.pending.reset();
}

StreamSlot& StreamTable::pin(std::string_view stream) {
  if (const auto found = index_.find(stream); found != index_.end()) {
    StreamSlot& slot = *slots_[found->second];
    ++slot.pins;
    slot.recently_used = true;
    return slot;
  }
  if (slots_.size() >= slots_max_) evict_one();
  slots_.push_back(std::make_unique<StreamSlot>(stream));
  StreamSlot& slot = *slots_.back();
  index_.emplace(slot.id, slots_.size() - 1);
  ++slot.pins;
  return slot;
}

void StreamTable::evict_one() {
  // Two rounds clear every mark once; if all slots are pinned the table grows past its bound.
  for (std::size_t step = 0; step < slots_.size() * 2; ++step) {
    if (hand_ >= slots_.size()) hand_ = 0;
    StreamSlot& slot = *slots_[hand_];
    if (slot.pins == 0 && slot.pending.empty() && !std::exchange(slot.recently_used, false)) {
      index_.erase(slot.id);
      if (hand_ + 1 != slots_.size()) {
        slots_[hand_] = std::move(slots_.back());
        index_[slots_[hand_]->id] = hand_;
      }
      slots_.pop_back();
      return;
    }
    ++hand_;
  }
}

}  // namespace eventcore::detail
