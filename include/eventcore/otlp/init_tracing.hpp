#pragma once

/// \file
/// `init_tracing`: switches the tracing of this process on, with export to an OpenTelemetry
/// collector.
///
///     if (auto ready = init_tracing("shop", "http://localhost:4318"); !ready) return
///     ready.error();
///
/// There is one tracer a process, because any code may begin a span, and spans are none before. It
/// may be called again, with other options, and before or after `init_logging`. A forked child has
/// an exporter of its own and sends nothing that its parent will send. When the process exits, what
/// is queued is sent, for `exit_timeout` at most. The usual mistake is to end a process with
/// `_exit` or `abort` without `flush_tracing`.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/otlp/otlp_exporter.hpp"
#include "eventcore/otlp/otlp_options.hpp"
#include "eventcore/result.hpp"
#include "eventcore/tracing/sampler.hpp"
#include "eventcore/tracing/tracer.hpp"

namespace eventcore {

/// How to trace. What is left empty comes from the standard variables.
struct TracingOptions {
  OtlpOptions otlp = {};
  /// `OTEL_TRACES_SAMPLER` and its `_ARG`, else everything that its parent does not decide.
  std::optional<Sampler> sampler = std::nullopt;
  std::optional<SpanLimits> limits = std::nullopt;  ///< `OTEL_SPAN_..._LIMIT`.
  std::optional<KeepRule> keep = std::nullopt;
  std::vector<std::shared_ptr<SpanSink>> sinks = {};  ///< Besides the exporter.
};

/// Switches tracing on, or over: what is queued for the former collector is sent first, for
/// `exit_timeout` at most. Without an endpoint, here or in the environment, and without sinks it is
/// switched off; that is no error, and nothing is printed.
/// Errors: InvalidArgument (an endpoint, a protocol; another tracer is installed). Nothing changes
/// then.
[[nodiscard]] Result<void> init_tracing(TracingOptions options);
/// The same for a service and the base URL of a collector. Arguments win over variables; empty ones
/// leave it to them.
[[nodiscard]] Result<void> init_tracing(std::string_view service_name,
                                        std::string_view otlp_endpoint);

/// Whether `init_tracing` has switched tracing on; false without an endpoint.
[[nodiscard]] bool is_tracing();

/// What became of spans during a call.
struct [[nodiscard]] TracingFlush {
  bool is_complete = false;    ///< All that had ended before the call is with the collector.
  std::uint64_t exported = 0;  ///< Accepted by the collector.
  std::uint64_t lost = 0;      ///< Dropped, for whatever reason.
  std::uint64_t pending = 0;   ///< Wait for the collector.
};
/// Waits until all spans that have ended are sent. Thread-safety: Thread-safe. Blocking: until
/// then, `deadline` at most. Without tracing it is complete at once.
TracingFlush flush_tracing(Deadline deadline);
/// The same, and switches tracing off; what was not sent is lost. `init_tracing` may follow.
TracingFlush shutdown_tracing(Deadline deadline);

/// What tracing has done. Zero without it.
struct TracingStats {
  TracerStats tracer;
  OtlpStats otlp;
};
[[nodiscard]] TracingStats tracing_stats();

}  // namespace eventcore
