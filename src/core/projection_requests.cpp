// What operators ask of a projection, and what it stores about itself.

#include <algorithm>
#include <utility>

#include "projection_loop.hpp"
#include "projector_call.hpp"

namespace eventcore::detail {

Result<void> ProjectionLoop::serve_requests(const Goal& goal) {
  const ProjectionRecord record = watch_->record();
  const bool news = record.requests != requests_seen_;
  requests_seen_ = record.requests;
  skip_ = record.skip;
  if (news) suspect_ = {};
  if (record.resets > resets_done_) {
    quiet_until_ = record.quiet_until;
    if (auto done = reset(record); !done) return done;
  }
  if (record.paused) {
    if (auto flushed = flush(); !flushed) return flushed;
    if (goal.position) return make_error(ErrorCode::Unavailable, "the projection is paused");
    show(ProjectionState::Paused);
    board_.sleep(goal.deadline);
    return {};
  }
  replays_pending_ = replays_pending_ || news;
  if (record.replays == 0 || !std::exchange(replays_pending_, false)) return {};
  return replay_letters();
}

Result<void> ProjectionLoop::reset(const ProjectionRecord& record) {
  const Position to = record.reset_to;
  const auto done = persist([&]() -> Result<void> {
    if (auto begun = begin_batch(); !begun) return begun;
    auto changed =
        call_projector(projector_->key(), [&] { return projector_->reset(to, context()); });
    if (model_ == nullptr) return changed;
    if (changed) return model_->commit(to);
    model_->roll_back();
    return changed;
  });
  if (!done) return done;
  // It went on until it saw the request; the storage does the same with what it stores.
  if (quiet_until_.value != 0) quiet_until_ = std::max(quiet_until_, position_);
  position_ = model_position_ = to;
  resets_done_ = record.resets;
  suspect_ = {};
  caught_up_once_ = false;
  begin_replay(true);
  feed_.seek(position_);
  // First here, then in the store: who sees there that the reset is done must not be told by
  // `wait_for` that what is to be applied again has been applied.
  board_.update([&](ProjectionStatus& status) { status.checkpoint = position_; });
  return save({}, true);
}

Result<EventPage> ProjectionLoop::read_event(Position position) {
  return persist([&] {
    return store_.read(LogQuery{
        .after = {position.value - 1}, .until = position, .events_max = 1, .with_batch = true});
  });
}

Result<void> ProjectionLoop::replay_letters() {
  const auto letters = persist([&] {
    return storage_.list_dead_letters(
        {.projection = projector_->key(), .state = DeadLetterState::Replaying, .after = {}});
  });
  if (!letters) return letters.error();
  for (const DeadLetter& letter : *letters) {
    if (board_.is_stopping() || watch_->is_lost()) return {};
    if (auto replayed = replay(letter); !replayed) return replayed;
  }
  return {};
}

// In its own transaction, which leaves the checkpoint where it is.
Result<void> ProjectionLoop::replay(DeadLetter letter) {
  const auto page = read_event(letter.position);
  if (!page) return page.error();
  Result<void> done = make_error(ErrorCode::InvalidArgument, "the log has no such event");
  if (!page->events.empty()) {
    ProjectionContext replaying = context();
    replaying.replay = true;
    replaying.attempt = letter.attempts + 1;
    replaying.suppress_side_effects = is_quiet(letter.position);
    if (auto begun = persist([&] { return begin_batch(); }); !begun) return begun;
    done = call_projector(projector_->key(),
                          [&] { return projector_->apply(page->events, replaying); });
    if (model_ != nullptr && !done) model_->roll_back();
    if (model_ != nullptr && done) done = model_->commit(model_position_);
    if (!done && done.error().code == ErrorCode::LeaseLost) return done;
  }
  std::optional<DeadLetter> failed;
  if (!done) {
    letter.state = DeadLetterState::Parked;
    letter.message = describe(done.error());
    letter.last_failure = now();
    ++letter.attempts;
    failed = letter;
  }
  board_.update([&](ProjectionStatus& status) { status.replayed += done ? 1U : 0U; });
  auto settled = persist([&] {
    return storage_.settle_dead_letter(projector_->key(), lease_.token, letter.position, failed);
  });
  if (settled && probe_ != nullptr) {
    probe_->dead_letter_replayed(projector_->key(), letter.position, failed.has_value());
  }
  return settled;
}

Result<void> ProjectionLoop::save(std::vector<DeadLetter> letters, bool rewinds) {
  const CheckpointSave checkpoint{.projection = projector_->key(),
                                  .token = lease_.token,
                                  .position = position_,
                                  .rewinds = rewinds,
                                  .resets_done = resets_done_,
                                  .dead_letters = std::move(letters)};
  auto saved = persist([&] { return storage_.save(checkpoint); });
  const std::uint64_t applied = std::exchange(applied_, 0);
  if (!saved) return saved;
  durable_ = position_;
  unsaved_since_.reset();
  board_.update([&](ProjectionStatus& status) {
    status.checkpoint = position_;
    status.durable = durable_;
    status.processed += applied;  // with the checkpoint, which others wait for
  });
  return {};
}

// Stores a position that moved over events of no interest.
Result<void> ProjectionLoop::flush() {
  if (model_ != nullptr && model_position_ < position_) {
    const auto moved = persist([&]() -> Result<void> {
      if (auto begun = begin_batch(); !begun) return begun;
      return model_->commit(position_);
    });
    if (!moved) return moved;
    model_position_ = position_;
  }
  return durable_ < position_ ? save() : Result<void>();
}

bool ProjectionLoop::is_flush_due() const noexcept {
  return unsaved_since_ && (position_.value - durable_.value >= options_.idle_positions ||
                            system_clock().now() >= *unsaved_since_ + options_.idle_time);
}

bool ProjectionLoop::is_outage(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::Unavailable:
    case ErrorCode::Overloaded:
    case ErrorCode::DeadlineExceeded:
    case ErrorCode::CommitInDoubt:
    case ErrorCode::ShuttingDown:
      return true;
    default:
      return false;
  }
}

std::chrono::nanoseconds ProjectionLoop::pause_after(std::uint32_t failures,
                                                     std::chrono::nanoseconds first,
                                                     std::chrono::nanoseconds most) {
  std::chrono::nanoseconds pause = std::min(first, most);
  for (; failures > 1 && pause < most; --failures) pause = std::min(pause * 2, most);
  return pause;
}

// Waits after an error of the store. Errors: the leadership ends.
Result<void> ProjectionLoop::endure(const Error& outage, std::uint32_t failures) {
  board_.update([&](ProjectionStatus& status) {
    ++status.store_errors;
    status.state = ProjectionState::Retrying;
    status.last_error = describe(outage);
  });
  if (probe_ != nullptr) {
    probe_->failed({.projection = projector_->key(),
                    .infrastructure = true,
                    .position = outage.position,
                    .attempt = failures,
                    .error = &outage});
  }
  const Goal goal{.position = {}, .deadline = deadline_};
  if (auto going = check_going(goal); !going) return going;
  const auto duration = pause_after(failures, options_.store_pause_first, options_.store_pause_max);
  // A leader is woken by what ends its leadership; requests wait for the store like everything.
  pause(duration, watch_ ? leading_ : board_.interrupts());
  if (!watch_) board_.clear_interrupt();
  return check_going(goal);
}

void ProjectionLoop::pause(std::chrono::nanoseconds duration, const std::stop_token& woken) {
  board_.update([](ProjectionStatus& status) {
    ++status.retries;
    status.state = ProjectionState::Retrying;
  });
  if (probe_ != nullptr) probe_->retried(projector_->key(), duration);
  const Deadline end = Deadline::after(duration);
  board_.sleep({std::min(end.at, deadline_.at)}, woken);
}

}  // namespace eventcore::detail
