#pragma once

// A store in memory whose log can be made unreadable.

#include <atomic>
#include <future>
#include <memory>

#include "eventcore/clock.hpp"
#include "eventcore/memory_store.hpp"

namespace eventcore::observability {

/// Memory, but the log can't be read while it is `down`, and hangs while it is `held`.
class FragileStore final : public EventStore {
 public:
  explicit FragileStore(const Clock& clock = system_clock())
      : memory_(open_memory_store({.clock = &clock})) {}
  void submit_append(AppendOperation& operation) override { memory_->submit_append(operation); }
  void submit_read(ReadOperation& operation) override {
    if (held) released.get_future().wait();
    if (down) return operation.finish(make_error(ErrorCode::Unavailable, "it is down"));
    memory_->submit_read(operation);
  }
  Position head() const noexcept override { return memory_->head(); }
  HeadWatcher& head_watcher() noexcept override { return memory_->head_watcher(); }
  const StoreDescription& description() const noexcept override { return memory_->description(); }
  StoreAdministration& administration() noexcept override { return memory_->administration(); }
  ProjectionStorage& projections() noexcept override { return memory_->projections(); }
  Result<void> close(Deadline deadline) override { return memory_->close(deadline); }

  std::atomic<bool> down = false;
  std::atomic<bool> held = false;
  std::promise<void> released;

 private:
  const std::unique_ptr<EventStore> memory_;
};

}  // namespace eventcore::observability
