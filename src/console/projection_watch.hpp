#pragma once

// What is known of the projections of a store, a second old at most while somebody looks.

#include <chrono>
#include <condition_variable>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "api_json.hpp"
#include "eventcore/detail/mutex.hpp"
#include "store_gate.hpp"

namespace eventcore::console {

/// Owns a thread between `start` and `stop`: a store that does not answer must hold up nobody but
/// it. Thread-safety: Thread-safe.
class ProjectionWatch {
 public:
  ProjectionWatch(StoreGate& gate, std::chrono::milliseconds interval)
      : gate_(gate), interval_(interval) {}
  ~ProjectionWatch() { stop(); }

  void start();
  void stop() noexcept;

  /// The projections as they were last seen, with the age of that; and has them looked at for some
  /// seconds to come. `known` is false until the store has been asked once.
  [[nodiscard]] Json latest() EVENTCORE_EXCLUDES(mutex_);
  /// Has them looked at now, because somebody has changed something.
  void look_soon() EVENTCORE_EXCLUDES(mutex_);

 private:
  void run(const std::stop_token& stop) EVENTCORE_EXCLUDES(mutex_);
  void look() EVENTCORE_EXCLUDES(mutex_);

  StoreGate& gate_;
  const std::chrono::milliseconds interval_;
  eventcore::detail::Mutex mutex_;
  std::condition_variable_any wake_;
  Json rows_ EVENTCORE_GUARDED_BY(mutex_) = Json::array();
  std::string error_ EVENTCORE_GUARDED_BY(mutex_);
  std::optional<Instant> seen_at_ EVENTCORE_GUARDED_BY(mutex_);
  Instant wanted_until_ EVENTCORE_GUARDED_BY(mutex_){};
  bool soon_ EVENTCORE_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

/// One projection, as the API has it. Errors: those of the store.
[[nodiscard]] Result<Json> projection_json(const StoreGate::Use& store,
                                           const ProjectionRecord& record);

}  // namespace eventcore::console
