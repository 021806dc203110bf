#include "eventcore/logging/command_logging.hpp"

#include <algorithm>
#include <utility>

#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging_probe.hpp"
#include "logged_command.hpp"

namespace eventcore {

namespace {

constexpr const char* kStore = "eventcore::store";

/// The streams of `events`, each once; stops when there are more than a record shows.
std::vector<std::string_view> streams_of(std::span<const EventToWrite> events) {
  std::vector<std::string_view> streams;
  for (const EventToWrite& event : events) {
    if (std::find(streams.begin(), streams.end(), event.stream.view()) != streams.end()) continue;
    streams.push_back(event.stream.view());
    if (streams.size() > kLogListMax) break;
  }
  return streams;
}

}  // namespace

namespace detail {

CommandLog::CommandLog(std::string_view command_type, const ExecuteOptions& options) noexcept
    : command_type_(command_type),
      options_(options),
      trace_(options.trace ? *options.trace : current_trace()),
      started_(system_clock().now()),
      former_(std::exchange(thread_logs_command, true)) {
  log_command_started({command_type_, trace_, options_.correlation_id});
}

CommandLog::~CommandLog() { thread_logs_command = former_; }

CommandRecord CommandLog::record() const noexcept {
  CommandRecord record;
  record.command_type = command_type_;
  record.started = started_;
  record.duration = system_clock().now() - started_;
  record.trace = trace_;
  record.correlation_id = options_.correlation_id;
  return record;
}

void CommandLog::succeeded(const ExecutionResult& result, std::string_view rejection_code) {
  CommandRecord done = record();
  done.command_id = result.command_id();
  done.outcome = result.replayed() ? CommandOutcome::Replayed : result.outcome();
  done.rejection_code = rejection_code;
  done.attempts = result.attempts();
  std::vector<StreamId> streams;
  std::vector<StreamTouch> touches;
  if (done.outcome == CommandOutcome::Committed) {
    done.events_written = static_cast<std::uint32_t>(result.event_count());
    if (done.events_written != 0) {
      done.first_position = {result.position().value + 1 - done.events_written};
    }
    streams = result.affected_streams();
    touches.reserve(streams.size());
    for (const StreamId& stream : streams) {
      touches.push_back({.stream = stream.view(), .version_read = {}, .events_written = 1});
    }
  }
  done.streams = touches;
  log_command_finished(done);
}

void CommandLog::failed(const Error& error) noexcept {
  CommandRecord done = record();
  done.outcome = CommandOutcome::StoreError;  // any error: the record tells its type
  done.error = &error;
  log_command_finished(done);
}

}  // namespace detail

Result<WriteResult> write_events_with_logging(std::span<const EventToWrite> events,
                                              EventStore& store, Deadline deadline) {
  EVENTCORE_LOG_RECORD(Debug, kStore, "append.started", "Writing events to store",
                       field("event_count", events.size()));
  const Instant started = system_clock().now();
  Result<WriteResult> result = store.write_events(events, deadline);
  const std::chrono::nanoseconds duration = system_clock().now() - started;
  if (result) {
    EVENTCORE_LOG_RECORD(Info, kStore, "append.succeeded", "Events written successfully",
                         field("event_count", events.size()),
                         field("events_written", events.size()),
                         field("streams", std::span<const std::string_view>(streams_of(events))),
                         field("position", result->last), field("duration_ms", duration));
  } else {
    const Error& error = result.error();
    EVENTCORE_LOG_RECORD(Error, kStore, "append.failed", "Failed to write events",
                         field("event_count", events.size()),
                         field("streams", std::span<const std::string_view>(streams_of(events))),
                         field("error", loggable_message(error)), field("error_type", error.code),
                         field("stream_id", error.stream), field("duration_ms", duration));
  }
  return result;
}

}  // namespace eventcore
