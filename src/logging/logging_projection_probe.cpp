#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging_probe.hpp"

namespace eventcore {

namespace {

constexpr const char* kProjection = "eventcore::projection";

}  // namespace

void LoggingProjectionProbe::batch_applied(const ProjectionBatchRecord& record) noexcept {
  EVENTCORE_LOG_RECORD(Debug, kProjection, "projection.batch_applied", "Batch applied",
                       field("projection_name", record.projection), field("events", record.events),
                       field("position", record.position),
                       field("duration_ms", record.apply + record.checkpoint));
}

void LoggingProjectionProbe::failed(const ProjectionFailureRecord& record) noexcept {
  const Error unknown;
  const Error& error = record.error != nullptr ? *record.error : unknown;
  if (record.infrastructure) {
    EVENTCORE_LOG_RECORD(
        Warn, kProjection, "projection.unavailable", "A projection can't go on; it tries again",
        field("projection_name", record.projection), field("attempt", record.attempt),
        field("error", loggable_message(error)), field("error_type", error.code));
    return;
  }
  // Whatever its code, the message is of user code.
  EVENTCORE_LOG_RECORD(Error, kProjection, "projection.failed", "A projection failed on an event",
                       field("projection_name", record.projection),
                       field("position", record.position), field("attempt", record.attempt),
                       field("reason", record.reason), field("error_type", error.code));
}

void LoggingProjectionProbe::retried(std::string_view projection,
                                     std::chrono::nanoseconds pause) noexcept {
  EVENTCORE_LOG_RECORD(Debug, kProjection, "projection.retried", "A projection pauses",
                       field("projection_name", projection), field("pause_ms", pause));
}

void LoggingProjectionProbe::dead_lettered(const DeadLetter& letter) noexcept {
  EVENTCORE_LOG_RECORD(Error, kProjection, "projection.dead_lettered",
                       "An event became a dead letter", field("projection_name", letter.projection),
                       field("position", letter.position), field("reason", letter.reason),
                       field("attempt", letter.attempts),
                       field("writer_trace_id", letter.trace_id));
}

void LoggingProjectionProbe::dead_letter_replayed(std::string_view projection, Position position,
                                                  bool failed) noexcept {
  if (failed) {
    EVENTCORE_LOG_RECORD(Warn, kProjection, "projection.dead_letter_failed",
                         "A dead letter failed again", field("projection_name", projection),
                         field("position", position));
  } else {
    EVENTCORE_LOG_RECORD(Info, kProjection, "projection.dead_letter_applied",
                         "A dead letter was applied", field("projection_name", projection),
                         field("position", position));
  }
}

void LoggingProjectionProbe::skipped(std::string_view projection, Position position) noexcept {
  EVENTCORE_LOG_RECORD(Warn, kProjection, "projection.skipped",
                       "An event was left out, as an operator has asked",
                       field("projection_name", projection), field("position", position));
}

void LoggingProjectionProbe::lease_acquired(std::string_view projection,
                                            std::uint64_t token) noexcept {
  EVENTCORE_LOG_RECORD(Info, kProjection, "projection.lease_acquired",
                       "This process leads the projection", field("projection_name", projection),
                       field("lease_number", token));
}

void LoggingProjectionProbe::lease_lost(std::string_view projection, std::uint64_t token) noexcept {
  EVENTCORE_LOG_RECORD(Info, kProjection, "projection.lease_lost",
                       "This process does not lead the projection any more",
                       field("projection_name", projection), field("lease_number", token));
}

}  // namespace eventcore
