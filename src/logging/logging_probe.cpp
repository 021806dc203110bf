#include "eventcore/logging/logging_probe.hpp"

#include <array>
#include <new>

#include "eventcore/detail/span_frame.hpp"
#include "eventcore/logging/log.hpp"
#include "logged_command.hpp"

namespace eventcore {

namespace {

constexpr const char* kCommand = "eventcore::command";
constexpr const char* kStore = "eventcore::store";

/// How many streams got events.
std::size_t written_streams(std::span<const StreamTouch> touches) noexcept {
  std::size_t count = 0;
  for (const StreamTouch& touch : touches) count += touch.events_written == 0 ? 0U : 1U;
  return count;
}

/// The names of streams that got events.
class WrittenStreams {
 public:
  WrittenStreams() noexcept {}

  /// Refers to the names; more than there is room for are only counted.
  [[nodiscard]] LogField list(std::span<const StreamTouch> touches) noexcept {
    std::size_t kept = 0;
    for (const StreamTouch& touch : touches) {
      if (kept == kLogListMax) break;
      if (touch.events_written != 0) new (&names_[kept++]) std::string_view(touch.stream);
    }
    LogField list = field("streams", std::span<const std::string_view>(names_.data(), kept));
    list.size = static_cast<std::uint32_t>(written_streams(touches));
    return list;
  }

 private:
  union {  // not set before they are used
    std::array<std::string_view, kLogListMax> names_;
  };
};

/// Fields that are added one by one.
class Fields {
 public:
  Fields() noexcept {}

  void add(LogField field) noexcept {
    if (count_ < fields_.size()) new (&fields_[count_++]) LogField(field);
  }
  /// Leaves out a key where there is nothing to say.
  void add_text(LogKey key, std::string_view text) noexcept {
    if (!text.empty()) add(field(key, text));
  }
  [[nodiscard]] const LogField* data() const noexcept { return fields_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  union {  // not set before they are used
    std::array<LogField, kLogFieldsMax> fields_;
  };
  std::size_t count_ = 0;
};

// As `EVENTCORE_LOG_RECORD`, for `Fields`.
#define LOG_FIELDS(level, target, event, message, add_fields)                                  \
  do {                                                                                         \
    static constinit detail::LogSite site(LogLevel::level, target, detail::log_file(__FILE__), \
                                          __LINE__, event, message);                           \
    if (site.is_wanted()) {                                                                    \
      Fields made;                                                                             \
      add_fields(made);                                                                        \
      detail::write_log(site, made.data(), made.size());                                       \
    }                                                                                          \
  } while (false)

void add_error(Fields& fields, const Error* error) {
  if (error == nullptr) return;
  fields.add(field("error", loggable_message(*error)));
  fields.add(field("error_type", error->code));
  fields.add_text("stream_id", error->stream);
  if (error->position.value != 0) fields.add(field("position", error->position));
  if (!error->conflict) return;
  fields.add(field("version_expected", error->conflict->expected));
  fields.add(field("version_actual", error->conflict->actual));
  fields.add_text("winner_command_type", error->conflict->winner_command_type);
  if (error->conflict->winner_position.value != 0) {
    fields.add(field("winner_position", error->conflict->winner_position));
  }
}

void add_command(Fields& fields, const CommandRecord& record) {
  fields.add(field("command_type", record.command_type));
  if (!record.command_id.is_nil()) fields.add(field("command_id", record.command_id));
}

void add_effort(Fields& fields, const CommandRecord& record) {
  fields.add(field("attempt", record.attempts));
  if (record.timed) fields.add(field("duration_ms", record.duration));
}

void log_success(const CommandRecord& record) {
  LOG_FIELDS(Info, kCommand, "command.succeeded", "Command executed successfully",
             [&](Fields& fields) {
               add_command(fields, record);
               fields.add(field("outcome", record.outcome));
               fields.add(field("events_written", record.events_written));
               fields.add(field("affected_streams", written_streams(record.streams)));
               if (record.first_position.value != 0 && record.events_written != 0) {
                 fields.add(field("position", record.first_position + (record.events_written - 1)));
               }
               add_effort(fields, record);
             });
}

void log_rejection(const CommandRecord& record) {
  LOG_FIELDS(Info, kCommand, "command.rejected", "Command rejected", [&](Fields& fields) {
    add_command(fields, record);
    fields.add_text("rejection_code", record.rejection_code);
    add_effort(fields, record);
  });
}

void log_failure(const CommandRecord& record) {
  LOG_FIELDS(Error, kCommand, "command.failed", "Command execution failed", [&](Fields& fields) {
    add_command(fields, record);
    add_error(fields, record.error);
    add_effort(fields, record);
  });
}

void log_conflicts(const CommandRecord& record) {
  for (const ConflictRecord& conflict : record.conflicts) {
    LOG_FIELDS(Debug, kCommand, "command.conflict", "Another command was faster",
               [&](Fields& fields) {
                 add_command(fields, record);
                 fields.add_text("stream_id", conflict.stream);
                 if (conflict.conflict == nullptr) return;
                 fields.add(field("version_expected", conflict.conflict->expected));
                 fields.add(field("version_actual", conflict.conflict->actual));
                 fields.add_text("winner_command_type", conflict.conflict->winner_command_type);
                 fields.add(field("winner_position", conflict.conflict->winner_position));
               });
  }
}

void log_append_of(const CommandRecord& record) {
  if (record.outcome != CommandOutcome::Committed || record.events_written == 0) return;
  WrittenStreams streams;  // outlives the writing
  LOG_FIELDS(Debug, kStore, "append.succeeded", "Events written successfully", [&](Fields& fields) {
    fields.add(field("event_count", record.events_written));
    fields.add(field("events_written", record.events_written));
    fields.add(streams.list(record.streams));
  });
}

/// Makes the command the thread's current work, unless it is: executors do so.
template <class Work>
void in_frame_of(std::string_view command_type, const TraceContext& trace,
                 std::string_view correlation_id, Work&& work) {
  const detail::SpanFrame* const current = detail::current_frame();
  if (current != nullptr && current->name == command_type && current->trace == trace &&
      current->correlation_id == correlation_id) {
    return work();
  }
  const detail::SpanFrame frame{command_type, trace, correlation_id, current};
  const detail::FrameScope scope(frame);
  work();
}

}  // namespace

namespace detail {

void log_command_started(const CommandStart& start) noexcept {
  in_frame_of(start.command_type, start.trace, start.correlation_id, [&] {
    EVENTCORE_LOG_RECORD(Debug, kCommand, "command.started", "Starting command execution",
                         field("command_type", start.command_type));
  });
}

void log_command_finished(const CommandRecord& record) noexcept {
  in_frame_of(record.command_type, record.trace, record.correlation_id, [&] {
    if (!record.conflicts.empty()) log_conflicts(record);
    if (is_error(record.outcome)) {
      log_failure(record);
    } else if (record.outcome == CommandOutcome::Rejected) {
      log_rejection(record);
    } else {
      log_append_of(record);
      log_success(record);
    }
  });
}

}  // namespace detail

std::string_view loggable_message(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::HandlerFailed:
      return "user code failed; its words are not logged, for they may repeat a payload";
    case ErrorCode::DecodeFailed:
      return "a stored event can't be decoded; what it holds is not logged";
    default:
      return error.message;
  }
}

ProbeInterests LoggingProbe::interests() const noexcept {
  return {.commands = true, .starts = true, .groups = true, .pools = true};
}

void LoggingProbe::command_started(const CommandStart& start) noexcept {
  if (!detail::thread_logs_command) detail::log_command_started(start);
}

void LoggingProbe::command_finished(const CommandRecord& record) noexcept {
  if (!detail::thread_logs_command) detail::log_command_finished(record);
}

void LoggingProbe::group_committed(const GroupRecord& record) noexcept {
  LOG_FIELDS(Debug, kStore, "store.group_committed", "Group committed", [&](Fields& fields) {
    fields.add(field("commands", record.commands));
    fields.add(field("conflicts", record.rejected));
    fields.add(field("events_written", record.events));
    fields.add(field("bytes", record.bytes));
    fields.add(field("queue_depth", record.queue_depth));
    fields.add(field("position", record.head));
    if (record.timed) fields.add(field("duration_ms", record.commit));
  });
}

void LoggingProbe::pool_used(const PoolRecord& record) noexcept {
  if (!record.timed_out) return;
  EVENTCORE_LOG_RECORD(Warn, kStore, "store.pool_exhausted", "No connection was free in time",
                       field("pool", record.pool), field("wait_ms", record.wait));
}

void LoggingProbe::connection_opened(std::string_view pool,
                                     std::chrono::nanoseconds duration) noexcept {
  EVENTCORE_LOG_RECORD(Debug, kStore, "store.connection_opened", "Connection opened",
                       field("pool", pool), field("duration_ms", duration));
}

void LoggingProbe::store_availability(bool up) noexcept {
  if (up) {
    EVENTCORE_LOG_RECORD(Info, kStore, "store.available", "The store is available again");
  } else {
    EVENTCORE_LOG_RECORD(Error, kStore, "store.unavailable", "The store is not available");
  }
}

#undef LOG_FIELDS

}  // namespace eventcore
