#pragma once

/// \file
/// Ready-made checks for `http::HealthChecks`: the store, its disk, projections, telemetry, a
/// server.
///
///     health.add(http::store_reads(store));
///     health.add(http::store_appends(store, {.warn_after = 100ms}));
///     health.add(http::disk_free("/var/lib/shop", {.fail_bytes = 1'000'000'000}));
///     health.add(http::projection_runs(runner));
///     health.add(http::nothing_lost("log:records", [] { return log_stats().dropped_in_all(); }));
///     health.add(http::server_loop(api_server));
///
/// Give them the plain store rather than an instrumented one, so that probing is not counted as
/// work, and let that store outlive the checks: declare `HealthChecks` behind it. All but
/// `server_loop` answer readiness; change `scope` where that is not wanted.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "eventcore/event_store.hpp"
#include "eventcore/http_health.hpp"
#include "eventcore/http_server.hpp"
#include "eventcore/projection_runner.hpp"

namespace eventcore::http {

/// How long a store may take.
struct StoreHealthLimits {
  std::chrono::milliseconds warn_after{500};
  std::chrono::milliseconds fail_after{2'000};
};

/// `store:reads`: an event can be read in time. `store` must outlive the check.
[[nodiscard]] HealthCheck store_reads(EventStore& store, StoreHealthLimits limits = {});

/// `store:appends`: a batch that only checks passes the append queue in time, so the queue is
/// short and the store neither degraded nor hung. Writes nothing. `store` must outlive the check.
[[nodiscard]] HealthCheck store_appends(EventStore& store, StoreHealthLimits limits = {});

/// `store:schema`: what is stored has the schema that this program knows; another program may have
/// migrated it meanwhile. `store` must outlive the check.
[[nodiscard]] HealthCheck store_schema(EventStore& store);

/// How much space must be left.
struct DiskFreeLimits {
  std::uint64_t warn_bytes = std::uint64_t{1024} * 1024 * 1024;
  std::uint64_t fail_bytes = std::uint64_t{100} * 1024 * 1024;
};

/// `disk:free`: the file system that holds `path`, a folder or a file in one, has space for this
/// user.
[[nodiscard]] HealthCheck disk_free(std::filesystem::path path, DiskFreeLimits limits = {});

// These warn and never fail: a process whose read models are late, or whose log is lost, still
// serves what it can. What user code says of a failure is not repeated; `last_error` and the log
// have it.

/// `projection:KEY`: the projection neither tries an event again and again nor has stopped at one;
/// the figure is how many events it is behind. `runner` must outlive the check.
[[nodiscard]] HealthCheck projection_runs(const ProjectionRunner& runner);

/// `projection:leases`: some process leads each projection of the store that is not paused.
/// `grace`: so long after the end of a lease, by this host's clock. `store` must outlive the check.
[[nodiscard]] HealthCheck projections_are_led(
    EventStore& store, std::chrono::nanoseconds grace = std::chrono::seconds(30));

/// `name`: `lost()`, a count that only grows, has not grown since the check last ran. The figure is
/// the count.
[[nodiscard]] HealthCheck nothing_lost(std::string name, std::function<std::uint64_t()> lost);

/// `http:loop`: the server's thread of connections runs; the one check for liveness. Add it after
/// the server's start; `server` must outlive the check.
[[nodiscard]] HealthCheck server_loop(const Server& server);

}  // namespace eventcore::http
