#pragma once

/// \file
/// `http::HealthChecks`: whether the process is alive, ready and started, for probes.
///
///     http::HealthChecks health({.release_id = "1.4.2"});
///     health.add(http::store_reads(store));  // ready-made: health_checks.hpp
///     health.add({.name = "mail:queue", .scope = {.ready = true}, .run = [&]() -> HealthResult {
///       if (mail.size() < 1'000) return {};
///       return {.status = http::HealthStatus::Warn, .output = "mails wait"};
///     }});
///
/// Probes run nothing and wait for nothing: each check has a thread of its own that runs it once an
/// interval, and a probe is answered with the last results. A check that hangs holds up nobody; its
/// result grows old and then counts as a failure.
///
/// Liveness asks whether the process should be restarted: let a check fail it only for what a
/// restart mends, never for a lag or for a database that is down. Example: examples/metrics.cpp.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/http_message.hpp"

namespace eventcore::http {

enum class HealthStatus : std::uint8_t { Pass, Warn, Fail };
/// `pass`, `warn` or `fail`.
[[nodiscard]] std::string_view to_string(HealthStatus status) noexcept;

/// What one run of a check found.
struct HealthResult {
  HealthStatus status = HealthStatus::Pass;
  std::string output = {};  ///< For people; says why it is not `Pass`. Must not hold secrets.
  std::optional<double> observed = std::nullopt;  ///< What was measured, if anything was,
  std::string_view unit = {};                     ///< in this unit. Static storage.
};

/// Which questions a check answers, besides `/health`, which shows all.
struct HealthScope {
  bool live = false;
  bool ready = false;
  bool startup = false;
};

/// One thing that is looked at.
struct HealthCheck {
  std::string name;  ///< `component:measurement`, as `store:reads`; a value of a metric's label.
  HealthScope scope = {};
  std::string component_type = {};  ///< `component`, `datastore` or `system`; empty: not told.
  std::string component_id = {};    ///< Which of several; empty: not told.
  /// Runs on a thread of the check and may block. What it throws is a failure.
  std::function<HealthResult()> run;
};

/// How checks run and what the answers tell of the service besides.
struct HealthOptions {
  /// From the end of a check's run to its next.
  std::chrono::milliseconds interval{1'000};
  /// A result that is older counts as a failure: its check hangs.
  std::chrono::milliseconds stale_after{10'000};
  std::string version = {};  ///< Of the service's interface; empty ones are left out.
  std::string release_id = {};
  std::string service_id = {};
  std::string description = {};
  const Clock* clock = &system_clock();  ///< For the age of results.
};

/// What is known of one check.
struct HealthReport {
  std::string name;
  HealthResult result;  ///< The last one, or what its age makes of it.
  /// When the last run ended; nothing if none has.
  std::optional<Timestamp> time = std::nullopt;
  HealthScope scope = {};
  std::string component_type = {};
  std::string component_id = {};
};

/// Named checks, each with a thread of its own that `add` starts: a start of their own that
/// somebody forgets would look like a failure. The destructor waits for runs under way.
/// Thread-safety: Thread-safe. Blocking: only `add` and `run_now`.
class HealthChecks {
 public:
  explicit HealthChecks(HealthOptions options = {});
  HealthChecks(const HealthChecks&) = delete;
  HealthChecks& operator=(const HealthChecks&) = delete;
  ~HealthChecks();

  /// Adds a check and runs it from now on. Requires: its name is new. Blocking: until it has run
  /// once, but a second at most.
  void add(HealthCheck check) EVENTCORE_EXCLUDES(mutex_);

  /// Runs a check now, because what it looks at has just changed. Requires: there is one of this
  /// name. Blocking: until it has run, but a second at most.
  void run_now(std::string_view name) EVENTCORE_EXCLUDES(mutex_);

  /// All checks in the order in which they were added; for metrics.
  [[nodiscard]] std::vector<HealthReport> reports() const EVENTCORE_EXCLUDES(mutex_);

  /// The answer to `/health`: 200, or 503 if a check fails.
  [[nodiscard]] Response all() const;
  /// The answers to `/health/live`, `/health/ready` and `/health/startup`.
  [[nodiscard]] Response live() const;
  [[nodiscard]] Response ready() const;
  [[nodiscard]] Response startup() const;

 private:
  class RunningCheck;
  [[nodiscard]] Response answer(bool HealthScope::*scope) const;

  const HealthOptions options_;
  mutable eventcore::detail::Mutex mutex_;
  std::vector<std::unique_ptr<RunningCheck>> checks_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::http
