#include "reader_pool.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace eventcore::postgres {
namespace {

// The name of the pool in metrics.
constexpr std::string_view kPool = "readers";
// Reads that one connection is sent at once: what a busy server answers in about a millisecond.
constexpr std::size_t kPipelinedMax = 16;
constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{1'000};

// Small answers, so that many of them may wait for each other.
bool may_be_pipelined(const ReadOperation& operation) {
  const auto* query = std::get_if<StreamsQuery>(&operation.query);
  return query != nullptr && !query->with_batch && query->events_max <= limits::kPageEvents;
}

}  // namespace

ReaderPool::ReaderPool(StoreState& state)
    : state_(state),
      tells_pools_(state.options.probe != nullptr && state.options.probe->interests().pools) {}

ReaderPool::~ReaderPool() { ignore_error(close({}), "without a deadline closing cannot fail"); }

Result<void> ReaderPool::start() {
  auto reader = std::make_unique<Reader>(state_);
  if (auto connected = connect(*reader); !connected) return connected;
  const detail::MutexLock lock(mutex_);
  add_thread(std::move(reader));
  return {};
}

void ReaderPool::add_thread(std::unique_ptr<Reader> reader) {
  Reader& own = *readers_.emplace_back(std::move(reader));
  ++running_;
  ++idle_;  // although it begins only now
  threads_.emplace_back([this, &own] {
    prctl(PR_SET_NAME, "eventcore-read", 0, 0, 0);
    loop(own);
  });
}

Result<void> ReaderPool::close(Deadline deadline) {
  // Of several closers one gets the readers and the threads, which may still be on their way out.
  std::vector<std::unique_ptr<Reader>> readers;
  std::vector<std::thread> ending;
  {
    detail::MutexLock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    closed_.notify_all();
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
  operation.submitted_at = now_if_told();
  bool closed = false;
  {
    const detail::MutexLock lock(mutex_);
    closed = closing_;
    if (!closed && queued_ < state_.options.queue_operations_max) {
      (first_ == nullptr ? first_ : last_->next) = &operation;
      last_ = &operation;
      ++queued_;
      if (queued_ > idle_ && running_ < state_.options.readers_max && running_ > 0) {
        add_thread(std::make_unique<Reader>(state_));
      }
      // One that is lent would take the notification for nothing.
      if (lent_ > 0) {
        changed_.notify_all();
      } else {
        changed_.notify_one();
      }
      return;
    }
  }
  operation.finish(closed ? shutting_down()
                          : make_error(ErrorCode::Overloaded, "too many reads are queued"));
}

void ReaderPool::loop(Reader& reader) {
  Operations operations;
  detail::MutexLock lock(mutex_);
  for (;;) {
    while (reader.is_lent || (first_ == nullptr && !closing_)) changed_.wait(lock);
    --idle_;
    reader.is_idle = false;
    if (first_ == nullptr) break;
    take(operations);
    lock.unlock();
    serve(operations, reader);
    lock.lock();
    ++idle_;
    reader.is_idle = true;
  }
  --running_;
  changed_.notify_all();
}

// One operation, or several reads of streams if there is more to do than readers to do it.
void ReaderPool::take(Operations& operations) {
  operations.clear();
  const std::size_t share = std::clamp<std::size_t>(queued_ / (idle_ + 1), 1, kPipelinedMax);
  do {
    operations.push_back(std::exchange(first_, first_->next));
    --queued_;
  } while (operations.size() < share && first_ != nullptr &&
           may_be_pipelined(*operations.front()) && may_be_pipelined(*first_));
}

void ReaderPool::serve(Operations& operations, Reader& reader) {
  const Instant began = now_if_told();
  std::erase_if(operations, [&](ReadOperation* operation) { return refuse(*operation, began); });
  if (operations.size() > 1) return serve_pipelined(operations, reader, began);
  if (operations.size() == 1) serve_one(*operations.front(), reader, began);
}

// Finishes an operation that must not begin any more.
bool ReaderPool::refuse(ReadOperation& operation, Instant began) const {
  if (operation.stop.stop_requested()) {
    operation.finish(make_error(ErrorCode::Cancelled, "the read was stopped"));
    return true;
  }
  if (!operation.deadline.expired(*state_.options.clock)) return false;
  tell({.submitted = operation.submitted_at, .began = began, .trace = operation.trace}, true);
  operation.finish(make_error(ErrorCode::DeadlineExceeded, "the read was not begun in time"));
  return true;
}

void ReaderPool::serve_one(ReadOperation& operation, Reader& reader, Instant began) {
  const Times times{.submitted = operation.submitted_at, .began = began, .trace = operation.trace};
  Result<EventPage> page = read(operation.query, reader);
  reader.is_open = reader.log.is_connected();
  tell(times, false);
  operation.finish(std::move(page));
}

Result<EventPage> ReaderPool::read(const ReadQuery& query, Reader& reader) {
  const bool was_connected = reader.log.is_connected();
  if (auto connected = connect(reader); !connected) return connected.error();
  auto page =
      LogReader::is_long(query, state_.head()) ? read_long(query, reader) : reader.log.read(query);
  // Only a connection that may have been lost long ago says nothing about the server now.
  if (page || reader.log.is_connected() || !was_connected) return page;
  if (auto connected = connect(reader); !connected) return connected.error();
  return reader.log.read(query);
}

// A long piece of the log is read over two connections, if another one is idle.
Result<EventPage> ReaderPool::read_long(const ReadQuery& query, Reader& reader) {
  Reader* const other = borrow();
  if (other == nullptr) return reader.log.read(query);
  if (auto connected = connect(*other); !connected) {
    give_back(*other);
    return reader.log.read(query);
  }
  auto page = reader.log.read(query, &other->log.pipeline());
  other->is_open = other->log.is_connected();
  const bool was_lost = !other->is_open;
  give_back(*other);
  if (page || !was_lost || !reader.log.is_connected()) return page;
  return reader.log.read(query);
}

// An idle reader, or a new one. None while its last attempt to connect has failed.
ReaderPool::Reader* ReaderPool::borrow() {
  const detail::MutexLock lock(mutex_);
  const auto may_be_lent = [](const auto& reader) {
    return reader->is_idle && !reader->is_lent && reader->pause.count() == 0;
  };
  auto found = std::find_if(readers_.begin(), readers_.end(), may_be_lent);
  if (found == readers_.end()) {
    if (closing_ || running_ >= state_.options.readers_max) return nullptr;
    add_thread(std::make_unique<Reader>(state_));
    found = std::prev(readers_.end());
  }
  (*found)->is_lent = true;
  --idle_;
  ++lent_;
  return found->get();
}

void ReaderPool::give_back(Reader& lent) {
  const detail::MutexLock lock(mutex_);
  lent.is_lent = false;
  ++idle_;
  --lent_;
  changed_.notify_all();
}

// Pages that are whole are handed over as they come. The rest, and whatever a lost connection left
// over, is read one by one.
void ReaderPool::serve_pipelined(Operations& operations, Reader& reader, Instant began) {
  std::size_t sent = 0;
  if (connect(reader)) {
    for (; sent < operations.size(); ++sent) {
      if (!reader.log.send(std::get<StreamsQuery>(operations[sent]->query))) break;
    }
  }
  Operations left;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    ReadOperation& operation = *operations[i];
    std::optional<Result<EventPage>> result;
    if (i < sent && reader.log.is_connected()) {
      auto page = reader.log.receive(std::get<StreamsQuery>(operation.query));
      if (page && reader.log.is_whole(*page)) {
        result = reader.log.finish(*page);
      } else if (!page && reader.log.is_connected()) {
        result = page.error();
      }
    }
    if (!result) {
      left.push_back(&operation);
      continue;
    }
    tell({.submitted = operation.submitted_at, .began = began, .trace = operation.trace}, false);
    operation.finish(std::move(*result));
  }
  for (ReadOperation* const operation : left) serve_one(*operation, reader, began);
}

// After a failure the next attempt waits, longer each time.
Result<void> ReaderPool::connect(Reader& reader) {
  if (reader.log.is_connected()) return {};
  if (auto paused = pause(reader); !paused) return paused;
  const Instant began = now_if_told();
  auto connected = reader.log.connect();
  if (!connected) {
    reader.pause = std::clamp(2 * reader.pause, kFirstPause, kLongestPause);
    return connected;
  }
  reader.pause = {};
  reader.is_open = true;
  if (tells_pools_) {
    state_.options.probe->connection_opened(kPool, state_.options.clock->now() - began);
  }
  return {};
}

Result<void> ReaderPool::pause(Reader& reader) {
  if (reader.pause.count() == 0) return {};
  const Instant until = std::chrono::steady_clock::now() + reader.pause;
  detail::MutexLock lock(mutex_);
  while (!closing_ && std::chrono::steady_clock::now() < until) closed_.wait_until(lock, until);
  if (!closing_) return {};
  return make_error(ErrorCode::Unavailable, "not connected to PostgreSQL");
}

Instant ReaderPool::now_if_told() const noexcept {
  return tells_pools_ ? state_.options.clock->now() : Instant{};
}

void ReaderPool::tell(Times times, bool timed_out) const noexcept {
  if (!tells_pools_) return;
  PoolRecord record{.pool = kPool,
                    .wait = times.began - times.submitted,
                    .use = {},
                    .timed_out = timed_out,
                    .trace = times.trace};
  if (!timed_out) record.use = state_.options.clock->now() - times.began;
  state_.options.probe->pool_used(record);
}

PoolFigures ReaderPool::figures() const {
  const detail::MutexLock lock(mutex_);
  const auto open = std::count_if(readers_.begin(), readers_.end(),
                                  [](const auto& reader) { return reader->is_open.load(); });
  const auto size = static_cast<std::size_t>(open);
  return {.name = kPool,
          .size = size,
          .size_max = state_.options.readers_max,
          // One that connects is not in use yet.
          .in_use = std::min(running_ - idle_, size),
          .pending = queued_};
}

}  // namespace eventcore::postgres
