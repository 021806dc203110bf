#pragma once

/// \file
/// `StopSignalsThread` turns SIGINT and SIGTERM into a stop token.

#include <stop_token>
#include <thread>

namespace shop {

/// Owns a thread that waits for the signals. The first one requests a stop; the second one ends
/// the process at once, for users whose patience is over.
/// Requires: made in `main` before any other thread, so that all threads inherit the mask.
/// Thread-safety: Thread-safe. Ownership: outlives every user of its token.
class StopSignalsThread {
 public:
  StopSignalsThread();
  StopSignalsThread(const StopSignalsThread&) = delete;
  StopSignalsThread& operator=(const StopSignalsThread&) = delete;
  ~StopSignalsThread();

  /// Begins to watch; until then signals wait.
  void start();
  [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  void watch();

  const int signals_;
  const int quit_;
  std::stop_source source_;
  std::thread thread_;
};

}  // namespace shop
