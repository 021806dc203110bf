#include "eventcore/monitor/flight_recorder.hpp"

#include <unistd.h>

#include <algorithm>

#include "flight_state.hpp"

namespace eventcore::monitor {

namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;

FlightRecorderOptions checked(FlightRecorderOptions options) {
  options.minutes = std::clamp<std::size_t>(options.minutes, 1, 60);
  options.per_minute = std::clamp<std::size_t>(options.per_minute, 1, 256);
  options.slow_min = std::max(options.slow_min, std::chrono::nanoseconds(0));
  return options;
}

std::int64_t count_of(Instant instant) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(instant.time_since_epoch()).count();
}

}  // namespace

FlightRecorder::State::State(const FlightRecorderOptions& given)
    : options(checked(given)),
      slowest(options.minutes, options.per_minute, options.slow_min.count()),
      failed(options.minutes, options.per_minute, 0),
      retried(options.minutes, options.per_minute, 1) {}

void FlightRecorder::State::begin_minute(std::int64_t minute) noexcept {
  // Slots that another thread is busy with begin with its next command.
  const bool all_begun = static_cast<int>(slowest.begin(minute)) +
                             static_cast<int>(failed.begin(minute)) +
                             static_cast<int>(retried.begin(minute)) ==
                         3;
  if (all_begun) minute_end_ns.store((minute + 1) * kMinuteNs, std::memory_order_relaxed);
}

void FlightRecorder::State::keep(detail::FlightShelf& shelf, const detail::FlightEntry& entry,
                                 std::int64_t rank, std::int64_t minute) noexcept {
  switch (shelf.keep(entry, rank, minute)) {
    case detail::FlightShelf::Kept::Yes:
      recorded.fetch_add(1, std::memory_order_relaxed);
      return;
    case detail::FlightShelf::Kept::Busy:
      missed.fetch_add(1, std::memory_order_relaxed);
      return;
    case detail::FlightShelf::Kept::No:
      return;
  }
}

void FlightRecorder::State::remember(const CommandRecord& record) noexcept {
  const Instant ended = record.timed ? record.started + record.duration : options.clock->now();
  const std::int64_t minute = count_of(ended) / kMinuteNs;
  if (count_of(ended) >= minute_end_ns.load(std::memory_order_relaxed)) begin_minute(minute);
  const bool is_slow = record.timed && slowest.wants(record.duration.count());
  const bool is_retried = retried.wants(record.attempts);
  const bool is_failed = is_error(record.outcome);
  if (!is_slow && !is_retried && !is_failed) return;
  detail::FlightEntry entry;
  entry.fill(record, options.clock->wall().time_since_epoch().count());
  if (is_slow) keep(slowest, entry, record.duration.count(), minute);
  if (is_retried) keep(retried, entry, record.attempts, minute);
  if (!is_failed) return;
  const std::uint64_t number = failures.fetch_add(1, std::memory_order_relaxed) + 1;
  keep(failed, entry, static_cast<std::int64_t>(number), minute);
}

void FlightRecorder::State::write(detail::FlightJson& json, detail::FlightEntry& scratch,
                                  std::string_view reason, int signal,
                                  std::int64_t wall_ns) const noexcept {
  const std::int64_t since = wall_ns - static_cast<std::int64_t>(options.minutes) * kMinuteNs;
  json.begin_object();
  json.key("eventcore_flight");
  json.number(std::int64_t{1});
  json.key("reason");
  json.text(reason);
  if (signal != 0) {
    json.key("signal");
    json.number(std::int64_t{signal});
  }
  json.key("pid");
  json.number(std::int64_t{getpid()});
  json.key("written_unix_ns");
  json.number(wall_ns);
  json.key("minutes");
  json.number(std::uint64_t{options.minutes});
  json.key("failures");
  json.number(failures.load(std::memory_order_relaxed));
  json.key("missed");
  json.number(missed.load(std::memory_order_relaxed));
  json.key("slowest");
  slowest.write(json, scratch, since);
  json.key("failed");
  failed.write(json, scratch, since);
  json.key("retried");
  retried.write(json, scratch, since);
  json.end_object();
  json.line_end();
}

FlightRecorder::FlightRecorder(FlightRecorderOptions options)
    : state_(std::make_unique<State>(options)) {}

FlightRecorder::~FlightRecorder() = default;

ProbeInterests FlightRecorder::interests() const noexcept {
  return {.groups = false, .pools = false};
}

void FlightRecorder::command_finished(const CommandRecord& record) noexcept {
  const State& state = *state_;
  const bool is_plain = !is_error(record.outcome) && !state.retried.wants(record.attempts) &&
                        !state.slowest.wants(record.duration.count()) &&
                        count_of(record.started + record.duration) <
                            state.minute_end_ns.load(std::memory_order_relaxed);
  if (is_plain) [[likely]]
    return;
  state_->remember(record);
}

std::string FlightRecorder::json(std::string_view reason) const {
  std::string text;
  {
    detail::FlightEntry scratch;
    detail::FlightJson json(
        [](void* target, const char* bytes, std::size_t size) noexcept {
          static_cast<std::string*>(target)->append(bytes, size);
        },
        &text);
    state_->write(json, scratch, reason, 0,
                  state_->options.clock->wall().time_since_epoch().count());
  }
  return text;
}

FlightRecorderStats FlightRecorder::stats() const noexcept {
  return {.recorded = state_->recorded.load(std::memory_order_relaxed),
          .failed = state_->failures.load(std::memory_order_relaxed),
          .missed = state_->missed.load(std::memory_order_relaxed)};
}

}  // namespace eventcore::monitor
