#pragma once

/// \file
/// `LookThread` looks at a source once an interval, so that keys are answered meanwhile.

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <thread>

#include "../wake_up.hpp"
#include "eventcore/detail/mutex.hpp"
#include "top_look.hpp"

namespace eventcore::cli {

/// Owns a thread, from its construction on. Thread-safety: Thread-safe.
class LookThread {
 public:
  LookThread(std::unique_ptr<TopSource> source, std::chrono::milliseconds interval);
  LookThread(const LookThread&) = delete;
  LookThread& operator=(const LookThread&) = delete;

  /// The oldest look, or why there was none, that nobody has taken; the last 100 wait.
  [[nodiscard]] std::optional<Result<TopLook>> take();
  /// Readable when there is something to take.
  [[nodiscard]] int descriptor() const noexcept { return wake_.descriptor(); }

 private:
  void run(const std::stop_token& stop);

  const std::unique_ptr<TopSource> source_;
  const std::chrono::milliseconds interval_;
  WakeUp wake_;
  detail::Mutex mutex_;
  std::deque<Result<TopLook>> looks_ EVENTCORE_GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace eventcore::cli
