// Applying a page in batches, and finding and judging the event that fails.

#include <algorithm>
#include <utility>

#include "event_span.hpp"
#include "projection_loop.hpp"
#include "projector_call.hpp"

namespace eventcore::detail {
namespace {

DeadLetterReason reason_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::DecodeFailed:
      return DeadLetterReason::Decode;
    case ErrorCode::UnknownEventType:
      return DeadLetterReason::UnknownType;
    case ErrorCode::VersionConflict:
      return DeadLetterReason::OutOfOrder;
    default:
      return DeadLetterReason::Apply;
  }
}

// An error of a projector must not be taken for one of the runner's own.
Error as_fault(Error error, Position position) {
  switch (error.code) {
    case ErrorCode::LeaseLost:
    case ErrorCode::Cancelled:
    case ErrorCode::DeadlineExceeded:
      error.code = ErrorCode::HandlerFailed;
      break;
    default:
      break;
  }
  error.position = position;
  return error;
}

bool is_in_order(std::span<const StoredEvent> events, Position after) {
  return std::all_of(events.begin(), events.end(), [&](const StoredEvent& event) {
    return std::exchange(after, event.position) < event.position;
  });
}

}  // namespace

ProjectionContext ProjectionLoop::context() const {
  ProjectionContext context;
  context.token = lease_.token;
  context.position = position_;
  context.log_id = log_id_;
  context.stop = leading_;
  context.suppress_side_effects = is_quiet(position_ + 1);
  return context;
}

// Applies events; behind the last one the position is `behind`. Returns early when there is
// something else to look at.
Result<void> ProjectionLoop::apply_page(std::span<const StoredEvent> events, Position behind) {
  if (!is_in_order(events, position_)) {
    return make_error(ErrorCode::Corrupt, "the store returned events out of order", {}, position_);
  }
  while (!events.empty() && !board_.is_interrupted()) {
    const StoredEvent& first = events.front();
    Result<void> done;
    if (first.position == skip_) {
      done = skip_over(first.position);
    } else if (first.position == suspect_.position &&
               suspect_.attempts >= options_.failure.attempts) {
      done = give_up(first);
    } else {
      const std::span<const StoredEvent> batch = alike(events.first(batch_size(events)));
      const bool last = batch.size() == events.size();
      done = apply_batch(batch, last ? behind : batch.back().position);
    }
    if (!done) return done;
    events = events.subspan(up_to(events, position_).size());
    show_progress();
  }
  return {};
}

// A batch ends before an event that is known to be left out or to fail; such a one stands alone.
std::size_t ProjectionLoop::batch_size(std::span<const StoredEvent> events) const noexcept {
  std::size_t size = std::min(events.size(), batch_max_);
  for (const Position apart : {skip_, suspect_.position}) {
    if (events.front().position == apart) return 1;
    const auto at = std::lower_bound(
        events.begin(), events.end(), apart,
        [](const StoredEvent& event, Position position) { return event.position < position; });
    if (at != events.end() && at->position == apart) {
      size = std::min(size, static_cast<std::size_t>(at - events.begin()));
    }
  }
  return std::max<std::size_t>(size, 1);
}

Result<void> ProjectionLoop::begin_batch() {
  if (model_ == nullptr) return {};
  const auto found = model_->begin({.token = lease_.token, .log_id = log_id_});
  if (!found) return found.error();
  if (found->position == model_position_) return {};
  model_->roll_back();
  // A commit that was reported as failed may have succeeded: begin again where the model is.
  return make_error(ErrorCode::LeaseLost, "the read model has moved", {}, found->position);
}

Result<void> ProjectionLoop::apply_batch(std::span<const StoredEvent> batch, Position end) {
  if (auto begun = persist([&] { return begin_batch(); }); !begun) return begun;
  ProjectionContext applying = context();
  applying.suppress_side_effects = is_quiet(batch.front().position);
  if (batch.front().position == suspect_.position) applying.attempt = suspect_.attempts + 1;
  board_.update([&](ProjectionStatus& status) { status.in_flight = batch.size(); });
  begin_trace(batch);
  const Instant began = system_clock().now();
  Result<void> applied = call_projector(projector_->key(), [&] {
    if (tracing_ == nullptr) return projector_->apply(batch, applying);
    const FrameScope scope(frame_);
    return projector_->apply(batch, applying);
  });
  const Instant handled = system_clock().now();
  board_.update([](ProjectionStatus& status) { status.in_flight = 0; });
  bool deposed = false;
  if (model_ != nullptr) {
    // Not committed by who may be leader no more, although the token would refuse it as well.
    const bool lost = watch_->is_lost();
    if (!applied || lost) model_->roll_back();
    deposed = lost;
    if (lost) {
      applied = make_error(ErrorCode::LeaseLost, "another runner may lead by now");
    } else if (applied) {
      applied = model_->commit(end);
      deposed = !applied && applied.error().code == ErrorCode::LeaseLost;
      if (!applied && !deposed) applied = as_fault(applied.error(), {});
    }
  }
  if (!applied) {
    const Instant failed = system_clock().now();
    end_trace(batch, {.began = began,
                      .handle = handled - began,
                      .apply = failed - began,
                      .error = &applied.error()});
    return deposed ? applied : judge(applied.error(), batch);
  }
  outages_ = 0;
  position_ = model_position_ = end;
  if (position_ >= batch_max_until_) batch_max_ = options_.batch_events;
  const Instant ended = system_clock().now();
  applied_ = batch.size();
  auto saved = save();
  const std::chrono::nanoseconds checkpoint = system_clock().now() - ended;
  end_trace(batch, {.began = began,
                    .handle = handled - began,
                    .apply = ended - began,
                    .checkpoint = saved ? checkpoint : std::chrono::nanoseconds{},
                    .error = saved ? nullptr : &saved.error()});
  if (saved) {
    tell_batch({.events = batch.size(),
                .handle = handled - began,
                .apply = ended - began,
                .checkpoint = checkpoint});
  }
  return saved;
}

void ProjectionLoop::begin_trace(std::span<const StoredEvent> batch) {
  if (tracing_ == nullptr) return;
  constexpr std::size_t kWritersMax = 128;
  writers_.clear();
  for (const bool sampled : {true, false}) {
    const StoredBatch* former = nullptr;
    for (const StoredEvent& event : batch) {
      if (event.batch == nullptr || event.batch == former) continue;
      former = event.batch;
      const TraceContext& writer = former->trace;
      if (!writer.is_valid() || writer.is_sampled() != sampled) continue;
      if (writers_.size() < kWritersMax) writers_.push_back(writer);
    }
  }
  frame_ = {.name = projector_->key(),
            .trace = tracing_->begin_batch(
                {.projection = projector_->key(), .events = batch.size(), .writers = writers_}),
            .correlation_id = {},
            .parent = nullptr};
}

void ProjectionLoop::end_trace(std::span<const StoredEvent> batch, ProjectionBatchEnd end) {
  if (tracing_ == nullptr) return;
  end.projection = projector_->key();
  end.trace = frame_.trace;
  end.events = batch.size();
  end.writers = writers_;
  end.first = batch.front().position;
  end.last = batch.back().position;
  tracing_->end_batch(end);
}

void ProjectionLoop::tell_batch(ProjectionBatchRecord record) {
  board_.update([&](ProjectionStatus& status) {
    status.last_event = status.last_success = now();
    status.state = caught_up_once_ ? ProjectionState::Running : ProjectionState::Replaying;
  });
  if (probe_ == nullptr) return;
  record.projection = projector_->key();
  record.position = position_;
  probe_->batch_applied(record);
}

Result<void> ProjectionLoop::judge(const Error& error, std::span<const StoredEvent> batch) {
  auto failed = std::find_if(batch.begin(), batch.end(), [&](const StoredEvent& event) {
    return event.position == error.position;
  });
  if (failed != batch.end()) {
    const auto applied = static_cast<std::size_t>(failed - batch.begin());
    if (auto kept = keep_applied(batch.first(applied)); !kept) return kept;
  }
  // Who gives up because it has to end is no failure.
  if (leading_.stop_requested()) return {};
  if (error.retry == Retry::SameCall && !options_.failure.counts_unavailable) {
    wait_for_projector(error);
    return {};
  }
  if (failed == batch.end()) {
    if (batch.size() > 1) {
      // Somewhere in it: the halves will tell.
      batch_max_ = batch.size() / 2;
      batch_max_until_ = batch.back().position;
      return {};
    }
    failed = batch.begin();
  }
  note_failure(error, failed->position);
  if (suspect_.attempts >= options_.failure.attempts) return {};
  pause(pause_after(suspect_.attempts, options_.failure.pause_first, options_.failure.pause_max),
        board_.interrupts());
  return {};
}

void ProjectionLoop::note_failure(const Error& error, Position position) {
  const DeadLetterReason reason = reason_of(error.code);
  if (suspect_.position != position) {
    suspect_ = {};
    suspect_.position = position;
    suspect_.first_failure = now();
  }
  ++suspect_.attempts;
  suspect_.reason = reason;
  suspect_.error = error;
  board_.update([&](ProjectionStatus& status) {
    ++status.failures[static_cast<std::size_t>(reason) - 1];
    status.last_error = describe(as_fault(error, position));
  });
  if (probe_ != nullptr) {
    probe_->failed({.projection = projector_->key(),
                    .reason = reason,
                    .position = position,
                    .attempt = suspect_.attempts,
                    .error = &error});
  }
}

// Without a read model what was applied before a failure stays applied.
Result<void> ProjectionLoop::keep_applied(std::span<const StoredEvent> events) {
  if (model_ != nullptr || events.empty()) return {};
  position_ = events.back().position;
  applied_ = events.size();
  auto saved = save();
  if (saved) tell_batch({.events = events.size(), .timed = false});
  return saved;
}

// What the projector writes to is out of reach.
void ProjectionLoop::wait_for_projector(const Error& error) {
  ++outages_;
  board_.update([&](ProjectionStatus& status) {
    ++status.store_errors;
    status.last_error = describe(error);
  });
  if (probe_ != nullptr) {
    probe_->failed({.projection = projector_->key(),
                    .infrastructure = true,
                    .position = error.position,
                    .attempt = outages_,
                    .error = &error});
  }
  pause(pause_after(outages_, options_.failure.pause_first, options_.failure.pause_max),
        board_.interrupts());
}

std::string ProjectionLoop::trace_id_of(Position position) {
  const auto page = read_event(position);
  if (!page || page->events.empty() || page->events.front().batch == nullptr) return {};
  return page->events.front().batch->trace.trace_id_text();
}

Result<void> ProjectionLoop::give_up(const StoredEvent& event) {
  if (options_.failure.then == FailurePolicy::Then::Stop) {
    return as_fault(suspect_.error, event.position);
  }
  const DeadLetter letter{.projection = projector_->key(),
                          .position = event.position,
                          .reason = suspect_.reason,
                          .state = DeadLetterState::Parked,
                          .message = describe(suspect_.error),
                          .attempts = suspect_.attempts,
                          .trace_id = trace_id_of(event.position),
                          .first_failure = suspect_.first_failure,
                          .last_failure = now()};
  // The letter first: if the read model does not follow, its event comes again and the letter goes.
  const Position before = std::exchange(position_, event.position);
  if (auto saved = save({letter}); !saved) {
    position_ = before;
    return saved;
  }
  if (auto flushed = flush(); !flushed) return flushed;
  suspect_ = {};
  board_.update([](ProjectionStatus& status) { ++status.dead_letters; });
  if (probe_ != nullptr) probe_->dead_lettered(letter);
  return {};
}

Result<void> ProjectionLoop::skip_over(Position position) {
  auto passed = pass_over(position);
  if (!passed) return passed;
  board_.update([](ProjectionStatus& status) { ++status.skipped; });
  if (probe_ != nullptr) probe_->skipped(projector_->key(), position);
  return passed;
}

Result<void> ProjectionLoop::pass_over(Position position) {
  position_ = position;
  if (auto flushed = flush(); !flushed) return flushed;
  suspect_ = {};
  return {};
}

}  // namespace eventcore::detail
