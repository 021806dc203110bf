#include "eventcore/health_checks.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "eventcore/projection_storage.hpp"
#include "eventcore/store_administration.hpp"

namespace eventcore::http {
namespace {

HealthResult failed(std::string output) {
  return {.status = HealthStatus::Fail, .output = std::move(output)};
}

/// Of an error only its code: its message may name files and hosts.
HealthResult failed(const Error& error) { return failed(std::string(to_string(error.code))); }

/// Times `operation(deadline)`, whose error is a failure.
template <class Operation>
HealthResult time(StoreHealthLimits limits, Operation operation) {
  const Instant began = system_clock().now();
  const auto done = operation(Deadline::after(limits.fail_after));
  if (!done) return failed(done.error());
  const std::chrono::duration<double, std::milli> took = system_clock().now() - began;
  HealthResult result{.observed = took.count(), .unit = "ms"};
  if (took >= limits.warn_after) {
    result.status = took >= limits.fail_after ? HealthStatus::Fail : HealthStatus::Warn;
    result.output = "it took " + std::to_string(static_cast<std::int64_t>(took.count())) + " ms";
  }
  return result;
}

}  // namespace

HealthCheck store_reads(EventStore& store, StoreHealthLimits limits) {
  const auto run = [&store, limits] {
    return time(limits,
                [&](Deadline deadline) { return store.read(LogQuery{.events_max = 1}, deadline); });
  };
  return {.name = "store:reads",
          .scope = {.ready = true},
          .component_type = "datastore",
          .component_id = store.description().backend,
          .run = run};
}

HealthCheck store_appends(EventStore& store, StoreHealthLimits limits) {
  const auto run = [&store, limits] {
    return time(limits, [&](Deadline deadline) {
      WriteBatch batch;
      batch.info.command_type = "health_check";
      batch.add_stream(StreamId::literal("eventcore-health"), ExpectedVersion::any());
      return store.append(batch, deadline);
    });
  };
  return {.name = "store:appends",
          .scope = {.ready = true},
          .component_type = "datastore",
          .component_id = store.description().backend,
          .run = run};
}

HealthCheck store_schema(EventStore& store) {
  const auto run = [&store]() -> HealthResult {
    const Result<SchemaVersion> version = store.administration().schema_version();
    if (!version) return failed(version.error());
    HealthResult result{.observed = static_cast<double>(version->stored), .unit = "version"};
    if (version->stored != version->known) {
      result.status = HealthStatus::Fail;
      result.output = "this program knows version " + std::to_string(version->known);
    }
    return result;
  };
  return {.name = "store:schema",
          .scope = {.ready = true},
          .component_type = "datastore",
          .component_id = store.description().backend,
          .run = run};
}

HealthCheck disk_free(std::filesystem::path path, DiskFreeLimits limits) {
  const auto run = [path = std::move(path), limits]() -> HealthResult {
    struct statvfs disk {};
    if (statvfs(path.c_str(), &disk) != 0) {
      return failed(std::generic_category().message(errno));
    }
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    HealthResult result{.observed = static_cast<double>(free), .unit = "bytes"};
    if (free < limits.warn_bytes || free < limits.fail_bytes) {
      const bool is_failure = free < limits.fail_bytes;
      result.status = is_failure ? HealthStatus::Fail : HealthStatus::Warn;
      result.output = "less than " +
                      std::to_string(is_failure ? limits.fail_bytes : limits.warn_bytes) +
                      " bytes are free";
    }
    return result;
  };
  return {.name = "disk:free", .scope = {.ready = true}, .component_type = "system", .run = run};
}

HealthCheck projection_runs(const ProjectionRunner& runner) {
  const auto run = [&runner]() -> HealthResult {
    const ProjectionStatus status = runner.status();
    const std::uint64_t behind = status.head - std::min(status.head, status.checkpoint);
    HealthResult result{.observed = static_cast<double>(behind), .unit = "events"};
    if (status.state == ProjectionState::Faulted || status.state == ProjectionState::Retrying) {
      result.status = HealthStatus::Warn;
      result.output = "it is " + std::string(to_string(status.state)) + " behind position " +
                      std::to_string(status.checkpoint.value);
    }
    return result;
  };
  return {.name = "projection:" + runner.projector().key(),
          .scope = {.ready = true},
          .component_type = "component",
          .run = run};
}

HealthCheck projections_are_led(EventStore& store, std::chrono::nanoseconds grace) {
  const auto run = [&store, grace]() -> HealthResult {
    const auto records = store.projections().list();
    if (!records) return failed(records.error());
    HealthResult result{.observed = 0, .unit = "projections without a leader"};
    for (const ProjectionRecord& record : *records) {
      if (record.paused || !record.lease.is_free(system_clock().wall() - grace)) continue;
      result.status = HealthStatus::Warn;
      result.output += (result.output.empty() ? "nobody leads " : ", ") + record.name;
      result.observed = *result.observed + 1;
    }
    return result;
  };
  return {.name = "projection:leases",
          .scope = {.ready = true},
          .component_type = "datastore",
          .component_id = store.description().backend,
          .run = run};
}

HealthCheck nothing_lost(std::string name, std::function<std::uint64_t()> lost) {
  const auto run = [lost = std::move(lost),
                    known = std::make_shared<std::atomic<std::uint64_t>>(0)]() -> HealthResult {
    const std::uint64_t count = lost();
    const std::uint64_t more = count - std::min(count, known->exchange(count));
    HealthResult result{.observed = static_cast<double>(count), .unit = "lost"};
    if (more != 0) {
      result.status = HealthStatus::Warn;
      result.output = std::to_string(more) + " more since the last look";
    }
    return result;
  };
  return {
      .name = std::move(name), .scope = {.ready = true}, .component_type = "component", .run = run};
}

HealthCheck server_loop(const Server& server) {
  const auto run = [&server]() -> HealthResult {
    if (server.is_responsive(Deadline::after(std::chrono::seconds(2)))) return {};
    return failed("the thread of connections does not run");
  };
  return {.name = "http:loop", .scope = {.live = true}, .component_type = "component", .run = run};
}

}  // namespace eventcore::http
