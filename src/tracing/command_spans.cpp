#include "command_spans.hpp"

#include <algorithm>

#include "finished_span.hpp"

namespace eventcore::detail {
namespace {

// A command that conflicts for ever must not fill the ring with its attempts.
constexpr std::size_t kAttemptsMax = 32;
constexpr std::size_t kStreamsMax = 16;

/// One attempt, and where in it the next phase begins.
struct Attempt {
  const TracerGate& gate;
  const CommandRecord& record;
  const AttemptRecord& times;
  TraceContext context;
  Instant at;
};

/// The conflict that ended the attempt of `index`; null if none did, or it is not known any more.
const ConflictRecord* conflict_of(const CommandRecord& record, std::size_t index) noexcept {
  const bool exhausted = record.outcome == CommandOutcome::ConflictExhausted;
  const std::size_t lost = record.timeline.size() - (exhausted ? 0 : 1);
  const std::size_t forgotten = lost - std::min(lost, record.conflicts.size());
  if (index < forgotten || index >= lost) return nullptr;
  return &record.conflicts[index - forgotten];
}

/// The span of a phase, if it took any time: the phases of an attempt are laid one after another.
void write_phase(Attempt& attempt, CommandPhase phase, std::string_view db_system) noexcept {
  const std::chrono::nanoseconds duration = attempt.times.phases[phase];
  if (duration.count() <= 0) return;
  const Instant begin = attempt.at;
  attempt.at += duration;
  const bool asks_store = phase == CommandPhase::Read || phase == CommandPhase::Append;
  const FinishedSpan::Place place = child_of(attempt.context, to_string(phase),
                                             asks_store ? SpanKind::Client : SpanKind::Internal);
  FinishedSpan span(attempt.gate, place, begin, attempt.at);
  if (!asks_store) return;
  span.attribute("db.system.name", db_system);
  span.attribute("db.operation.name", to_string(phase));
  const bool stores = phase == CommandPhase::Append && attempt.record.events_written > 0;
  if (stores) span.attribute("db.operation.batch.size", attempt.record.events_written);
}

void write_attempt(const TracerGate& gate, const CommandRecord& record, std::size_t index,
                   std::string_view db_system) noexcept {
  const AttemptRecord& times = record.timeline[index];
  const FinishedSpan::Place place = child_of(record.span->context, "attempt");
  Attempt attempt{gate, record, times, place.context, times.started};
  write_phase(attempt, CommandPhase::Read, db_system);
  attempt.at += times.phases[CommandPhase::Fold];
  write_phase(attempt, CommandPhase::Handle, db_system);
  write_phase(attempt, CommandPhase::Append, db_system);

  FinishedSpan span(gate, place, times.started, times.ended);
  span.attribute("eventcore.attempt", index + 1);
  span.attribute("eventcore.fold_ns", times.phases[CommandPhase::Fold].count());
  const bool is_last = index + 1 == record.timeline.size();
  if (const ConflictRecord* lost = conflict_of(record, index)) {
    span.attribute("error.type", to_string(ErrorCode::VersionConflict));
    const Conflict none;
    const Conflict& conflict = lost->conflict == nullptr ? none : *lost->conflict;
    span.event("conflict", times.ended,
               {{"eventcore.stream_id", lost->stream},
                {"eventcore.version.expected", attribute_value(conflict.expected.value)},
                {"eventcore.version.actual", attribute_value(conflict.actual.value)},
                {"eventcore.winner.position", attribute_value(conflict.winner_position.value)},
                {"eventcore.winner.command_type", std::string_view(conflict.winner_command_type)}});
  } else if (is_last && record.error != nullptr) {
    span.fail(*record.error);
  }
}

void write_queue(const TracerGate& gate, const CommandRecord& record) noexcept {
  const std::chrono::nanoseconds waited = record.phases[CommandPhase::Queue];
  if (waited.count() <= 0) return;
  const FinishedSpan queue(gate, child_of(record.span->context, "queue"), record.started,
                           record.started + waited);
}

/// The streams that were read, as one text: attributes are no lists.
std::string_view streams_of(const CommandRecord& record, std::string& text) {
  for (const StreamTouch& touch :
       record.streams.first(std::min<std::size_t>(record.streams.size(), kStreamsMax))) {
    if (!text.empty()) text += ' ';
    text += touch.stream;
  }
  return text;
}

void write_command(const TracerGate& gate, const CommandRecord& record, Instant end) noexcept {
  const CommandTrace& trace = *record.span;
  FinishedSpan span(gate,
                    {.name = "execute ",
                     .name_rest = record.command_type,
                     .context = trace.context,
                     .parent_id = trace.parent_id,
                     .is_local_root = trace.is_local_root},
                    record.started, end);
  const auto written = std::count_if(record.streams.begin(), record.streams.end(),
                                     [](const StreamTouch& one) { return one.events_written > 0; });
  thread_local std::string text;  // keeps its memory from command to command
  text.clear();
  span.attribute("command_id", std::string_view(record.command_id.to_string()));
  span.attribute("command.type", record.command_type);
  span.attribute("command.success",
                 !is_error(record.outcome) && record.outcome != CommandOutcome::Rejected);
  span.attribute("events.count", record.events_written);
  span.attribute("streams.count", written);
  span.attribute("eventcore.outcome", to_string(record.outcome));
  span.attribute("eventcore.attempts", record.attempts);
  span.attribute("eventcore.streams.read", record.streams.size());
  span.attribute("eventcore.stream_ids", streams_of(record, text));
  span.attribute("eventcore.events.folded", record.events_folded);
  if (record.first_position.value != 0) {
    span.attribute("eventcore.position", record.first_position.value);
  }
  if (!record.rejection_code.empty()) {
    span.attribute("eventcore.rejection", record.rejection_code);
  }
  if (!record.correlation_id.empty()) {
    span.attribute("eventcore.correlation_id", record.correlation_id);
  }
  if (record.error != nullptr) span.fail(*record.error);
}

}  // namespace

void write_command_spans(const TracerGate& gate, const CommandRecord& record,
                         std::string_view db_system) noexcept {
  const auto& timeline = record.timeline;
  const Instant end = timeline.empty() ? record.started + record.duration : timeline.back().ended;
  write_queue(gate, record);
  const std::size_t first = timeline.size() - std::min(timeline.size(), kAttemptsMax);
  for (std::size_t i = first; i < timeline.size(); ++i) write_attempt(gate, record, i, db_system);
  // Last, because it may be the local root, at whose end a trace is kept or not.
  write_command(gate, record, end);
}

}  // namespace eventcore::detail
