// How an executor's cached states follow the log.

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "executor_core.hpp"
#include "stream_hash.hpp"
#include "user_code.hpp"

namespace eventcore::detail {

namespace {

constexpr std::uint64_t kMissedMax = 100'000;

}  // namespace

/// A cached state, and what it becomes.
struct ExecutorCore::FollowedState {
  const FoldType* fold = nullptr;
  StreamVersion version;
  std::shared_ptr<const void> state;
  std::shared_ptr<void> next;
  bool is_lost = false;  ///< The page does not go on from it, or its fold can't.
};

/// The states of one stream.
struct ExecutorCore::FollowedStream {
  std::vector<FollowedState> states;
  bool has_pending = false;  ///< So its events may be our own.
};

void ExecutorCore::follow_others() noexcept {
  // Under an injected scheduler nothing runs beside it.
  if (own_scheduler_ && options_.follows_others) follower_.notice();
}

Position ExecutorCore::begin_following() {
  const Position head = store_.head();
  const MutexLock lock(order_);
  // What was missed is read too, which costs less than each of the streams would, unless it is
  // much.
  if (followed_to_.value + kMissedMax < head.value) followed_from_ = followed_to_ = head;
  following_.store(true, std::memory_order_relaxed);
  return followed_to_;
}

void ExecutorCore::end_following() { following_.store(false, std::memory_order_relaxed); }

bool ExecutorCore::follow(const EventPage& page) {
  std::unordered_map<std::string_view, FollowedStream> streams;
  {
    const MutexLock lock(order_);
    for (const StoredEvent& event : page.events) {
      const auto [known, is_first] = streams.try_emplace(event.stream);
      if (!is_first) continue;
      StreamSlot* const slot = table_.find(event.stream, hash_stream(event.stream));
      if (slot == nullptr) continue;
      known->second.has_pending = !slot->pending.empty();
      slot->visit_states([&](const CachedFold& cached) {
        known->second.states.push_back({cached.fold, cached.version, cached.state, {}, false});
      });
    }
  }
  // User code runs without the lock.
  for (const StoredEvent& event : page.events) {
    for (FollowedState& followed : streams.find(event.stream)->second.states) {
      if (followed.is_lost || event.version <= followed.version) continue;
      followed.is_lost = event.version != followed.version + 1 || !apply_followed(followed, event);
      followed.version = event.version;
    }
  }
  bool mattered = false;
  const MutexLock lock(order_);
  for (auto& [stream, followed] : streams) {
    if (publish(stream, followed) && !followed.has_pending) mattered = true;
  }
  followed_to_ = page.scanned_to;
  return mattered;
}

// An error is for the command that reads the event itself.
Result<void> ExecutorCore::apply_followed(FollowedState& followed, const StoredEvent& event) const {
  const FoldType& fold = *followed.fold;
  const int alternative = this->alternative(fold, event);
  if (alternative == kIgnoredEvent) return {};
  if (alternative == kUnknownEvent) return make_error(ErrorCode::UnknownEventType, "");
  return guarded("apply()", fold.name, [&]() -> Result<void> {
    if (!followed.next) followed.next = fold.copy(followed.state.get());
    return fold.apply_stored(followed.next.get(), alternative, event);
  });
}

bool ExecutorCore::publish(std::string_view stream, FollowedStream& followed) {
  if (followed.states.empty()) return false;
  StreamSlot* const slot = table_.find(stream, hash_stream(stream));
  if (slot == nullptr) return false;
  bool moved = false;
  for (FollowedState& state : followed.states) {
    CachedFold* const cached = slot->find(*state.fold);
    if (cached == nullptr || !cached->state || cached->version >= state.version) continue;
    moved = true;
    if (state.is_lost) {
      cached->state.reset();
      cached->version = {};
      continue;
    }
    if (state.next) cached->state = std::move(state.next);
    cached->version = state.version;
  }
  return moved;
}

}  // namespace eventcore::detail
