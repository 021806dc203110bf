#include "flight_entry.hpp"

namespace eventcore::monitor::detail {

namespace {

std::array<std::int64_t, kCommandPhases> nanoseconds_of(const PhaseTimes& phases) noexcept {
  std::array<std::int64_t, kCommandPhases> result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = phases.at[i].count();
  return result;
}

void fill_conflict(FlightConflict& kept, const ConflictRecord& lost) noexcept {
  kept.stream.assign(lost.stream);
  if (lost.conflict == nullptr) return;
  kept.expected = lost.conflict->expected.value;
  kept.actual = lost.conflict->actual.value;
  kept.winner_position = lost.conflict->winner_position.value;
  kept.winner_id = lost.conflict->winner_id;
  kept.winner_command_type.assign(lost.conflict->winner_command_type);
}

}  // namespace

void FlightEntry::fill(const CommandRecord& record, std::int64_t wall_ns) noexcept {
  ended_wall_ns = wall_ns;
  duration_ns = record.duration.count();
  backoff_ns = record.backoff.count();
  phases_ns = nanoseconds_of(record.phases);
  command_id = record.command_id;
  trace = record.span != nullptr ? record.span->context : record.trace;
  if (record.span != nullptr) parent_id = record.span->parent_id;
  outcome = record.outcome;
  is_timed = record.timed;
  has_phases = record.phases.measured;
  attempts = record.attempts;
  events_written = record.events_written;
  events_folded = record.events_folded;
  discovery_rounds = record.discovery_rounds;
  first_position = record.first_position.value;
  command_type.assign(record.command_type);
  correlation_id.assign(record.correlation_id);
  rejection_code.assign(record.rejection_code);
  if (record.error != nullptr) {
    has_error = true;
    error_code = record.error->code;
    error_message.assign(record.error->message);
  }
  streams_total = static_cast<std::uint32_t>(record.streams.size());
  for (const StreamTouch& touch : record.streams) {
    if (streams_kept == kStreamsMax) break;
    streams[streams_kept++].assign(touch.stream);
  }
  conflicts_total = static_cast<std::uint32_t>(record.conflicts.size());
  for (const ConflictRecord& lost : record.conflicts) {
    if (conflicts_kept == kConflictsMax) break;
    fill_conflict(conflicts[conflicts_kept++], lost);
  }
  const std::size_t left_out =
      record.timeline.size() - std::min(record.timeline.size(), kAttemptsMax);
  for (const AttemptRecord& attempt : record.timeline.subspan(left_out)) {
    timeline[attempts_kept++] = {(attempt.started - record.started).count(),
                                 (attempt.ended - attempt.started).count(),
                                 nanoseconds_of(attempt.phases)};
  }
}

}  // namespace eventcore::monitor::detail
