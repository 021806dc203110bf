#include "eventcore/detail/command_operation.hpp"

#include <algorithm>
#include <utility>

#include "command_read.hpp"
#include "executor_core.hpp"
#include "thread_cache.hpp"
#include "user_code.hpp"
#include "waiter.hpp"

namespace eventcore::detail {

namespace {

// A decision that met a newer queued state starts over at once, this often in a row; then it
// counts as a conflict and pauses.
constexpr std::uint32_t kLocalRetriesMax = 64;

/// Finished boundaries of one thread, kept for their memory.
class BoundaryPool {
 public:
  BoundaryPool() { kept_.reserve(kKeptMax); }

  static void take(Boundary& boundary) noexcept {
    auto* const pool = thread_cache<BoundaryPool>();
    if (pool == nullptr || pool->kept_.empty()) return;
    boundary = std::move(pool->kept_.back());
    pool->kept_.pop_back();
  }
  static void give(Boundary& boundary) {
    auto* const pool = thread_cache<BoundaryPool>();
    if (pool == nullptr || pool->kept_.size() == kKeptMax ||
        boundary.streams.capacity() > kStreamsMax) {
      return;
    }
    boundary.clear();
    pool->kept_.push_back(std::move(boundary));
  }

 private:
  static constexpr std::size_t kKeptMax = 64;
  static constexpr std::size_t kStreamsMax = 64;
  std::vector<Boundary> kept_;
};

}  // namespace

CommandOperation::CommandOperation(ExecutorCore& core, std::string_view command_type,
                                   const ExecuteOptions& options)
    : core_(core),
      options_(options),
      command_type_(command_type),
      trace_(options.trace ? *options.trace : current_trace()) {
  if (Probe* const probe = core.trace_probe()) {
    span_ = probe->begin_trace(trace_);
    trace_ = span_.context;
  }
  BoundaryPool::take(boundary_);
}

CommandOperation::~CommandOperation() { BoundaryPool::give(boundary_); }

void CommandOperation::execute() noexcept {
  if (core_.scheduler().is_current_thread()) {
    finish(make_error(ErrorCode::WouldDeadlock,
                      "execute() on a worker of the same executor; use submit()"));
    return;
  }
  if (in_user_code()) {
    finish(make_error(ErrorCode::WouldDeadlock,
                      "execute() inside another command's reads(), discover(), handle() or "
                      "apply(): these only look and decide"));
    return;
  }
  if (Result<void> entered = core_.enter(false); !entered) {
    finish(std::move(entered).error());
    return;
  }
  waiter_ = &Waiter::local();
  waiter_->begin();
  {
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
    if (options_.stop.stop_possible()) {
      on_stop.emplace(options_.stop, [waiter = waiter_] { waiter->interrupt(); });
    }
    for (Wait wait = advance(); step_ != Step::Done; wait = advance()) {
      if (wait == Wait::Store) await_store();
      if (wait == Wait::Backoff) waiter_->wait_until(std::min(resume_at_, deadline_.at));
    }
  }
  core_.leave();
}

void CommandOperation::await_store() noexcept {
  if (meet()) return;
  const bool appending = step_ == Step::Settle;
  if (!appending || waiter_->wait_until(deadline_.at)) {
    waiter_->wait();
    waiter_->prepare();
    return;
  }
  // Too late, or stopped: take the append back, unless it is being committed. It is over for this
  // command once the store can't signal it any more.
  if (node_->cancel() && node_->detach()) {
    taken_back_ = true;
  } else {
    waiter_->wait();
  }
  waiter_->prepare();
}

Result<void> CommandOperation::submit() noexcept {
  started_ = core_.clock().now();
  if (Result<void> entered = core_.enter(true); !entered) {
    finish(entered.error());
    return entered;
  }
  core_.start_workers();
  core_.scheduler().post(*this);
  return {};
}

void CommandOperation::run() noexcept {
  ExecutorCore& core = core_;
  while (true) {
    const Wait wait = advance();
    if (step_ == Step::Done) break;
    if (wait == Wait::Store && !meet()) return;
    if (wait == Wait::Backoff) {
      core_.scheduler().post_at(*this, std::min(resume_at_, deadline_.at));
      return;
    }
  }
  {
    const SpanFrame frame = this->frame();
    const FrameScope scope(frame);
    deliver();
  }
  core.leave();
}

void CommandOperation::signal() noexcept {
  Waiter* const waiter = waiter_;
  ExecutorCore& core = core_;
  if (!meet()) return;  // The driver has not gone to sleep; it goes on by itself.
  if (waiter != nullptr) {
    waiter->notify();
  } else {
    core.scheduler().post(*this);
  }
}

SpanFrame CommandOperation::frame() const noexcept {
  return {command_type_, trace_, options_.correlation_id, current_frame()};
}

CommandOperation::Wait CommandOperation::advance() noexcept {
  const SpanFrame frame = this->frame();
  const FrameScope scope(frame);
  Wait wait = Wait::None;
  while (wait == Wait::None && step_ != Step::Done) {
    switch (step_) {
      case Step::Begin:
        wait = begin();
        break;
      case Step::Gather:
        wait = gather();
        break;
      case Step::FoldPage:
        wait = fold_page();
        break;
      case Step::Decide:
        wait = decide();
        break;
      case Step::Settle:
        wait = settle();
        break;
      case Step::Replay:
        wait = replay();
        break;
      case Step::Resume:
        wait = resume();
        break;
      case Step::Done:
        break;
    }
  }
  return wait;
}

bool CommandOperation::interrupted(Error& error) const {
  // The first attempt has just read the clock.
  const bool late = attempts_ > 1 || local_retries_ > 0 || taken_back_
                        ? deadline_.expired(core_.clock())
                        : deadline_.at <= began_;
  if (core_.abandons()) {
    error = make_error(ErrorCode::ShuttingDown, "the executor was shut down meanwhile");
  } else if (options_.stop.stop_requested()) {
    error = make_error(ErrorCode::Cancelled, "a stop was requested; nothing was written");
  } else if (late) {
    error = make_error(
        ErrorCode::DeadlineExceeded,
        "the deadline passed in attempt " + std::to_string(attempts_) + "; nothing was written");
  } else {
    return false;
  }
  return true;
}

void CommandOperation::stamp(CommandPhase phase) noexcept {
  if (!phases_.measured) return;
  const Instant now = core_.clock().now();
  phases_[phase] += now - last_stamp_;
  last_stamp_ = now;
}

const CommandTrace* CommandOperation::span() const noexcept {
  return core_.trace_probe() != nullptr ? &span_ : nullptr;
}

void CommandOperation::end_attempt(Instant now) noexcept {
  if (!span_.is_measured || attempt_began_ == Instant{}) return;
  AttemptRecord attempt{.started = attempt_began_, .ended = now, .phases = phases_};
  attempt.phases[CommandPhase::Queue] = attempt.phases[CommandPhase::Backoff] = {};
  for (const AttemptRecord& earlier : timeline_) {
    for (std::size_t i = 0; i < kCommandPhases; ++i) attempt.phases.at[i] -= earlier.phases.at[i];
  }
  timeline_.push_back(attempt);
}

CommandOperation::Wait CommandOperation::begin() {
  const Clock& clock = core_.clock();
  is_timing_sample_ = core_.measures_phases();
  phases_.measured = is_timing_sample_ || span_.is_measured;
  began_ = clock.now();
  attempt_began_ = began_;
  if (started_ == Instant{}) started_ = began_;
  if (Probe* const probe = core_.start_probe()) {
    probe->command_started({command_type_, trace_, options_.correlation_id});
  }
  if (phases_.measured) phases_[CommandPhase::Queue] = began_ - started_;
  last_stamp_ = began_;
  const auto patience = options_.deadline.value_or(core_.options().default_deadline);
  deadline_.at = patience >= Instant::max() - started_ ? Instant::max() : started_ + patience;
  if (options_.idempotency_key.size() > limits::kKeyBytes ||
      options_.correlation_id.size() > limits::kKeyBytes ||
      options_.causation_id.size() > limits::kKeyBytes) {
    return finish(make_error(ErrorCode::LimitExceeded,
                             "idempotency key, correlation and causation id have at most " +
                                 std::to_string(limits::kKeyBytes) + " bytes"));
  }
  id_ = mint_uuid_now(clock);
  step_ = Step::Gather;
  return Wait::None;
}

void CommandOperation::prepare_batch(Streams which) {
  node_ = AppendNode::make();
  WriteBatch& batch = node_->batch;
  batch.info.id = id_;
  batch.info.command_type = command_type_;
  batch.info.key = options_.idempotency_key;
  batch.info.correlation_id = options_.correlation_id;
  batch.info.causation_id = options_.causation_id;
  batch.info.trace = trace_;
  batch.info.decision.attempts = attempts_;
  batch.info.decision.interference = interference_;
  for (BoundaryStream& stream : boundary_.streams) {
    stream.emitted = 0;
    if (which == Streams::Gathered && !stream.gathered) continue;
    batch.add_stream(stream.id, ExpectedVersion::exactly(stream.basis));
  }
  node_->deadline = deadline_;
  node_->stop = options_.stop;
}

CommandOperation::Wait CommandOperation::decide() {
  stamp(CommandPhase::Fold);
  prepare_batch(Streams::All);
  EmissionSink sink(boundary_, node_->batch, options_.headers);
  Verdict verdict;
  Result<void> handled = guarded("handle()", command_type_, [&]() -> Result<void> {
    verdict = handle(boundary_, sink);
    if (sink.error()) return *sink.error();
    return {};
  });
  if (!handled) return check_failure(std::move(handled).error());
  if (verdict.kind == Verdict::Kind::Failed) {
    return check_failure(
        make_error(ErrorCode::HandlerFailed, std::string(command_type_) + ": " + verdict.failure));
  }
  outcome_ = CommandOutcome::Committed;
  rejection_code_ = verdict.rejection_code;
  if (verdict.kind == Verdict::Kind::Rejected) {
    outcome_ = CommandOutcome::Rejected;
    node_->batch.clear_events();
    for (BoundaryStream& stream : boundary_.streams) stream.emitted = 0;
  } else if (node_->batch.event_count() == 0) {
    outcome_ = CommandOutcome::NoEvents;
  }
  stamp(CommandPhase::Handle);
  return enqueue();
}

CommandOperation::Wait CommandOperation::check_failure(Error error) {
  stamp(step_ == Step::Decide ? CommandPhase::Handle : CommandPhase::Fold);
  prepare_batch(Streams::Gathered);
  if (node_->batch.streams().empty() && options_.idempotency_key.empty()) {
    return finish(std::move(error));
  }
  failure_ = std::move(error);
  return enqueue();
}

CommandOperation::Wait CommandOperation::enqueue() {
  arm();
  step_ = Step::Settle;
  if (core_.enqueue(boundary_, node_, *this)) return Wait::Store;

  // Another command of this process was faster: decide again on what it has queued. A merged fold
  // can't see that, and waits.
  const bool must_wait = !boundary_.members.empty() || ++local_retries_ % kLocalRetriesMax == 0;
  start_over();
  if (must_wait) {
    return retry(make_error(ErrorCode::VersionConflict,
                            "other commands of this process keep changing what it reads"),
                 true);
  }
  step_ = Step::Gather;
  return Wait::None;
}

void CommandOperation::start_over() noexcept {
  core_.settle(boundary_, nullptr, false);
  boundary_.clear();
  node_ = {};
  failure_.reset();
  at_.reset();
  rounds_ = 0;
}

}  // namespace eventcore::detail
