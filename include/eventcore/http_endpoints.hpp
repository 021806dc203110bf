#pragma once

/// \file
/// `/metrics` and `/health` for a server.
///
///     http::HealthChecks health;
///     health.add("store", {.ready = true}, [&store]() -> http::HealthResult {
///       if (store.read(LogQuery{.events_max = 1})) return {};
///       return {http::HealthStatus::Fail, "the store can't be read"};
///     });
///     http::mount_endpoints(server, {.metrics = observability::metrics_endpoint(metrics),
///                                    .health = &health});
///
/// `metrics_endpoint` is in metrics_endpoint.hpp.
///
/// Liveness asks whether the process should be restarted: let a check fail it only for what a
/// restart mends, never for a lag or for a database that is down. Example: examples/metrics.cpp.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "eventcore/clock.hpp"
#include "eventcore/http_server.hpp"

namespace eventcore::http {

enum class HealthStatus : std::uint8_t { Pass, Warn, Fail };
/// `pass`, `warn` or `fail`.
[[nodiscard]] std::string_view to_string(HealthStatus status) noexcept;

/// What one check found.
struct HealthResult {
  HealthStatus status = HealthStatus::Pass;
  std::string output;  ///< For people; says why it is not `Pass`.
};

/// Which questions a check answers, besides `/health`, which shows all.
struct HealthScope {
  bool live = false;
  bool ready = false;
  bool startup = false;
};

/// Named checks. Thread-safety: `add` before the server starts; the rest thread-safe.
class HealthChecks {
 public:
  /// A result is shown for `max_age` before its check runs again, so that probes cost little.
  explicit HealthChecks(std::chrono::milliseconds max_age = std::chrono::milliseconds(1'000),
                        const Clock& clock = system_clock());
  HealthChecks(const HealthChecks&) = delete;
  HealthChecks& operator=(const HealthChecks&) = delete;
  ~HealthChecks();

  /// Adds a check. It runs on a worker, one call at a time, and may block for a moment. What it
  /// throws is a failure. Requires: `name` is new.
  void add(std::string_view name, HealthScope scope, std::function<HealthResult()> check);

  /// The answer to `/health`: 200, or 503 if a check fails.
  [[nodiscard]] Response all() const;
  /// The answers to `/health/live`, `/health/ready` and `/health/startup`.
  [[nodiscard]] Response live() const;
  [[nodiscard]] Response ready() const;
  [[nodiscard]] Response startup() const;

 private:
  struct Check;
  [[nodiscard]] Response answer(bool HealthScope::*scope) const;
  [[nodiscard]] HealthResult result_of(Check& check) const;

  const std::chrono::milliseconds max_age_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Check>> checks_;
};

/// What `mount_endpoints` serves.
struct Endpoints {
  Handler metrics = nullptr;             ///< `/metrics`, if given.
  const HealthChecks* health = nullptr;  ///< `/health…`, if given; must outlive the server.
};

/// Adds routes for `endpoints` to `server`. Requires: before `start`.
void mount_endpoints(Server& server, Endpoints endpoints);

}  // namespace eventcore::http
