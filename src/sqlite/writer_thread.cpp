#include "writer_thread.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <utility>

namespace eventcore::sqlite {
namespace {

constexpr std::chrono::milliseconds kPollFirst{10};
constexpr std::chrono::milliseconds kPollMax{100};

}  // namespace

WriterThread::WriterThread(StoreState& state)
    : state_(state),
      queue_(state.options.queue_operations_max, state.options.queue_bytes_max),
      file_(state),
      group_(state, file_),
      interests_(state.options.probe ? state.options.probe->interests()
                                     : ProbeInterests{.commands = false, .groups = false}),
      poll_interval_(kPollFirst) {}

WriterThread::~WriterThread() { ignore_error(close({}), "who wants to know closes before"); }

Result<void> WriterThread::open() {
  if (auto connected = file_.connect(); !connected) return connected;
  return file_.load();
}

void WriterThread::start() {
  {
    const detail::MutexLock lock(mutex_);
    ended_ = false;
  }
  thread_ = std::thread([this] {
    prctl(PR_SET_NAME, "eventcore-write", 0, 0, 0);
    auto outcome = loop();
    const detail::MutexLock lock(mutex_);
    outcome_ = std::move(outcome);
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
  Result<void> outcome = outcome_;
  // The thread is past its last lock. Two closers may come here, one of them joins.
  if (thread_.joinable()) {
    std::thread ending = std::exchange(thread_, std::thread());
    lock.unlock();
    ending.join();
  }
  return outcome;
}

void WriterThread::submit(AppendOperation& operation) noexcept {
  if (state_.options.read_only) {
    return detail::refuse(operation, make_error(ErrorCode::Unavailable, "the store is read-only"));
  }
  if (refusing_.load(std::memory_order_acquire)) return detail::refuse(operation, shutting_down());
  if (auto sealed = operation.batch.seal(); !sealed)
    return detail::refuse(operation, sealed.error());
  if (!available_.load(std::memory_order_acquire)) {
    return detail::refuse(operation, make_error(ErrorCode::Unavailable,
                                                "the store is recovering from a failed commit"));
  }
  detail::enqueue(queue_, operation, *state_.options.clock);
}

void WriterThread::watch() noexcept {
  if (watchers_.fetch_add(1, std::memory_order_relaxed) == 0) queue_.wake();
}

Result<void> WriterThread::catch_up(Deadline deadline) {
  detail::MutexLock lock(mutex_);
  const std::uint64_t wanted = ++looks_wanted_;
  queue_.wake();
  while (looks_done_ < wanted) {
    if (ended_) return shutting_down();
    if (deadline.is_never()) {
      changed_.wait(lock);
    } else if (changed_.wait_until(lock, deadline.at) == std::cv_status::timeout &&
               looks_done_ < wanted) {
      return make_error(ErrorCode::DeadlineExceeded, "the store is still catching up with others");
    }
  }
  return look_outcome_;
}

Result<void> WriterThread::run(Job job, bool synced) {
  if (refusing_.load(std::memory_order_acquire)) return shutting_down();
  auto request = std::make_unique<Request>();
  request->job = std::move(job);
  request->synced = synced;
  std::future<Result<void>> done = request->done.get_future();
  {
    const detail::MutexLock lock(mutex_);
    if (requests_closed_ || ended_) return shutting_down();
    requests_.push_back(std::move(request));
  }
  queue_.wake();
  return done.get();
}

Result<void> WriterThread::loop() {
  for (;;) {
    // Checks and other stores' events bring heads into memory too, not only groups that write.
    file_.trim_heads();
    waiting_.add(queue_.take());
    serve_requests();
    if (waiting_.front() != nullptr) {
      run_group();
      continue;
    }
    if (!closing_.load(std::memory_order_acquire)) {
      idle();
      continue;
    }
    if (queue_closed_) break;
    queue_closed_ = true;
    waiting_.add(queue_.take_and_close());
    const detail::MutexLock lock(mutex_);
    requests_closed_ = true;
  }
  return finish_file();
}

void WriterThread::idle() {
  if (watchers_.load(std::memory_order_relaxed) == 0) {
    poll_interval_ = kPollFirst;
    queue_.sleep(Instant::max());
    return;
  }
  queue_.sleep(std::chrono::steady_clock::now() + poll_interval_);
  if (!queue_.is_empty()) return;
  const Position before = state_.head();
  // Whoever needs to know why asks for a look. A file that is read as it was never shows more:
  // those who wait for it are sent to ask.
  if (!look_for_events() && file_.connection().is_immutable()) state_.signal.close();
  poll_interval_ =
      state_.head() != before ? kPollFirst : std::min(poll_interval_ * 3 / 2, kPollMax);
}

void WriterThread::serve_requests() {
  std::uint64_t looks = 0;
  bool look = false;
  {
    const detail::MutexLock lock(mutex_);
    looks = looks_wanted_;
    look = looks_done_ < looks;
  }
  if (look) end_looks(looks, look_for_events());
  for (const auto& request : take_requests()) request->done.set_value(run_job(*request));
}

void WriterThread::end_looks(std::uint64_t looks, Result<void> outcome) {
  const detail::MutexLock lock(mutex_);
  looks_done_ = std::max(looks_done_, looks);
  look_outcome_ = std::move(outcome);
  changed_.notify_all();
}

std::vector<std::unique_ptr<WriterThread::Request>> WriterThread::take_requests() {
  const detail::MutexLock lock(mutex_);
  return std::exchange(requests_, {});
}

// While the file can't be used, jobs fail, and so do reads that have to catch up with others.
void WriterThread::refuse_requests(const Error& error) {
  std::uint64_t looks = 0;
  {
    const detail::MutexLock lock(mutex_);
    looks = looks_wanted_;
  }
  end_looks(looks, error);
  for (const auto& request : take_requests()) request->done.set_value(error);
}

Result<void> WriterThread::look_for_events() {
  if (auto prepared = make_ready(file_.is_weaker()); !prepared) return prepared;
  return file_.catch_up_alone();
}

void WriterThread::run_group() {
  // Only a group that writes needs a turn and a transaction; checks need to be up to date.
  const AppendOperation* operation = waiting_.front();
  while (operation != nullptr && operation->batch.event_count() == 0) operation = operation->next;
  if (operation == nullptr) {
    check_group();
  } else {
    write_group();
  }
}

Result<void> WriterThread::fill_group() {
  group_.begin(file_.group_time());
  while (waiting_.front() != nullptr && group_.has_room_for(*waiting_.front())) {
    if (auto admitted = group_.admit(*waiting_.pop()); !admitted) return admitted;
  }
  return {};
}

void WriterThread::check_group() {
  const Instant began = state_.options.clock->now();
  const Instant submitted = waiting_.front()->submitted_at;
  Result<void> done = make_ready(file_.is_weaker());
  if (done) {
    const ReadTransaction transaction(file_.connection());
    done = transaction.begun() ? file_.catch_up() : file_.error("can't read");
    if (done) done = fill_group();
  }
  if (!done) {
    group_.fail(done.error());
    if (group_.is_empty()) fail_waiting(done.error());
  }
  note_traces();
  group_.finish(queue_);
  if (done) report_group(began, began - submitted);
}

void WriterThread::write_group() {
  const Instant submitted = waiting_.front()->submitted_at;
  if (auto prepared = make_ready(false); !prepared) return fail_waiting(prepared.error());
  // Who has not waited long enough to be refused goes on waiting.
  if (!take_turn()) return;
  if (auto begun = begin_transaction(); !begun) return fail_waiting(begun.error());
  waiting_.add(queue_.take());
  const Instant began = state_.options.clock->now();
  Result<void> done = fill_group();
  if (done && group_.events() > 0 && file_.write_heads(group_.events()) != SQLITE_OK) {
    done = file_.error("can't write to");
  }
  if (!done) {
    group_.fail(done.error());
    abandon_transaction();
  } else if (group_.events() == 0) {
    abandon_transaction();
  } else if (file_.commit() != SQLITE_OK) {
    return recover(file_.error("the commit failed in"));
  } else {
    file_.publish();
    unsynced_ = false;
    state_.turn.release();
  }
  note_traces();
  group_.finish(queue_);
  if (done) report_group(began, began - submitted);
  tidy_journal();
}

void WriterThread::note_traces() {
  traces_.clear();
  if (interests_.traces) group_.add_traces(traces_);
}

void WriterThread::report_group(Instant began, std::chrono::nanoseconds queue_wait) noexcept {
  if (!interests_.groups) return;
  state_.options.probe->group_committed({
      .commands = group_.stored(),
      .rejected = group_.rejected(),
      .events = static_cast<std::uint32_t>(group_.events()),
      .bytes = group_.bytes(),
      .queue_depth = static_cast<std::uint32_t>(queue_.size()),
      .queue_wait_max = queue_wait,
      .commit = state_.options.clock->now() - began,
      .head = state_.head(),
      .traces = traces_,
  });
}

void WriterThread::expire_waiting() {
  waiting_.add(queue_.take());
  waiting_.expire(queue_, state_.options.clock->now());
}

// Nobody waits for a turn longer than the busy timeout.
void WriterThread::fail_overdue() {
  const Instant now = state_.options.clock->now();
  waiting_.sift(queue_, [&](const AppendOperation& operation) -> std::optional<Error> {
    if (now - operation.submitted_at < state_.options.busy_timeout) return std::nullopt;
    return no_turn();
  });
}

}  // namespace eventcore::sqlite
