#include "eventcore/detail/command_operation.hpp"

#include <exception>
#include <utility>

#include "executor_core.hpp"
#include "waiter.hpp"

namespace eventcore::detail {

namespace {

// A decision that met a newer queued state starts over at once, this often in a row; then it
// counts as a conflict and pauses.
constexpr std::uint32_t kLocalRetriesMax = 64;
constexpr std::size_t kInterferenceKept = 8;

/// Calls user code; an exception becomes `HandlerFailed`.
template <class Call>
Result<void> guarded(std::string_view what, std::string_view command_type, Call&& call) {
  const auto failed = [&](std::string_view why) {
    return make_error(ErrorCode::HandlerFailed, std::string(command_type) + ": " +
                                                    std::string(what) + " threw: " +
                                                    std::string(why));
  };
  try {
    return call();
  } catch (const std::exception& exception) {
    return failed(exception.what());
  } catch (...) {
    return failed("something that is no std::exception");
  }
}

CommandOutcome outcome_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::VersionConflict: return CommandOutcome::ConflictExhausted;
    case ErrorCode::DeadlineExceeded: return CommandOutcome::DeadlineExceeded;
    case ErrorCode::Cancelled: return CommandOutcome::Cancelled;
    case ErrorCode::Overloaded: return CommandOutcome::Overloaded;
    case ErrorCode::CommitInDoubt: return CommandOutcome::InDoubt;
    case ErrorCode::Unavailable:
    case ErrorCode::Corrupt:
    case ErrorCode::ShuttingDown: return CommandOutcome::StoreError;
    default: return CommandOutcome::Invalid;
  }
}

}  // namespace

/// The read under way. The operation waits for it, so it lives long enough.
struct CommandOperation::Read final : ReadOperation {
  explicit Read(CommandOperation& operation) : owner(operation) {}
  CommandOperation& owner;
  std::optional<Result<EventPage>> page;

 protected:
  void completed(Result<EventPage> result) noexcept override {
    page.emplace(std::move(result));
    owner.signal();
  }
};

CommandOperation::CommandOperation(ExecutorCore& core, std::string_view command_type,
                                   const ExecuteOptions& options)
    : core_(core),
      options_(options),
      command_type_(command_type),
      trace_(options.trace ? *options.trace : current_trace()) {}

CommandOperation::~CommandOperation() = default;

// ---- driving ------------------------------------------------------------------------------------

void CommandOperation::execute() noexcept {
  if (core_.scheduler().is_current_thread()) {
    finish(make_error(ErrorCode::WouldDeadlock,
                      "execute() on a worker of the same executor; use submit()"));
    return;
  }
  if (Result<void> entered = core_.enter(false); !entered) {
    finish(std::move(entered).error());
    return;
  }
  waiter_ = &Waiter::local();
  waiter_->prepare();
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
    const TraceScope scope(trace_);
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

CommandOperation::Wait CommandOperation::advance() noexcept {
  const TraceScope scope(trace_);
  Wait wait = Wait::None;
  while (wait == Wait::None && step_ != Step::Done) {
    switch (step_) {
      case Step::Begin: wait = begin(); break;
      case Step::Gather: wait = gather(); break;
      case Step::FoldPage: wait = fold_page(); break;
      case Step::Decide: wait = decide(); break;
      case Step::Settle: wait = settle(); break;
      case Step::Replay: wait = replay(); break;
      case Step::Resume: wait = resume(); break;
      case Step::Done: break;
    }
  }
  return wait;
}

bool CommandOperation::interrupted(Error& error) const {
  if (core_.abandons()) {
    error = make_error(ErrorCode::ShuttingDown, "the executor was shut down meanwhile");
  } else if (options_.stop.stop_requested()) {
    error = make_error(ErrorCode::Cancelled, "a stop was requested; nothing was written");
  } else if (deadline_.expired(core_.clock())) {
    error = make_error(ErrorCode::DeadlineExceeded,
                       "the deadline passed in attempt " + std::to_string(attempts_) +
                           "; nothing was written");
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

// ---- the steps ----------------------------------------------------------------------------------

CommandOperation::Wait CommandOperation::begin() {
  const Clock& clock = core_.clock();
  phases_.measured = core_.measures_phases();
  const Instant now = clock.now();
  const bool submitted = started_ != Instant{};
  if (!submitted) started_ = now;
  last_stamp_ = started_;
  stamp(CommandPhase::Queue);
  const auto patience = options_.deadline.value_or(core_.options().default_deadline);
  deadline_.at = patience >= Instant::max() - started_ ? Instant::max() : started_ + patience;
  if (options_.idempotency_key.size() > limits::kKeyBytes ||
      options_.correlation_id.size() > limits::kKeyBytes ||
      options_.causation_id.size() > limits::kKeyBytes) {
    return finish(make_error(ErrorCode::LimitExceeded,
                             "idempotency key, correlation and causation id have at most " +
                                 std::to_string(limits::kKeyBytes) + " bytes"));
  }
  id_ = mint_uuid(std::chrono::floor<std::chrono::milliseconds>(clock.wall()));
  step_ = Step::Gather;
  return Wait::None;
}

Result<void> CommandOperation::declare_boundary() {
  Result<void> declared = guarded("reads()", command_type_, [&]() -> Result<void> {
    declare(boundary_);
    return {};
  });
  if (!declared) return declared;
  if (boundary_.streams.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      std::string(command_type_) + ": reads() names no stream");
  }
  return {};
}

CommandOperation::Wait CommandOperation::gather() {
  Error error;
  if (interrupted(error)) return finish(std::move(error));
  if (boundary_.streams.empty()) {
    if (Result<void> declared = declare_boundary(); !declared) {
      return finish(std::move(declared).error());
    }
  }
  if (boundary_.streams.size() > limits::kBatchStreams) {
    return finish(make_error(ErrorCode::LimitExceeded,
                             std::string(command_type_) + " reads " +
                                 std::to_string(boundary_.streams.size()) +
                                 " streams, the limit is " +
                                 std::to_string(limits::kBatchStreams)));
  }
  reading_.clear();
  core_.take_cached(boundary_, distrust_cache_, reading_);
  StreamsQuery query = missing_streams();
  if (query.streams.empty()) return next_round();
  return submit_read(std::move(query), Step::FoldPage);
}

StreamsQuery CommandOperation::missing_streams() {
  StreamsQuery query;
  query.at = at_;
  for (const std::uint32_t index : reading_) {
    const BoundaryStream& stream = boundary_.streams[index];
    StreamVersion after{~std::uint64_t{0}};
    for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
      after = std::min(after, boundary_.views[v].version);
    }
    query.streams.push_back({stream.id, after});
  }
  if (boundary_.members.empty() || rounds_ > 0) return query;
  // Merged folds want one page in log order over all their streams, from the beginning.
  query.order = ReadOrder::Log;
  for (std::uint32_t i = 0; i < boundary_.streams.size(); ++i) {
    if (!boundary_.streams[i].merged) continue;
    reading_.push_back(i);
    query.streams.push_back({boundary_.streams[i].id});
  }
  return query;
}

CommandOperation::Wait CommandOperation::submit_read(ReadQuery query, Step then) {
  if (!read_) read_ = std::make_unique<Read>(*this);
  read_->page.reset();
  read_->query = std::move(query);
  read_->deadline = deadline_;
  read_->stop = options_.stop;
  step_ = then;
  arm();
  core_.store().submit_read(*read_);
  return Wait::Store;
}

CommandOperation::Wait CommandOperation::fold_page() {
  stamp(CommandPhase::Read);
  Result<EventPage> page = *std::move(read_->page);
  read_->page.reset();
  if (!page) return finish(std::move(page).error());
  at_ = page->at;
  Result<void> folded =
      guarded("apply()", command_type_, [&] { return fold_events(*page); });
  if (!folded) return finish(std::move(folded).error());

  StreamsQuery rest;
  rest.at = at_;
  rest.order = std::get<StreamsQuery>(read_->query).order;
  std::vector<std::uint32_t> unfinished;
  for (std::size_t i = 0; i < reading_.size(); ++i) {
    if (page->streams[i].complete) continue;
    unfinished.push_back(reading_[i]);
    rest.streams.push_back({boundary_.streams[reading_[i]].id, page->streams[i].reached});
  }
  if (!unfinished.empty()) {
    reading_ = std::move(unfinished);
    stamp(CommandPhase::Fold);
    return submit_read(std::move(rest), Step::FoldPage);
  }
  return next_round();
}

Result<void> CommandOperation::apply(BoundaryView& view, const StoredEvent& event) {
  const int alternative = core_.alternative(*view.fold, event);
  if (alternative == kIgnoredEvent) return {};
  if (alternative == kUnknownEvent) {
    view.cacheable = false;
    if (view.fold->skips_unknown) return {};
    return make_error(ErrorCode::UnknownEventType,
                      "the fold '" + std::string(view.fold->name) + "' does not know '" +
                          std::string(event.type) + "'",
                      event.stream, event.position);
  }
  if (!view.next) view.next = view.state ? view.fold->copy(view.state.get()) : view.fold->make();
  ++events_folded_;
  Result<void> applied = view.fold->apply_stored(view.next.get(), alternative, event);
  if (applied) return applied;
  Error error = std::move(applied).error();
  error.stream = event.stream;
  error.position = event.position;
  return error;
}

Result<void> CommandOperation::fold_events(const EventPage& page) {
  std::uint32_t at = 0;
  for (const StoredEvent& event : page.events) {
    // Events come stream by stream, or mixed for merged reads.
    if (boundary_.streams[at].id.view() != event.stream) {
      const auto found = boundary_.find_stream(event.stream);
      if (!found) return make_error(ErrorCode::Corrupt, "a read returned another stream's event");
      at = *found;
    }
    for (std::uint32_t i = boundary_.streams[at].first_view; i != kNone;
         i = boundary_.views[i].next_of_stream) {
      BoundaryView& view = boundary_.views[i];
      if (event.version <= view.version) continue;
      if (Result<void> applied = apply(view, event); !applied) return applied;
      view.version = event.version;
    }
    if (!boundary_.streams[at].merged) continue;
    for (const MergedMember& member : boundary_.members) {
      if (member.stream != at) continue;
      if (Result<void> applied = apply(boundary_.views[member.view], event); !applied) {
        return applied;
      }
    }
  }
  return finish_streams(page);
}

Result<void> CommandOperation::finish_streams(const EventPage& page) {
  std::vector<std::uint32_t> finished;
  for (std::size_t i = 0; i < reading_.size(); ++i) {
    if (!page.streams[i].complete) continue;
    BoundaryStream& stream = boundary_.streams[reading_[i]];
    stream.basis = page.streams[i].version;
    stream.gathered = true;
    finished.push_back(reading_[i]);
    for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
      BoundaryView& view = boundary_.views[v];
      if (view.next) view.state = std::exchange(view.next, nullptr);
      if (!view.state) view.state = view.fold->make();
      // A cached state may be newer than the position that this attempt reads at. With one fold
      // it is as good; where folds differ, `enqueue` finds the older basis and refuses.
      if (view.version > stream.basis && view.next_of_stream == kNone &&
          stream.first_view == v) {
        stream.basis = view.version;
      }
      view.version = std::max(view.version, stream.basis);
    }
  }
  core_.keep_committed(boundary_, finished);
  for (const std::uint32_t index : finished) {
    if (boundary_.streams[index].merged) continue;
    if (Result<void> applied = apply_pending(boundary_.streams[index]); !applied) return applied;
  }
  return {};
}

Result<void> CommandOperation::apply_pending(BoundaryStream& stream) {
  for (const PendingWrite& write : core_.pending_of(stream)) {
    if (write.after <= stream.basis) continue;  // Already committed, and read.
    // A gap: what is queued builds on more than was read. `enqueue` refuses the decision.
    if (write.before != stream.basis) break;
    Result<void> applied = apply_batch(stream, write.node->batch, write.stream);
    if (!applied) return applied;
    stream.basis = write.after;
    stream.based_on = write.node;
  }
  for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
    BoundaryView& view = boundary_.views[v];
    if (view.next) view.state = std::exchange(view.next, nullptr);
    view.version = std::max(view.version, stream.basis);
  }
  return {};
}

Result<void> CommandOperation::apply_batch(BoundaryStream& stream, const WriteBatch& batch,
                                           std::uint32_t index) {
  StreamVersion version = stream.basis;
  std::string padded;
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    if (event.stream != index) continue;
    version = version + 1;
    padded.assign(event.payload);
    padded.resize(event.payload.size() + limits::kPayloadPadding);
    StoredEvent stored;
    stored.stream = stream.id.view();
    stored.version = version;
    stored.type = event.type;
    stored.type_number = kUnnumbered;
    stored.schema_version = event.schema_version;
    stored.headers = event.headers;
    stored.payload = std::string_view(padded).substr(0, event.payload.size());
    for (std::uint32_t v = stream.first_view; v != kNone; v = boundary_.views[v].next_of_stream) {
      if (Result<void> applied = apply(boundary_.views[v], stored); !applied) return applied;
    }
  }
  return {};
}

CommandOperation::Wait CommandOperation::next_round() {
  for (BoundaryView& view : boundary_.views) {
    if (!view.merged) continue;
    if (view.next) view.state = std::exchange(view.next, nullptr);
    if (!view.state) view.state = view.fold->make();
  }
  const std::size_t views_before = boundary_.views.size();
  Result<void> discovered = guarded("discover()", command_type_, [&]() -> Result<void> {
    discover(boundary_);
    return {};
  });
  if (!discovered) return finish(std::move(discovered).error());
  if (boundary_.views.size() == views_before) {
    step_ = Step::Decide;
    return Wait::None;
  }
  if (++rounds_ > limits::kDiscoveryRounds) {
    return finish(make_error(ErrorCode::LimitExceeded,
                             std::string(command_type_) + ": discover() still asks for streams " +
                                 "after " + std::to_string(limits::kDiscoveryRounds) + " rounds"));
  }
  // A known stream may get another fold, and is then gathered again.
  for (std::size_t i = views_before; i < boundary_.views.size(); ++i) {
    BoundaryStream& stream = boundary_.streams[boundary_.views[i].stream];
    if (stream.merged) {
      return finish(make_error(ErrorCode::InvalidArgument,
                               "discover() asks for a stream that merged<F>() reads",
                               stream.id.view()));
    }
    stream.gathered = false;
    stream.based_on = {};
  }
  step_ = Step::Gather;
  return Wait::None;
}

void CommandOperation::prepare_batch() {
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
    batch.add_stream(stream.id, ExpectedVersion::exactly(stream.basis));
  }
  node_->deadline = deadline_;
  node_->stop = options_.stop;
}

CommandOperation::Wait CommandOperation::decide() {
  stamp(CommandPhase::Fold);
  prepare_batch();
  EmissionSink sink(boundary_, node_->batch, options_.headers);
  Verdict verdict;
  Result<void> handled = guarded("handle()", command_type_, [&]() -> Result<void> {
    verdict = handle(boundary_, sink);
    if (sink.error()) return *sink.error();
    return {};
  });
  if (!handled) return finish(std::move(handled).error());
  if (verdict.kind == Verdict::Kind::Failed) {
    return finish(make_error(ErrorCode::HandlerFailed,
                             std::string(command_type_) + ": " + verdict.failure));
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
  arm();
  step_ = Step::Settle;
  if (core_.enqueue(boundary_, node_, *this)) return Wait::Store;

  // Another command of this process was faster: decide again on what it has queued. A merged fold
  // can't see that, and waits.
  const bool must_wait = !boundary_.members.empty() || ++local_retries_ % kLocalRetriesMax == 0;
  start_over();
  if (must_wait) {
    return retry(make_error(ErrorCode::VersionConflict,
                            "other commands of this process keep changing what it reads"));
  }
  step_ = Step::Gather;
  return Wait::None;
}

void CommandOperation::start_over() noexcept {
  core_.settle(boundary_, nullptr, false);
  boundary_.clear();
  node_ = {};
  at_.reset();
  rounds_ = 0;
}

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
  core_.settle(boundary_, node_.get(), result && !result->replayed);
  node_->predecessors.clear();
  node_->dependencies.clear();
  if (!result) {
    if (result.error().code == ErrorCode::VersionConflict) return retry(result.error());
    return finish(result.error());
  }
  if (!result->replayed) return finish(outcome_);
  replayed_ = true;
  LogQuery first;
  first.after = {result->first.value - 1};
  first.until = result->last;
  first.with_batch = true;
  return submit_read(std::move(first), Step::Replay);
}

CommandOperation::Wait CommandOperation::replay() {
  Result<EventPage> page = *std::move(read_->page);
  read_->page.reset();
  if (!page) return finish(std::move(page).error());
  node_->replay = *std::move(page);
  return finish(CommandOutcome::Replayed);
}

CommandOperation::Wait CommandOperation::retry(const Error& conflict) {
  if (interference_.size() == kInterferenceKept) interference_.erase(interference_.begin());
  interference_.push_back({conflict.stream, conflict.conflict.value_or(Conflict{})});
  if (attempts_ >= core_.options().attempts_max) {
    Error error = conflict;
    error.message = std::string(command_type_) + " gave up after " + std::to_string(attempts_) +
                    " attempts: " + conflict.message;
    return finish(std::move(error));
  }
  start_over();
  distrust_cache_ = true;
  resume_at_ = core_.clock().now() + core_.backoff(attempts_);
  ++attempts_;
  step_ = Step::Resume;
  return Wait::Backoff;
}

CommandOperation::Wait CommandOperation::resume() {
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
  std::vector<StreamTouch> touches;
  touches.reserve(boundary_.streams.size());
  std::uint32_t written = 0;
  const bool stored = outcome_ == CommandOutcome::Committed;
  for (const BoundaryStream& stream : boundary_.streams) {
    const std::uint32_t events = stored ? stream.emitted : 0;
    written += events;
    touches.push_back({stream.id.view(), stream.basis, events, stream.discovered});
  }
  std::vector<ConflictRecord> conflicts;
  conflicts.reserve(interference_.size());
  for (const Interference& one : interference_) conflicts.push_back({one.stream, &one.conflict});

  CommandRecord record;
  record.command_type = command_type_;
  record.command_id = id_;
  record.outcome = outcome_;
  record.error = error_ ? &*error_ : nullptr;
  record.rejection_code = rejection_code_;
  record.started = started_;
  record.duration = core_.clock().now() - started_;
  record.phases = phases_;
  record.attempts = attempts_;
  record.discovery_rounds = rounds_;
  record.events_written = written;
  record.events_folded = events_folded_;
  if (stored) {
    record.bytes_written = node_->batch.byte_count();
    record.first_position = node_->result()->first;
  }
  record.streams = touches;
  record.conflicts = conflicts;
  record.trace = trace_;
  record.correlation_id = options_.correlation_id;
  core_.command_probe()->command_finished(record);
}

}  // namespace eventcore::detail
