#pragma once

// Who uses the store, so that it can go.

#include <condition_variable>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/projection_runner.hpp"

namespace eventcore::console {

/// Lends a store, and the runners of its projections, to a few at a time. Thread-safety:
/// Thread-safe.
class StoreGate {
 public:
  /// Has the store until it goes.
  class Use {
   public:
    Use(Use&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), store_(other.store_) {}
    Use& operator=(Use&&) = delete;
    ~Use() {
      if (gate_ != nullptr) gate_->leave();
    }

    [[nodiscard]] EventStore& operator*() const noexcept { return *store_; }
    [[nodiscard]] EventStore* operator->() const noexcept { return store_; }
    /// The runner of `projection` here, or null.
    [[nodiscard]] const ProjectionRunner* runner(std::string_view projection) const;

   private:
    friend class StoreGate;
    Use(StoreGate& gate, EventStore& store) : gate_(&gate), store_(&store) {}

    StoreGate* gate_;
    EventStore* store_;
  };

  void open(EventStore& store) EVENTCORE_EXCLUDES(mutex_);
  void add(const ProjectionRunner& runner) EVENTCORE_EXCLUDES(mutex_);
  /// Blocking: until nobody uses the store.
  void close() EVENTCORE_EXCLUDES(mutex_);

  /// Nothing if there is no store now, or if `users_max` use it already.
  [[nodiscard]] std::optional<Use> enter(std::size_t users_max) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] bool is_open() const EVENTCORE_EXCLUDES(mutex_);

 private:
  void leave() noexcept EVENTCORE_EXCLUDES(mutex_);

  mutable eventcore::detail::Mutex mutex_;
  std::condition_variable_any left_;
  EventStore* store_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  std::vector<const ProjectionRunner*> runners_ EVENTCORE_GUARDED_BY(mutex_);
  std::size_t users_ EVENTCORE_GUARDED_BY(mutex_) = 0;
};

}  // namespace eventcore::console
