#include "reader_pool.hpp"

#include <sys/prctl.h>

#include <utility>

namespace eventcore::sqlite {

namespace {

// The name of the pool in metrics.
constexpr std::string_view kPool = "readers";

}  // namespace

ReaderPool::ReaderPool(StoreState& state, WriterThread& writer)
    : state_(state),
      writer_(writer),
      tells_pools_(state.options.probe != nullptr && state.options.probe->interests().pools) {}

ReaderPool::~ReaderPool() { ignore_error(close({}), "without a deadline closing cannot fail"); }

Result<void> ReaderPool::start() {
  for (std::size_t i = 0; i < state_.options.reader_threads; ++i) {
    readers_.push_back(std::make_unique<LogReader>(state_));
    const Instant began = state_.options.clock->now();
    if (auto connected = readers_.back()->connect(); !connected) return connected;
    if (!tells_pools_) continue;
    state_.options.probe->connection_opened(kPool, state_.options.clock->now() - began);
  }
  {
    const detail::MutexLock lock(mutex_);
    running_ = readers_.size();
  }
  for (const auto& reader : readers_) {
    threads_.emplace_back([this, &reader] {
      prctl(PR_SET_NAME, "eventcore-read", 0, 0, 0);
      loop(*reader);
    });
  }
  return {};
}

Result<void> ReaderPool::close(Deadline deadline) {
  // Of several closers one gets the readers and the threads, which may still be on their way out.
  std::vector<std::unique_ptr<LogReader>> readers;
  std::vector<std::thread> ending;
  {
    detail::MutexLock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    while (running_ > 0) {
      if (deadline.is_never()) {
        changed_.wait(lock);
      } else if (changed_.wait_until(lock, deadline.at) == std::cv_status::timeout &&
                 running_ > 0) {
        return make_error(ErrorCode::DeadlineExceeded, "the store is still reading");
      }
    }
    readers.swap(readers_);
    ending.swap(threads_);
  }
  for (std::thread& thread : ending) thread.join();
  return {};
}

void ReaderPool::submit(ReadOperation& operation) {
  operation.next = nullptr;
  if (tells_pools_) operation.submitted_at = state_.options.clock->now();
  bool closed = false;
  {
    const detail::MutexLock lock(mutex_);
    closed = closing_;
    if (!closed && queued_ < state_.options.queue_operations_max) {
      (first_ == nullptr ? first_ : last_->next) = &operation;
      last_ = &operation;
      ++queued_;
      changed_.notify_one();
      return;
    }
  }
  operation.finish(closed ? shutting_down()
                          : make_error(ErrorCode::Overloaded, "too many reads are queued"));
}

void ReaderPool::loop(LogReader& reader) {
  detail::MutexLock lock(mutex_);
  for (;;) {
    while (first_ == nullptr && !closing_) changed_.wait(lock);
    if (first_ == nullptr) break;
    ReadOperation& operation = *std::exchange(first_, first_->next);
    --queued_;
    ++serving_;
    lock.unlock();
    serve(operation, reader);
    lock.lock();
    --serving_;
  }
  --running_;
  changed_.notify_all();
}

void ReaderPool::serve(ReadOperation& operation, LogReader& reader) {
  // Taken beforehand, because the operation may be gone when it is finished.
  const Instant submitted = operation.submitted_at;
  const Instant began = tells_pools_ ? state_.options.clock->now() : Instant{};
  if (operation.stop.stop_requested()) {
    return operation.finish(make_error(ErrorCode::Cancelled, "the read was stopped"));
  }
  if (operation.deadline.expired(*state_.options.clock)) {
    tell(submitted, began, operation.trace, true);
    return operation.finish(
        make_error(ErrorCode::DeadlineExceeded, "the read was not begun in time"));
  }
  const TraceContext trace = operation.trace;
  Result<EventPage> page = page_of(operation, reader);
  tell(submitted, began, trace, false);
  operation.finish(std::move(page));
}

Result<EventPage> ReaderPool::page_of(const ReadOperation& operation, LogReader& reader) {
  if (state_.is_behind()) {
    auto caught_up = writer_.catch_up(operation.deadline);
    if (!caught_up) return caught_up.error();
  }
  return reader.read(operation.query);
}

void ReaderPool::tell(Instant submitted, Instant began, const TraceContext& trace,
                      bool timed_out) const noexcept {
  if (!tells_pools_) return;
  PoolRecord record{
      .pool = kPool, .wait = began - submitted, .use = {}, .timed_out = timed_out, .trace = trace};
  if (!timed_out) record.use = state_.options.clock->now() - began;
  state_.options.probe->pool_used(record);
}

PoolFigures ReaderPool::figures() const {
  const detail::MutexLock lock(mutex_);
  return {.name = kPool,
          .size = running_,
          .size_max = state_.options.reader_threads,
          .in_use = serving_,
          .pending = queued_};
}

}  // namespace eventcore::sqlite
