// Rebuilds, beside a live version or by request: what has no side effects, and how far it is.
//
// A version beside the live one never passes it. So whatever is the live one's to tell the world is
// told by it alone, and nothing has to be remembered when it goes: from there on all is new.

#include <algorithm>
#include <cmath>

#include "event_span.hpp"
#include "projection_loop.hpp"

namespace eventcore::detail {
namespace {

// Nobody tells of checkpoints of another projection.
constexpr std::chrono::milliseconds kPollOfLive{50};

}  // namespace

// Looks where the live version is, if this one has come as far as it was.
Result<void> ProjectionLoop::look_at_live() {
  if (options_.rebuild_of.empty() || live_gone_ || (live_ && position_ < *live_)) return {};
  const auto found = persist([&] { return storage_.load(options_.rebuild_of); });
  if (!found) return found.error();
  if (!*found && !live_ && position_.value == 0) {
    return make_error(ErrorCode::InvalidArgument,
                      "there is no live version '" + options_.rebuild_of + "' of '" +
                          projector_->key() + "': all side effects would happen again");
  }
  live_gone_ = !*found;
  live_ = *found ? std::optional((*found)->position) : std::nullopt;
  return {};
}

Result<void> ProjectionLoop::rest_behind_live(const Goal& goal) {
  if (goal.position && position_ >= *goal.position) return {};
  caught_up_once_ = true;
  show(ProjectionState::CaughtUp);
  show_progress();
  const Position head = store_.head();
  board_.update([&](ProjectionStatus& status) {
    status.last_poll = status.last_success = now();
    status.head = head;
  });
  if (is_flush_due()) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  board_.sleep({std::min(goal.deadline.at, Deadline::after(kPollOfLive).at)});
  return {};
}

bool ProjectionLoop::is_quiet(Position position) const noexcept {
  return live_.has_value() || position <= quiet_until_;
}

// The first of `events` that side effects are suppressed for, or that they happen for.
std::span<const StoredEvent> ProjectionLoop::alike(std::span<const StoredEvent> events) const {
  if (live_ || events.front().position > quiet_until_) return events;
  return up_to(events, quiet_until_);
}

void ProjectionLoop::begin_replay(bool rebuild) {
  rebuild_ = rebuild;
  replay_from_ = position_;
  replay_began_ = system_clock().now();
}

ProjectionProgress ProjectionLoop::progress() const {
  ProjectionProgress progress;
  progress.from = replay_from_;
  progress.at = position_;
  progress.rebuild = rebuild_ || is_quiet(position_ + 1);
  progress.target = std::max(live_.value_or(store_.head()), position_);
  if (!live_ && position_ < quiet_until_) progress.target = quiet_until_;
  const double all = static_cast<double>(progress.target.value);
  progress.ratio = all == 0 ? 1 : static_cast<double>(position_.value) / all;
  if (position_ > replay_from_) {
    const std::chrono::duration<double, std::nano> elapsed = system_clock().now() - replay_began_;
    const double done = static_cast<double>(position_ - replay_from_);
    const double left = static_cast<double>(progress.target - position_);
    progress.left = std::chrono::nanoseconds(std::llround(elapsed.count() / done * left));
  }
  return progress;
}

void ProjectionLoop::show_progress() {
  const bool quiet = is_quiet(position_ + 1);
  const ProjectionProgress now = progress();
  board_.update([&](ProjectionStatus& status) {
    status.side_effects_suppressed = quiet;
    if (caught_up_once_) {
      status.progress.reset();
    } else {
      status.progress = now;
    }
  });
}

}  // namespace eventcore::detail
