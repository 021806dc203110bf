#pragma once

// What is asked at a scrape for as long as somebody holds on to it.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "eventcore/detail/mutex.hpp"

namespace eventcore::observability::detail {

/// A list of T that forgets each when its watch goes. Thread-safety: Thread-safe. Ownership: in a
/// `shared_ptr`, which the watches share. T is asked under the mutex: so it is not asked once its
/// watch is gone.
template <class T>
class Watched : public std::enable_shared_from_this<Watched<T>> {
 public:
  template <class... Args>
  [[nodiscard]] std::shared_ptr<void> add(Args&&... args) {
    auto entry = std::make_unique<T>(std::forward<Args>(args)...);
    T* const key = entry.get();
    {
      const eventcore::detail::MutexLock lock(mutex_);
      entries_.push_back(std::move(entry));
    }
    return {key, [self = this->shared_from_this()](const T* gone) { self->remove(gone); }};
  }

  /// Calls `ask(T&)` for each, in the order of `add`.
  template <class Ask>
  void each(const Ask& ask) const {
    const eventcore::detail::MutexLock lock(mutex_);
    for (const auto& entry : entries_) ask(*entry);
  }
  /// Calls `ask(T&)` for the one that was added last, if there is one.
  template <class Ask>
  void newest(const Ask& ask) const {
    const eventcore::detail::MutexLock lock(mutex_);
    if (!entries_.empty()) ask(*entries_.back());
  }

 private:
  void remove(const T* gone) noexcept {
    // Destroyed without the mutex: that may wait for a look under way.
    std::unique_ptr<T> going;
    const eventcore::detail::MutexLock lock(mutex_);
    const auto at = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const auto& entry) { return entry.get() == gone; });
    going = std::move(*at);
    entries_.erase(at);
  }

  mutable eventcore::detail::Mutex mutex_;
  std::vector<std::unique_ptr<T>> entries_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::observability::detail
