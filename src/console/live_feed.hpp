#pragma once

// What all viewers see, computed and written down once a second.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "command_rates.hpp"
#include "eventcore/console/console.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/http_broadcast.hpp"
#include "projection_watch.hpp"

namespace eventcore::console {

/// Makes the text and publishes it while somebody follows. Owns a thread between `start` and
/// `stop`. Thread-safety: Thread-safe.
class LiveFeed {
 public:
  LiveFeed(const ConsoleOptions& options, StoreGate& gate, ProjectionWatch& projections);
  ~LiveFeed() { stop(); }

  void start();
  void stop() noexcept;

  /// The newest text, JSON in one line, made now if it is older than the interval. Blocking: while
  /// another thread makes it.
  [[nodiscard]] std::shared_ptr<const std::string> text() EVENTCORE_EXCLUDES(mutex_);
  /// The answer to a client that follows, with a text to begin with.
  [[nodiscard]] http::Response follow() EVENTCORE_EXCLUDES(mutex_);

 private:
  void run(const std::stop_token& stop);
  void publish();
  [[nodiscard]] Json make() EVENTCORE_REQUIRES(mutex_);

  const ConsoleOptions& options_;
  StoreGate& gate_;
  ProjectionWatch& projections_;
  const std::shared_ptr<http::Broadcast> broadcast_;
  eventcore::detail::Mutex mutex_;
  std::optional<CommandRates> rates_ EVENTCORE_GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> text_ EVENTCORE_GUARDED_BY(mutex_);
  Instant made_at_ EVENTCORE_GUARDED_BY(mutex_){};
  std::uint64_t number_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  eventcore::detail::Mutex sleep_mutex_;  // guards nothing; the thread sleeps on it
  std::condition_variable_any sleep_;
  std::jthread thread_;
};

/// A snapshot, as the API has it.
[[nodiscard]] Json snapshot_json(const monitor::PerformanceSnapshot& snapshot);
/// Trends with their reasons, as the API has them.
[[nodiscard]] Json trends_json(const monitor::TrendAnalysis& analysis);

}  // namespace eventcore::console
