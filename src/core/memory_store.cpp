#include "eventcore/memory_store.hpp"

#include <atomic>
#include <new>
#include <utility>

#include "memory_administration.hpp"
#include "memory_log.hpp"
#include "memory_projections.hpp"
#include "memory_reader.hpp"
#include "sample_turn.hpp"

namespace eventcore {
namespace {

class MemoryStore final : public EventStore {
 public:
  explicit MemoryStore(MemoryStoreOptions options)
      : clock_(*options.clock),
        probe_(std::move(options.probe)),
        tells_groups_(probe_ != nullptr && probe_->interests().groups),
        tells_traces_(tells_groups_ && probe_->interests().traces),
        times_every_group_(tells_groups_ && probe_->interests().every_duration),
        log_(std::make_shared<detail::MemoryLog>()),
        administration_(log_),
        projections_(clock_) {}

  void submit_append(AppendOperation& operation) override {
    if (tells_groups_) {
      append_and_tell(operation);
    } else {
      operation.finish(append_now(operation));
    }
  }
  void submit_read(ReadOperation& operation) override { operation.finish(read_now(operation)); }

  Position head() const noexcept override { return log_->head(); }
  HeadWatcher& head_watcher() noexcept override { return log_->signal(); }
  const StoreDescription& description() const noexcept override { return description_; }
  StoreAdministration& administration() noexcept override { return administration_; }
  ProjectionStorage& projections() noexcept override { return projections_; }

  Result<void> close(Deadline) override {
    closed_.store(true, std::memory_order_release);
    log_->close();
    return {};
  }

 private:
  // An operation whose batch is not stored is rejected when this returns.
  Result<WriteResult> append_now(AppendOperation& operation) {
    if (std::optional<Error> refused = refusal(operation)) {
      operation.reject();
      return *std::move(refused);
    }
    return log_->append({.batch = operation.batch, .wall = clock_.wall(), .operation = &operation});
  }

  // Why the operation does not begin; takes it otherwise.
  std::optional<Error> refusal(AppendOperation& operation) {
    if (operation.stop.stop_requested()) return cancelled();
    if (operation.deadline.expired(clock_)) return expired();
    if (!operation.admit()) return cancelled();
    return std::nullopt;
  }

  Result<EventPage> read_now(const ReadOperation& operation) {
    if (closed_.load(std::memory_order_acquire)) {
      return make_error(ErrorCode::ShuttingDown, "the store is closed");
    }
    if (operation.stop.stop_requested()) return cancelled();
    if (operation.deadline.expired(clock_)) return expired();
    try {
      return detail::read_memory(log_, operation.query);
    } catch (const std::bad_alloc&) {
      return make_error(ErrorCode::Unavailable, "out of memory");
    }
  }

  void append_and_tell(AppendOperation& operation) {
    // Taken beforehand, because the operation may be gone when it is finished.
    const std::size_t bytes = operation.batch.byte_count();
    const std::size_t events = operation.batch.event_count();
    const TraceContext trace = operation.batch.info.trace;
    GroupRecord group;
    group.timed = times_every_group_ || is_sample();
    const bool is_traced = tells_traces_ && trace.is_sampled();
    const Instant begin = group.timed || is_traced ? clock_.now() : Instant{};
    Result<WriteResult> result = append_now(operation);
    if (group.timed || is_traced) group.commit = clock_.now() - begin;
    group.head = log_->head();
    if (result && !result->replayed) {
      group.commands = 1;
      group.events = static_cast<std::uint32_t>(events);
      group.bytes = bytes;
    } else if (!result && result.error().code == ErrorCode::VersionConflict) {
      group.rejected = 1;
    }
    operation.finish(std::move(result));
    if (is_traced && group.commands != 0) group.traces = {&trace, 1};
    if (group.commands + group.rejected != 0) probe_->group_committed(group);
  }

  static bool is_sample() noexcept {
    thread_local detail::SampleTurn turn;
    return turn.next(16);
  }

  static Error cancelled() { return make_error(ErrorCode::Cancelled, "the operation was stopped"); }
  static Error expired() {
    return make_error(ErrorCode::DeadlineExceeded,
                      "the deadline passed before the operation began");
  }

  const Clock& clock_;
  const std::shared_ptr<Probe> probe_;
  const bool tells_groups_;
  const bool tells_traces_;
  const bool times_every_group_;
  const StoreDescription description_{
      .backend = "memory", .durability = "none", .location = "memory:"};
  const std::shared_ptr<detail::MemoryLog> log_;
  detail::MemoryAdministration administration_;
  detail::MemoryProjections projections_;
  std::atomic<bool> closed_ = false;  // atomic: reads look at it without a lock
};

}  // namespace

std::unique_ptr<EventStore> open_memory_store(MemoryStoreOptions options) {
  return std::make_unique<MemoryStore>(std::move(options));
}

}  // namespace eventcore
