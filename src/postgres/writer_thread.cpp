#include "writer_thread.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <utility>

#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore::postgres {
namespace {

// A serialization failure or deadlock can only come from somebody else's locks on our tables.
constexpr int kRepetitionsMax = 10;
constexpr std::size_t kManyWait = 32;

// An import whose submitter waits for it.
class ImportOperation final : public AppendOperation {
 public:
  void completed(Result<WriteResult> outcome) noexcept override {
    const detail::MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
    done_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] Result<WriteResult> wait() {
    detail::MutexLock lock(mutex_);
    while (!done_) changed_.wait(lock);
    return outcome_;
  }

 private:
  detail::Mutex mutex_;
  std::condition_variable_any changed_;
  Result<WriteResult> outcome_ = WriteResult{};
  bool done_ = false;
};

// Whether a refusal says nothing about the server.
bool is_our_own(std::string_view state) {
  return state == sqlstate::kLockNotAvailable || state.starts_with("EC");
}

// What a submitter is told of a transaction that ended without effect.
Error refusal_of(const Failure& failure) {
  Error error = failure.error;
  if (failure.state == sqlstate::kLockNotAvailable) {
    error.message = "others kept the right to append for too long; " + error.message;
  } else if (failure.state == sqlstate::kWrongPosition) {
    error = make_error(ErrorCode::VersionConflict, error.message);
  } else if (failure.state == sqlstate::kWrongTime) {
    error = make_error(ErrorCode::InvalidArgument, error.message);
  }
  return error;
}

}  // namespace

WriterStatements::WriterStatements(const std::string& schema)
    : append(for_schema(sql::append, schema)),
      read_details(for_schema(sql::read_details, schema)),
      give_up(for_schema(sql::give_up, schema)),
      read_log_end(for_schema(sql::read_log_end, schema)) {}

WriterThread::WriterThread(StoreState& state, std::function<void(Position)> announce)
    : state_(state),
      announce_(std::move(announce)),
      sql_(state.options.schema),
      interests_(state.options.probe ? state.options.probe->interests()
                                     : ProbeInterests{.commands = false, .groups = false}),
      queue_(state.options.queue_operations_max, state.options.queue_bytes_max),
      heads_(state.options.heads_cached_max),
      turns_{{state, heads_}, {state, heads_}},
      writer_(mint_uuid_now(*state.options.clock)),
      backoff_(kBackoffFirst) {}

WriterThread::~WriterThread() { ignore_error(close({}), "who wants to know closes before"); }

Instant WriterThread::answer_by() const {
  return std::chrono::steady_clock::now() + state_.options.statement_timeout;
}

Result<void> WriterThread::open() {
  auto opened = Connection::open(state_.options);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  if (auto prepared = prepare_schema(connection_, state_.options); !prepared) return prepared;
  auto end = connection_.run(sql_.read_log_end.c_str(), {}, answer_by());
  if (!end) return end.error();
  state_.signal.publish({end->count(0, 0)});
  state_.streams.store(end->count(0, 1), std::memory_order_relaxed);
  state_.note_append(end->number(0, 2));
  if (state_.options.read_only) {
    connection_.close();
    return {};
  }
  return raise_fence();
}

void WriterThread::start() {
  {
    const detail::MutexLock lock(mutex_);
    ended_ = false;
  }
  thread_ = std::thread([this] {
    prctl(PR_SET_NAME, "eventcore-write", 0, 0, 0);
    loop();
    Import late;  // came when the thread had looked for the last time
    {
      const detail::MutexLock lock(mutex_);
      late = std::exchange(import_, {});
    }
    if (late.operation != nullptr) late.operation->finish(shutting_down());
    const detail::MutexLock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  });
}

Result<void> WriterThread::close(Deadline deadline) {
  refuse_more();
  closing_.store(true, std::memory_order_release);
  queue_.wake();
  detail::MutexLock lock(mutex_);
  while (!ended_) {
    if (deadline.is_never()) {
      changed_.wait(lock);
    } else if (changed_.wait_until(lock, deadline.at) == std::cv_status::timeout && !ended_) {
      return make_error(ErrorCode::DeadlineExceeded, "the store is still writing");
    }
  }
  // The thread is past its last lock. Two closers may come here, one of them joins.
  if (thread_.joinable()) {
    std::thread ending = std::exchange(thread_, std::thread());
    lock.unlock();
    ending.join();
  }
  return {};
}

void WriterThread::submit(AppendOperation& operation) noexcept {
  if (state_.options.read_only) {
    return detail::refuse(operation, make_error(ErrorCode::Unavailable, "the store is read-only"));
  }
  if (refusing_.load(std::memory_order_acquire)) return detail::refuse(operation, shutting_down());
  if (auto sealed = operation.batch.seal(); !sealed)
    return detail::refuse(operation, sealed.error());
  detail::enqueue(queue_, operation, *state_.options.clock);
}

Result<void> WriterThread::import_batch(WriteBatch& batch, Position first, Timestamp time) {
  if (first.value == 0) return make_error(ErrorCode::VersionConflict, "positions begin at 1");
  ImportOperation operation;
  operation.batch = std::move(batch);
  if (auto sealed = operation.batch.seal(); !sealed) return sealed;
  {
    detail::MutexLock lock(mutex_);
    while (import_.operation != nullptr && !ended_) changed_.wait(lock);
    if (ended_ || closing_.load(std::memory_order_acquire) ||
        refusing_.load(std::memory_order_acquire))
      return shutting_down();
    import_ = {&operation, first, time};
  }
  queue_.wake();
  auto outcome = operation.wait();
  batch = std::move(operation.batch);
  if (!outcome) return outcome.error();
  return {};
}

void WriterThread::loop() {
  for (;;) {
    waiting_.add(queue_.take());
    Import import;
    {
      const detail::MutexLock lock(mutex_);
      import = import_;
    }
    if (import.operation != nullptr) run_import(import);
    if (again_.front() != nullptr || waiting_.front() != nullptr) {
      run_groups();
      continue;
    }
    if (import.operation != nullptr) continue;
    if (!closing_.load(std::memory_order_acquire)) {
      queue_.sleep(Instant::max());
      continue;
    }
    if (queue_closed_) break;
    queue_closed_ = true;
    waiting_.add(queue_.take_and_close());
  }
  if (unsynced_) sync();
  connection_.close();
}

// Whether there is a connection. Without one, operations wait as long as they would for the lock.
bool WriterThread::make_ready() {
  if (connection_.is_open()) return true;
  auto connected = connect();
  if (connected) {
    backoff_ = kBackoffFirst;
    tell_available(true);
    return true;
  }
  waiting_.add(queue_.take());
  waiting_.expire(queue_, state_.options.clock->now());
  fail_overdue(connected.error());
  if (waiting_.front() == nullptr && again_.front() == nullptr) return false;
  tell_available(false);
  queue_.sleep(std::chrono::steady_clock::now() + backoff_);
  backoff_ = std::min(backoff_ * 2, kBackoffMax);
  return false;
}

// Nothing is in doubt here; a new fence all the same, for the server may have lost the old one.
Result<void> WriterThread::connect() {
  auto opened = Connection::open(state_.options);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  auto raised = raise_fence();
  if (!raised) connection_.close();
  return raised;
}

void WriterThread::fail_overdue(const Error& error) {
  const Instant now = state_.options.clock->now();
  const auto overdue = [&](const AppendOperation& operation) -> std::optional<Error> {
    if (now - operation.submitted_at < state_.options.lock_timeout) return std::nullopt;
    return error;
  };
  again_.sift(queue_, overdue);
  waiting_.sift(queue_, overdue);
}

void WriterThread::run_groups() {
  if (!make_ready()) return;
  waiting_.add(queue_.take());
  fill_group();
  while (!group().is_settled()) {
    const bool done = append_group({}, state_.options.clock->wall(), false);
    Turn& decided = *turn_;
    const bool goes_on = done && begin_next_group();
    finish_group(decided);
    if (done) report_group(decided);
    if (!goes_on) return;
  }
  finish_group(*turn_);
  report_group(*turn_);
}

void WriterThread::finish_group(Turn& turn) {
  turn.traces.clear();
  if (interests_.traces) turn.group.add_traces(turn.traces);
  detail::WaitingList again = turn.group.finish(&queue_);
  again_.add(again.front());
}

void WriterThread::fill_group() {
  const AppendOperation* oldest = (again_.front() != nullptr ? again_ : waiting_).front();
  turn_->began = state_.options.clock->now();
  turn_->queue_wait = turn_->began - oldest->submitted_at;
  turn_->is_sent = false;
  turn_->lock_wait.reset();
  group().begin();
  while (again_.front() != nullptr && group().has_room_for(*again_.front())) {
    group().admit(*again_.pop(), true);
  }
  // Who is to be planned again is never overtaken.
  if (again_.front() != nullptr) return;
  while (waiting_.front() != nullptr && group().has_room_for(*waiting_.front())) {
    group().admit(*waiting_.pop(), false);
  }
}

// Where many wait, the server begins with the next group before the submitters of the last one are
// told. Few who wait for each other's answers would come in two halves that take turns.
bool WriterThread::begin_next_group() {
  if (group().has_members_to_plan_again()) return false;
  {
    const detail::MutexLock lock(mutex_);
    if (import_.operation != nullptr) return false;
  }
  waiting_.add(queue_.take());
  if (waiting_.size() < kManyWait) return false;
  turn_ = turn_ == &turns_[0] ? &turns_[1] : &turns_[0];
  fill_group();
  if (group().is_settled()) return true;
  write_plan({}, state_.options.clock->wall(), false);
  turn_->is_sent = true;
  static_cast<void>(
      connection_.send_often(sql_.append.c_str(), turn_->plan, answer_by(), turn_->send_failure));
  return true;
}

void WriterThread::run_import(Import import) {
  AppendOperation& operation = *import.operation;
  if (!connection_.is_open()) {
    auto connected = connect();
    if (!connected) operation.finish(connected.error());
  }
  if (connection_.is_open()) {
    group().begin();
    group().admit(operation, false);
    unsynced_ = true;
    static_cast<void>(append_group(import.first, import.time, true));
    // Nobody else writes meanwhile, so there is nothing to plan again.
    detail::WaitingList again = group().finish(nullptr);
    if (again.front() != nullptr) {
      again.pop()->finish(make_error(ErrorCode::VersionConflict, "others write to the store"));
    }
  }
  const detail::MutexLock lock(mutex_);
  import_ = {};
  changed_.notify_all();
}

void WriterThread::write_plan(Position first, Timestamp time, bool relaxed) {
  Parameters& plan = turn_->plan;
  plan.clear();
  plan.add(writer_).add(fence_).add(lock_wait_ms());
  plan.add(relaxed || state_.options.durability != Durability::Full);
  group().write_plan(plan, first, time);
}

// Sends the group until it is decided. False: there is no answer worth a report.
bool WriterThread::append_group(Position first, Timestamp time, bool relaxed) {
  for (int repetition = 0;; ++repetition) {
    if (!turn_->is_sent) write_plan(first, time, relaxed);
    const Failure failure = try_group();
    if (failure.error.message.empty()) break;
    if (!failure.answered) {
      recover(failure.error);
      return false;
    }
    const bool fenced = failure.state == sqlstate::kFenced;
    if (repetition < kRepetitionsMax && (failure.may_be_repeated() || (fenced && raise_fence()))) {
      continue;
    }
    group().fail(refusal_of(failure));
    // A server that has become a standby, for instance, refuses for ever: look for another one.
    if (!is_our_own(failure.state)) connection_.close();
    return false;
  }
  if (!relaxed) unsynced_ = false;
  if (group().needs_details()) read_details();
  if (group().has_stored_events()) {
    state_.note_append(group().time().time_since_epoch().count());
  }
  state_.signal.publish(group().head());
  if (group().has_stored_events()) announce_(group().head());
  return true;
}

// An empty message: done.
Failure WriterThread::try_group() {
  Failure& failure = turn_->send_failure;
  if (!std::exchange(turn_->is_sent, false)) {
    static_cast<void>(
        connection_.send_often(sql_.append.c_str(), turn_->plan, answer_by(), failure));
  }
  if (!failure.error.message.empty()) return failure;
  auto answer = connection_.receive(answer_by(), failure);
  if (!answer) return failure;
  if (connection_.was_warned()) {
    failure.error =
        make_error(ErrorCode::CommitInDoubt, "PostgreSQL: a warning came with the commit");
    return failure;
  }
  const std::chrono::microseconds waited(answer->number(0, 7));
  turn_->lock_wait = waited;
  lock_wait_us_.fetch_add(waited.count(), std::memory_order_relaxed);
  group().read_answer(*answer);
  return {};
}

void WriterThread::read_details() {
  Parameters questions;
  group().write_questions(questions);
  auto details = connection_.run(sql_.read_details.c_str(), questions, answer_by());
  if (details) {
    group().read_details(*details);
  } else {
    group().go_without_details(details.error());
  }
}

void WriterThread::report_group(const Turn& turn) noexcept {
  if (!interests_.groups) return;
  state_.options.probe->group_committed({
      .commands = turn.group.stored(),
      .rejected = turn.group.rejected(),
      .events = static_cast<std::uint32_t>(turn.group.events()),
      .bytes = turn.group.bytes(),
      .queue_depth = static_cast<std::uint32_t>(queue_.size()),
      .queue_wait_max = turn.queue_wait,
      .commit = state_.options.clock->now() - turn.began,
      .head = turn.group.head(),
      .lock_wait = turn.lock_wait,
      .traces = turn.traces,
  });
}

// What was imported is on disk with any later commit that waits for it.
void WriterThread::sync() {
  if (!connection_.is_open() && !connect()) return;
  ignore_error(raise_fence(), "a later restore finds out");
}

}  // namespace eventcore::postgres
