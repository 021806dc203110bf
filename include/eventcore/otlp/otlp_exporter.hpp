#pragma once

/// \file
/// `OtlpExporter`: sends finished spans to an OpenTelemetry collector, in batches.
///
/// It is the sink of a `Tracer`; `init_tracing` puts both together. Spans are encoded when they are
/// taken and wait in a bounded queue; a thread sends them and tries again while the collector can't
/// be reached. What doesn't fit is dropped and counted: neither memory nor the work that is traced
/// depends on the collector.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "eventcore/clock.hpp"
#include "eventcore/otlp/otlp_options.hpp"
#include "eventcore/result.hpp"
#include "eventcore/tracing/span_record.hpp"

namespace eventcore {

/// What became of telemetry since the start, in spans or, of metrics, in snapshots:
/// taken = exported + dropped + queued. In the child of a fork, since the fork.
struct OtlpStats {
  std::uint64_t taken = 0;            ///< Given to the exporter.
  std::uint64_t exported = 0;         ///< Accepted by the collector.
  std::uint64_t dropped_full = 0;     ///< No place in the queue.
  std::uint64_t dropped_refused = 0;  ///< The collector does not want them.
  std::uint64_t dropped_ended = 0;    ///< Came after the end, or were not sent in time before it.
  std::uint64_t requests = 0;         ///< Sent, each try counted.
  std::uint64_t failed_requests = 0;  ///< Not accepted.
  std::uint64_t queued = 0;           ///< Now: waiting or being sent.
  std::uint64_t queued_bytes = 0;     ///< Now: their memory.
  std::uint64_t queue_max = 0;        ///< The limit of `queued`.
  bool reachable = true;              ///< Whether the last request had an answer.

  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_full + dropped_refused + dropped_ended;
  }
  friend bool operator==(const OtlpStats&, const OtlpStats&) = default;
};

/// What `flush` or `shutdown` has reached.
struct [[nodiscard]] OtlpDelivery {
  std::uint64_t exported = 0;  ///< During the call.
  std::uint64_t lost = 0;      ///< Dropped during the call.
  std::uint64_t pending = 0;   ///< Still queued; none after `shutdown`.

  [[nodiscard]] bool complete() const noexcept { return lost == 0 && pending == 0; }
};

/// Exports spans. Thread-safety: `take` as `SpanSink` says, the rest Thread-safe. Ownership: owns a
/// thread, which the first span starts; the destructor shuts down with the deadline of the options.
/// In the child of a fork it goes on with an empty queue and connections of its own.
class OtlpExporter : public SpanSink {
 public:
  /// An exporter of `options` and the environment; null if tracing over OTLP is off there: no
  /// endpoint, `OTEL_SDK_DISABLED` or `OTEL_TRACES_EXPORTER=none`. Does not connect.
  /// Errors: InvalidArgument (a bad endpoint, a protocol that is not there).
  [[nodiscard]] static Result<std::unique_ptr<OtlpExporter>> open(const OtlpOptions& options);

  /// Waits until what was taken before the call is sent or dropped, `deadline` at most.
  virtual OtlpDelivery flush(Deadline deadline) = 0;
  /// The same, for good: what isn't sent then is lost, and so is what comes later. Ends the thread.
  virtual OtlpDelivery shutdown(Deadline deadline) = 0;
  [[nodiscard]] virtual OtlpStats stats() const = 0;
};

}  // namespace eventcore
