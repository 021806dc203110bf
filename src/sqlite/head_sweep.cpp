#include "head_sweep.hpp"

#include <algorithm>

namespace eventcore::sqlite {
namespace {

// A sweep begins when so many events came since the last one began, and ends within as many again.
constexpr std::uint64_t kSweepEvents = kHeadsBehindMax * 2 / 5;
// A slice is worth the page that it changes.
constexpr std::uint64_t kSliceMin = 64;

}  // namespace

void HeadSweep::start(std::uint64_t position) {
  complete_to_ = position;
  changed_since_ = position;
  changed_.clear();
  sweeping_.clear();
  done_ = written_ = 0;
  credit_ = 0;
}

void HeadSweep::completed_by_others(std::uint64_t position) {
  complete_to_ = std::max(complete_to_, position);
  if (position <= changed_since_) return;
  // What a sweep under way has left to write is written; what moved on since is in `changed_`.
  sweeping_.clear();
  done_ = written_ = 0;
  credit_ = 0;
  changed_since_ = position;
  std::erase_if(changed_, [&](std::uint64_t number) {
    const HeadTable::Slot slot = heads_.find_number(number);
    return slot == HeadTable::kNoSlot || heads_.current(slot).position <= position;
  });
}

int HeadSweep::write_slice(Statement& write_head, Statement& complete_heads, std::uint64_t head,
                           std::uint64_t events) {
  if (sweeping_.empty()) {
    if (head - changed_since_ < kSweepEvents || changed_.empty()) return SQLITE_OK;
    sweeping_.swap(changed_);
    std::sort(sweeping_.begin(), sweeping_.end());
    changed_since_ = head;
  }
  credit_ += events * sweeping_.size();
  const std::size_t left = sweeping_.size() - done_;
  std::size_t slice = std::min<std::size_t>(left, credit_ / kSweepEvents + 1);
  if (slice < kSliceMin && slice < left) return SQLITE_OK;
  credit_ = 0;
  for (; slice > 0; --slice, ++written_) {
    const HeadTable::Slot slot = heads_.find_number(sweeping_[written_]);
    // Only what the table is complete for leaves memory.
    if (slot == HeadTable::kNoSlot) continue;
    const Head& current = heads_.current(slot);
    write_head.bind(1, current.number);
    write_head.bind(2, current.version);
    write_head.bind(3, current.position);
    write_head.bind(4, current.skip);
    if (const int result = write_head.run(); result != SQLITE_OK) return result;
  }
  if (written_ < sweeping_.size()) return SQLITE_OK;
  complete_heads.bind(1, changed_since_);
  return complete_heads.run();
}

void HeadSweep::committed() {
  done_ = written_;
  if (sweeping_.empty() || done_ < sweeping_.size()) return;
  complete_to_ = std::max(complete_to_, changed_since_);
  sweeping_.clear();
  done_ = written_ = 0;
}

}  // namespace eventcore::sqlite
