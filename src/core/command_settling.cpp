// The steps of a command from the store's answer to its end.

#include <algorithm>
#include <limits>
#include <utility>

#include "command_read.hpp"
#include "eventcore/detail/command_operation.hpp"
#include "executor_core.hpp"

namespace eventcore::detail {

namespace {

constexpr std::size_t kInterferenceKept = 8;
// After so many conflicts a command reads what it decides on, whatever is known of it.
constexpr std::uint32_t kConflictsUntilRead = 3;
// Until then a follower has most probably read what a conflict was lost to.
constexpr std::chrono::nanoseconds kFollowed = LogFollower::kInterval;

CommandOutcome outcome_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::VersionConflict:
      return CommandOutcome::ConflictExhausted;
    case ErrorCode::DeadlineExceeded:
      return CommandOutcome::DeadlineExceeded;
    case ErrorCode::Cancelled:
      return CommandOutcome::Cancelled;
    case ErrorCode::Overloaded:
      return CommandOutcome::Overloaded;
    case ErrorCode::CommitInDoubt:
      return CommandOutcome::InDoubt;
    case ErrorCode::Unavailable:
    case ErrorCode::Corrupt:
    case ErrorCode::ShuttingDown:
      return CommandOutcome::StoreError;
    default:
      return CommandOutcome::Invalid;
  }
}

}  // namespace

CommandOperation::Wait CommandOperation::settle() {
  stamp(CommandPhase::Append);
  if (taken_back_) {
    core_.settle(boundary_, node_.get(), false);
    Error error;
    if (!interrupted(error)) {
      error = make_error(ErrorCode::DeadlineExceeded,
                         "the deadline passed while the events were queued; nothing was written");
    }
    return finish(std::move(error));
  }
  const Result<WriteResult>& result = node_->result();
  core_.settle(boundary_, node_.get(), node_->is_stored());
  node_->predecessors.clear();
  node_->dependencies.clear();
  if (!result) {
    if (result.error().code == ErrorCode::VersionConflict) {
      // Without a stream that moved, it was only taken along by what it built on.
      const bool moved = result.error().conflict.has_value();
      if (moved) core_.follow_others();
      return retry(result.error(), moved);
    }
    return finish(result.error());
  }
  if (!result->replayed) return failure_ ? finish(*std::move(failure_)) : finish(outcome_);
  replayed_ = true;
  LogQuery first;
  first.after = {result->first.value - 1};
  first.until = result->last;
  first.bytes_max = limits::kBatchBytes;  // the whole batch in one page
  first.with_batch = true;
  return submit_read(std::move(first), Step::Replay);
}

CommandOperation::Wait CommandOperation::replay() {
  Result<EventPage> page = *std::move(read_->page);
  read_->page.reset();
  if (!page) return finish(std::move(page).error());
  if (page->more) return finish(make_error(ErrorCode::Corrupt, "a batch is over its limits"));
  node_->replay = *std::move(page);
  return finish(CommandOutcome::Replayed);
}

CommandOperation::Wait CommandOperation::retry(const Error& conflict, bool counts) {
  if (interference_.size() == kInterferenceKept) interference_.erase(interference_.begin());
  interference_.push_back({conflict.stream, conflict.conflict.value_or(Conflict{})});
  if (counts) ++conflicts_;
  if (conflicts_ >= core_.options().attempts_max) {
    Error error = conflict;
    error.message = std::string(command_type_) + " gave up after " + std::to_string(attempts_) +
                    " attempts: " + conflict.message;
    return finish(std::move(error));
  }
  start_over();
  ++attempts_;
  // States that were right at the conflict; of one that repeats itself only what is read.
  newest_at_ = conflicts_ < kConflictsUntilRead
                   ? std::max({newest_at_, core_.store().head(), conflict.position})
                   : Position{std::numeric_limits<std::uint64_t>::max()};
  const auto pause = counts ? core_.backoff(conflicts_) : std::chrono::nanoseconds{};
  paused_at_ = core_.clock().now();
  end_attempt(paused_at_);
  resume_at_ = paused_at_ + (core_.is_following() ? std::max(pause, kFollowed) : pause);
  step_ = Step::Resume;
  return Wait::Backoff;
}

CommandOperation::Wait CommandOperation::resume() {
  attempt_began_ = core_.clock().now();
  backoff_ += attempt_began_ - paused_at_;
  stamp(CommandPhase::Backoff);
  step_ = Step::Gather;
  return Wait::None;
}

CommandOperation::Wait CommandOperation::finish(Error error) {
  error_ = std::move(error);
  return finish(outcome_of(error_->code));
}

CommandOperation::Wait CommandOperation::finish(CommandOutcome outcome) {
  outcome_ = outcome;
  step_ = Step::Done;
  if (started_ == Instant{}) started_ = core_.clock().now();
  if (core_.command_probe() != nullptr) report();
  core_.settle(boundary_, nullptr, false);
  return Wait::None;
}

Result<ExecutionResult> CommandOperation::take_result() {
  if (error_) return *std::move(error_);
  ExecutionResult result;
  result.node_ = std::move(node_);
  result.outcome_ = replayed_ ? CommandOutcome::Committed : outcome_;
  result.replayed_ = replayed_;
  result.attempts_ = attempts_;
  result.phases_ = phases_;
  return result;
}

void CommandOperation::report() noexcept {
  thread_local std::vector<StreamTouch> touches;  // keeps its memory from command to command
  touches.clear();
  std::uint32_t written = 0;
  const bool stored = outcome_ == CommandOutcome::Committed;
  for (const BoundaryStream& stream : boundary_.streams) {
    const std::uint32_t events = stored ? stream.emitted : 0;
    written += events;
    touches.push_back(
        {stream.id.view(), stream.basis, events, stream.discovered, stream.id.hash()});
  }
  std::vector<ConflictRecord> conflicts;
  conflicts.reserve(interference_.size());
  for (const Interference& one : interference_) conflicts.push_back({one.stream, &one.conflict});

  const bool timed = is_timing_sample_ || core_.times_every_command();
  const Instant now = timed || span_.is_measured ? core_.clock().now() : Instant{};
  end_attempt(now);
  // Made in one go: a record that is cleared first costs more than all that is counted from it.
  const CommandRecord record{.command_type = command_type_,
                             .command_id = id_,
                             .outcome = outcome_,
                             .error = error_ ? &*error_ : nullptr,
                             .rejection_code = rejection_code_,
                             .started = started_,
                             .timed = timed,
                             .duration = timed ? now - started_ : std::chrono::nanoseconds{},
                             .phases = phases_,
                             .is_timing_sample = is_timing_sample_,
                             .attempts = attempts_,
                             .backoff = backoff_,
                             .discovery_rounds = rounds_,
                             .events_written = written,
                             .events_folded = events_folded_,
                             .bytes_written = stored ? node_->batch.byte_count() : 0,
                             .first_position = stored ? node_->result()->first : Position{},
                             .streams = touches,
                             .conflicts = conflicts,
                             .trace = trace_,
                             .correlation_id = options_.correlation_id,
                             .span = span(),
                             .timeline = timeline_};
  core_.command_probe()->command_finished(record);
}

}  // namespace eventcore::detail
