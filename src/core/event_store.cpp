#include "eventcore/event_store.hpp"

#include <condition_variable>
#include <utility>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {
namespace {

// Carries one result from the completing thread to the waiting one. It lives on the waiter's
// stack: the completing thread is done with it when it releases the mutex, and the waiter looks
// at the value only under that mutex.
template <class T>
class Handover {
 public:
  void put(Result<T> result) EVENTCORE_EXCLUDES(mutex_) {
    const detail::MutexLock lock(mutex_);
    result_.emplace(std::move(result));
    arrived_.notify_one();
  }

  /// Waits for the result; false if the deadline came first.
  [[nodiscard]] bool wait(Deadline deadline) EVENTCORE_EXCLUDES(mutex_) {
    detail::MutexLock lock(mutex_);
    while (!result_.has_value()) {
      if (deadline.is_never()) {
        arrived_.wait(lock);
      } else if (arrived_.wait_until(lock, deadline.at) == std::cv_status::timeout) {
        return result_.has_value();
      }
    }
    return true;
  }

  /// Requires: `wait` returned true.
  [[nodiscard]] Result<T> take() EVENTCORE_EXCLUDES(mutex_) {
    const detail::MutexLock lock(mutex_);
    return *std::move(result_);
  }

 private:
  detail::Mutex mutex_;
  std::condition_variable_any arrived_;
  std::optional<Result<T>> result_ EVENTCORE_GUARDED_BY(mutex_);
};

class WaitingAppend final : public AppendOperation {
 public:
  Handover<WriteResult> handover;

 protected:
  void completed(Result<WriteResult> result) noexcept override { handover.put(std::move(result)); }
};

class WaitingRead final : public ReadOperation {
 public:
  Handover<EventPage> handover;

 protected:
  void completed(Result<EventPage> result) noexcept override { handover.put(std::move(result)); }
};

}  // namespace

Result<WriteResult> EventStore::append(WriteBatch& batch, Deadline deadline) {
  WaitingAppend operation;
  operation.batch = std::move(batch);
  operation.deadline = deadline;
  submit_append(operation);
  bool taken_back = false;
  if (!operation.handover.wait(deadline)) {
    // Taken back or not, the store still completes the operation, which must live until then.
    taken_back = operation.cancel();
    static_cast<void>(operation.handover.wait({}));
  }
  Result<WriteResult> result = operation.handover.take();
  batch = std::move(operation.batch);
  if (taken_back && !result) {
    return make_error(ErrorCode::DeadlineExceeded, "the append was not begun in time");
  }
  return result;
}

Result<WriteResult> EventStore::write_events(std::span<const EventToWrite> events,
                                             Deadline deadline) {
  Result<WriteBatch> batch = WriteBatch::of(events);
  if (!batch) return batch.error();
  batch->info.id = mint_uuid_now(system_clock());
  return append(*batch, deadline);
}

Result<EventPage> EventStore::read(ReadQuery query, Deadline deadline) {
  WaitingRead operation;
  operation.query = std::move(query);
  operation.deadline = deadline;
  submit_read(operation);
  // A read that has begun is not interrupted, and one that has not is the store's to remove.
  static_cast<void>(operation.handover.wait({}));
  return operation.handover.take();
}

Result<EventPage> EventStore::read_stream(const StreamId& stream, ReadOptions options) {
  StreamRange range{.stream = stream};
  StreamsQuery query;
  if (options.direction == ReadOptions::Direction::Backward) {
    query.order = ReadOrder::StreamBackward;
    if (options.from_version && *options.from_version < range.before) {
      range.before = *options.from_version + 1;
    }
  } else if (options.from_version && options.from_version->value > 0) {
    range.after = {options.from_version->value - 1};
  }
  query.events_max = options.limit;
  query.streams.push_back(std::move(range));
  return read(std::move(query), options.deadline);
}

}  // namespace eventcore
