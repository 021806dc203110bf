#pragma once

/// \file
/// `Canary`: a small event that is written on a schedule, and how long it takes to be seen.
///
///     auto canary = Canary::open(*store, metrics, {.period = 30s});
///     (*canary)->watch(runner);
///     (*canary)->start();
///
/// It tells that the whole way works while nobody orders: metrics of commands say nothing then. The
/// events are in the stream `eventcore_canary-<name>`, of type `eventcore_canary`; both are
/// reserved. Projectors of described events pass over them; one that takes every event leaves that
/// type out. What is stored stays: at the default period 1,440 events a day and process, so a shorter
/// period is a decision. The usual mistake is to stop the canary after its store.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/event_store.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/result.hpp"

namespace eventcore::observability {

/// How often a canary flies, and whose it is.
struct CanaryOptions {
  std::chrono::nanoseconds period = std::chrono::minutes{1};  ///< At least a millisecond.
  /// For each stage of one flight; for a projection at most a period.
  std::chrono::nanoseconds patience = std::chrono::seconds{10};
  std::string name = {};  ///< Of the stream, behind its category; empty: the host's.
};

/// One event of a canary.
struct CanaryFlight {
  Position position;
  std::chrono::nanoseconds visible{0};  ///< Until it was read in the log.
  std::string projection = {};          ///< The one that was measured; empty: none is watched.
  std::chrono::nanoseconds projected{0};
};

/// Owns a thread from `start` to `stop`. Feeds `eventcore_canary_…` of the catalogue, which are
/// shown as long as it is there. Thread-safety: `fly` is thread-safe; the rest one thread at a
/// time. Ownership: shares the metrics; the store and the runners must outlive its `stop`.
class Canary {
 public:
  static constexpr std::string_view kCategory = "eventcore_canary";
  static constexpr std::string_view kEventType = "eventcore_canary";

  /// Errors: InvalidArgument (an option; or the metrics have a canary already).
  [[nodiscard]] static Result<std::unique_ptr<Canary>> open(EventStore& store,
                                                            std::shared_ptr<MetricsService> metrics,
                                                            CanaryOptions options = {});
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;
  /// Stops.
  ~Canary();

  /// Measures the projection of `runner` too. Of several each flight takes one, in turn, so that
  /// none waits for another. Requires: before `start`.
  void watch(ProjectionRunner& runner);
  /// Flies at once and then every period. Requires: called once.
  void start();
  /// Waits for a flight under way. A second call is harmless. Blocking: the patience of an append
  /// and a read at most, unless a commit hangs.
  void stop() noexcept;

  /// Writes one now, on the calling thread. Blocking: for each stage as long as its patience, the
  /// commit apart. Errors: those of the stage that failed, which is counted: of appending, of
  /// reading (Corrupt: what was stored is not there), of the projection's `wait_for`.
  [[nodiscard]] Result<CanaryFlight> fly();

 private:
  class State;
  explicit Canary(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace eventcore::observability
