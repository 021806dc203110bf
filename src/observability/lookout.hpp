#pragma once

// Looks that may take long, such as questions to a database: a thread of their own does them when a
// scrape asks, and the scrape waits for them only a moment.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"

namespace eventcore::observability::detail {

/// Does looks one after another, each when somebody asks and it was not asked for too short a while
/// ago. The thread starts with the first look that is added. Thread-safety: Thread-safe. Ownership:
/// in a `shared_ptr`, which the looks share.
class Lookout : public std::enable_shared_from_this<Lookout> {
 public:
  /// Who asks waits at most for `patience`.
  explicit Lookout(const Clock& clock,
                   std::chrono::nanoseconds patience = std::chrono::milliseconds{250})
      : clock_(clock), patience_(patience) {}
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;
  ~Lookout();

  /// Does `look` when it was last asked for `interval` ago. When what is returned goes, it waits
  /// until `look` has returned, and `look` is not called again. `look` must not throw.
  [[nodiscard]] std::shared_ptr<void> add(std::function<void()> look,
                                          std::chrono::nanoseconds interval)
      EVENTCORE_EXCLUDES(mutex_);
  /// Has all looks done that are due, and waits for them while its patience lasts. Of several that
  /// ask, the first waits.
  void ask() EVENTCORE_EXCLUDES(mutex_);

 private:
  struct Entry {
    std::function<void()> look;
    std::chrono::nanoseconds interval;
    std::optional<Instant> asked_at;
    bool due = false;
  };

  void run() EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Entry* next_due() EVENTCORE_REQUIRES(mutex_);
  void remove(const Entry* gone) noexcept EVENTCORE_EXCLUDES(mutex_);

  const Clock& clock_;
  const std::chrono::nanoseconds patience_;

  eventcore::detail::Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<Entry>> entries_ EVENTCORE_GUARDED_BY(mutex_);
  const Entry* looking_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  bool stopping_ EVENTCORE_GUARDED_BY(mutex_) = false;
  std::thread thread_ EVENTCORE_GUARDED_BY(mutex_);
};

/// A value that a lookout keeps young. Thread-safety: Thread-safe.
template <class T>
class Looked {
 public:
  using Read = std::function<std::optional<T>()>;

  /// `read` returns nothing if it fails; then the last value stays, and so does its age. It is not
  /// running, and does not run again, once this is gone.
  Looked(std::shared_ptr<Lookout> lookout, const Clock& clock, std::chrono::nanoseconds interval,
         Read read)
      : lookout_(std::move(lookout)),
        clock_(clock),
        read_(std::move(read)),
        watch_(lookout_->add([this] { look(); }, interval)) {}
  Looked(const Looked&) = delete;
  Looked& operator=(const Looked&) = delete;

  [[nodiscard]] std::optional<T> get() {
    lookout_->ask();
    const eventcore::detail::MutexLock lock(mutex_);
    return value_;
  }
  /// How old the value is; nothing if there is none.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> age() const {
    const eventcore::detail::MutexLock lock(mutex_);
    if (!value_) return std::nullopt;
    return clock_.now() - read_at_;
  }

 private:
  void look() {
    const Instant now = clock_.now();
    std::optional<T> fresh;
    try {
      fresh = read_();
    } catch (...) {
      fresh.reset();  // no memory: as if nothing could be read
    }
    if (!fresh) return;
    const eventcore::detail::MutexLock lock(mutex_);
    value_ = std::move(fresh);
    read_at_ = now;
  }

  const std::shared_ptr<Lookout> lookout_;
  const Clock& clock_;
  const Read read_;

  mutable eventcore::detail::Mutex mutex_;
  std::optional<T> value_ EVENTCORE_GUARDED_BY(mutex_);
  Instant read_at_ EVENTCORE_GUARDED_BY(mutex_){};

  // Last, so that it goes before what `look` uses.
  std::shared_ptr<void> watch_;
};

}  // namespace eventcore::observability::detail
