#pragma once

/// \file
/// `OtlpLogsExporter`: sends the log to an OpenTelemetry collector, beside what it writes
/// elsewhere.
///
///     auto logs = OtlpLogsExporter::open({.service_name = "shop"});
///     if (!logs) return logs.error();
///     LoggingOptions options;
///     if (*logs) options.exporters.push_back(*logs);
///     if (auto ready = init_logging(options); !ready) return ready.error();
///
/// Of the component otlp_logs. The log's filter, redaction and limits hold for it too. What waits
/// is bounded; records that don't fit are dropped and counted. `flush_log` and the end of the
/// process wait for it.

#include <memory>

#include "eventcore/clock.hpp"
#include "eventcore/logging/log_sink.hpp"
#include "eventcore/otlp/otlp_exporter.hpp"
#include "eventcore/otlp/otlp_options.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// Exports log records, as docs/reference/log-records.md says. Thread-safety: `write` as `LogSink`
/// says, the rest Thread-safe. Ownership: owns a thread, which the first record starts; the
/// destructor shuts down with the deadline of the options. In the child of a fork it goes on with
/// an empty queue and connections of its own.
class OtlpLogsExporter : public LogExporter {
 public:
  /// Null if logs over OTLP are off: no endpoint, `OTEL_SDK_DISABLED` or `OTEL_LOGS_EXPORTER=none`.
  /// Batches are those of `OTEL_BLRP_*`. Does not connect. Errors: InvalidArgument.
  [[nodiscard]] static Result<std::shared_ptr<OtlpLogsExporter>> open(const OtlpOptions& options);

  /// Sends what is left, `deadline` at most; what isn't sent then is lost, and so is what comes
  /// later. Ends the thread.
  virtual OtlpDelivery shutdown(Deadline deadline) = 0;
  [[nodiscard]] virtual OtlpStats stats() const = 0;
};

}  // namespace eventcore
