#pragma once

/// \file
/// `Console`: a page that shows what a service does, and the API that the page reads.
///
///     console::Console console({.metrics = metrics, .monitor = monitor, .recorder = recorder,
///                               .health = &health});
///     console.mount(server);              // "/", "/console/…" and "/api/…"; before its start
///     console.start();
///     console.attach(*store);             // as soon as it is open; projections, events, search
///     console.watch(*runner);
///     ...
///     console.detach();                   // before the store is closed
///
/// Who may ask is the server's matter: give it an `http::AccessPolicy` with `console::access_level`
/// (docs/guide/console.md). The usual mistake is to mount it on a server that the world reaches and
/// to forget that. The API is in docs/reference/console-api.md.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/event_store.hpp"
#include "eventcore/http_access.hpp"
#include "eventcore/http_health.hpp"
#include "eventcore/http_server.hpp"
#include "eventcore/monitor/baseline_watch.hpp"
#include "eventcore/monitor/flight_recorder.hpp"
#include "eventcore/monitor/performance_monitor.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/result.hpp"

namespace eventcore::console {

/// Something that somebody did, or tried to do, with the console.
struct ActionRecord {
  std::string action;   ///< `pause`, `resume`, `replay_dead_letters` or `set_log_filter`.
  std::string subject;  ///< The projection, or the filter.
  std::string peer;     ///< Address and port of the client's end.
  std::string error;    ///< Empty if it was done.
};

/// What a console shows. What is not given is not shown.
struct ConsoleOptions {
  std::string title = "EventCore";  ///< Names the service.
  std::string version = {};         ///< Of the service.
  std::shared_ptr<observability::MetricsService> metrics = nullptr;
  std::shared_ptr<const monitor::PerformanceMonitor> monitor = nullptr;
  std::shared_ptr<const monitor::FlightRecorder> recorder = nullptr;
  std::shared_ptr<const monitor::BaselineWatch> baseline = nullptr;
  const http::HealthChecks* health = nullptr;  ///< Must outlive the console.
  std::function<std::string()> log_filter = nullptr;
  std::function<Result<void>(std::string_view)> set_log_filter = nullptr;
  bool show_payloads = false;  ///< Of events; they may hold personal data.
  bool allow_actions = true;
  /// The server's guard, if it has one: the page then knows which token it needs.
  std::shared_ptr<const http::AccessPolicy> access = nullptr;
  /// Told of each action, for an audit log. Called by workers, several at once. Must not throw.
  std::function<void(const ActionRecord&)> on_action = nullptr;
  std::size_t viewers_max = 64;               ///< Of the live stream; more are answered 503.
  std::chrono::milliseconds interval{1'000};  ///< Between the texts of the live stream.
};

/// What a request to a server with a console needs: the page itself is `Open`, for it has to ask
/// for the token; what shows events, dead letters or words of user code is `Operate`, as actions
/// are; the rest is as `http::access_level` says.
[[nodiscard]] http::AccessLevel access_level(const http::Request& request) noexcept;

/// Owns two threads between `start` and `stop`: one publishes, one asks the store about projections
/// while somebody watches. Thread-safety: `mount` before the server starts; the rest is
/// thread-safe. Ownership: must outlive the server. Cost: all viewers share one text a second;
/// without viewers nothing is computed.
class Console {
 public:
  explicit Console(ConsoleOptions options);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  ~Console();

  /// Adds the page and the API to `server`.
  void mount(http::Server& server);
  void start();
  /// Joins the threads. A second call is harmless. Blocking: for a question to the store under way.
  void stop() noexcept;

  /// Shows `store` from now on. It must not be closed before `detach`.
  void attach(EventStore& store);
  /// Shows what `runner` does; a projection without a runner here is shown as the store knows it.
  /// It must not go before `detach`.
  void watch(const ProjectionRunner& runner);
  /// Forgets the store and the runners. Blocking: for requests that use them.
  void detach();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eventcore::console
