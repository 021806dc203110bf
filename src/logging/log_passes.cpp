// What the drain does in a pass, and how the log is set up between two of them.

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "log_core.hpp"
#include "thread_log_ring.hpp"

namespace eventcore::detail {

namespace {

constexpr std::chrono::nanoseconds kWindow = std::chrono::seconds(1);
constexpr std::size_t kRingBytesMin = std::size_t{16} * 1024;
constexpr std::size_t kRingBytesMax = std::size_t{64} * 1024 * 1024;

/// The value of a variable of the environment; empty: not set.
std::string_view environment(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

Error with_origin(Error error, std::string_view origin) {
  if (!origin.empty()) error.message = std::string(origin) + ": " + error.message;
  return error;
}

Result<LogFilter> chosen_filter(const LoggingOptions& options) {
  const std::string_view given =
      options.environment_first ? environment("EVENTCORE_LOG") : std::string_view{};
  Result<LogFilter> filter = LogFilter::parse(given.empty() ? options.filter : given);
  if (filter) return filter;
  return with_origin(filter.error(), given.empty() ? "" : "EVENTCORE_LOG");
}

Result<LogFormat> chosen_format(const LoggingOptions& options) {
  if (!options.format.empty()) return parse_log_format(options.format);
  const std::string_view given = environment("EVENTCORE_LOG_FORMAT");
  if (given.empty()) return LogFormat::Text;
  Result<LogFormat> format = parse_log_format(given);
  if (format) return format;
  return with_origin(format.error(), "EVENTCORE_LOG_FORMAT");
}

bool wants_colour(const LoggingOptions& options) {
  if (options.colour != LogColour::Auto) return options.colour == LogColour::Always;
  return options.sink == nullptr && isatty(STDERR_FILENO) == 1 && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

/// What a thread logs while the scope lasts is dropped: it is inside the log itself.
class InsideLog {
 public:
  InsideLog() noexcept : former_(std::exchange(thread_log_ring, no_ring())) {}
  InsideLog(const InsideLog&) = delete;
  InsideLog& operator=(const InsideLog&) = delete;
  ~InsideLog() { thread_log_ring = former_; }

 private:
  LogRing* const former_;
};

}  // namespace

Result<void> LogCore::init(LoggingOptions options) {
  Result<LogFilter> filter = chosen_filter(options);
  if (!filter) return filter.error();
  const Result<LogFormat> format = chosen_format(options);
  if (!format) return format.error();
  const std::size_t ring = options.ring_bytes;
  if (ring < kRingBytesMin || ring > kRingBytesMax || (ring & (ring - 1)) != 0) {
    return make_error(ErrorCode::InvalidArgument,
                      "ring_bytes is " + std::to_string(ring) +
                          "; it has to be a power of two from 16 KiB to 64 MiB");
  }
  for (const auto& exporter : options.exporters) {
    if (!exporter)
      return make_error(ErrorCode::InvalidArgument, "init_logging: an exporter is null");
  }
  const InsideLog inside;
  // Goes after the lock: an exporter may wait for its collector once more.
  std::unique_ptr<LogDrain> former;
  const MutexLock lock(control_);
  former = set_up(std::move(options), *format, *std::move(filter));
  if (!std::exchange(is_ready_, true)) {
    pthread_atfork([] { instance().before_fork(); }, [] { instance().after_fork_in_parent(); },
                   [] { instance().after_fork_in_child(); });
    std::atexit([] { instance().end_process(); });
  }
  if (!drain_runs_.load(std::memory_order_relaxed)) start_drain();
  return {};
}

std::unique_ptr<LogDrain> LogCore::set_up(LoggingOptions options, LogFormat format,
                                          LogFilter filter) {
  const bool coloured = wants_colour(options);
  if (options.sink == nullptr) options.sink = stderr_log_sink();
  std::vector<LogOutput> outputs;
  for (const auto& exporter : options.exporters) {
    outputs.emplace_back(exporter->make_formatter(options.redacted_keys), exporter, counts_,
                         nullptr);
  }
  auto formatter = format == LogFormat::Json
                       ? make_json_formatter(std::move(options.redacted_keys))
                       : make_text_formatter(std::move(options.redacted_keys), coloured);
  outputs.emplace_back(std::move(formatter), std::move(options.sink), counts_, &counts_);
  auto next = std::make_unique<LogDrain>(std::move(outputs), *options.clock);
  const MutexLock drain_lock(drain_mutex_);
  if (drain_) pass(true);
  drain_.swap(next);
  exporters_ = std::move(options.exporters);
  clock_.store(options.clock, std::memory_order_relaxed);
  set_log_clock(*options.clock);
  error_wait_ns_.store(options.error_wait.count(), std::memory_order_relaxed);
  exit_wait_ns_.store(options.exit_wait.count(), std::memory_order_relaxed);
  window_began_ = options.clock->now();
  const MutexLock lock(mutex_);
  ring_bytes_ = options.ring_bytes;
  site_rate_max_ = options.site_rate_max == 0 ? LogRing::kUnlimited : options.site_rate_max;
  filter_ = std::move(filter);
  begin_window();
  for (LogSite* const site : sites_) switch_site(*site);
  return next;
}

Result<void> LogCore::set_filter(std::string_view text) {
  Result<LogFilter> filter = LogFilter::parse(text);
  if (!filter) return filter.error();
  const MutexLock lock(mutex_);
  filter_ = *std::move(filter);
  for (LogSite* const site : sites_) switch_site(*site);
  return {};
}

std::string LogCore::filter() {
  const MutexLock lock(mutex_);
  return filter_.to_string();
}

void LogCore::begin_window() {
  ++window_;
  for (LogSite* const site : sites_) {
    site->budget_.store(std::uint64_t{window_} << 32 | site_rate_max_, std::memory_order_relaxed);
  }
}

void LogCore::look_at_rings() {
  const MutexLock lock(mutex_);
  fullest_ = {};
  ring_list_.clear();
  for (const auto& ring : rings_) {
    ring_list_.push_back(ring.get());
    const std::uint64_t queued = ring->queued();
    if (queued >= fullest_.queued) fullest_ = {queued, ring->capacity()};
  }
  if (fullest_.queued > queued_max_.load(std::memory_order_relaxed)) {
    queued_max_.store(fullest_.queued, std::memory_order_relaxed);
  }
}

void LogCore::pass(bool flushes) noexcept {
  try {
    look_at_rings();
    drain_->take_all(ring_list_);
    const Instant now = clock_.load(std::memory_order_relaxed)->now();
    const bool is_over = now - window_began_ >= kWindow;
    if (is_over || flushes) {
      report_suppressed();
      report_dropped();
    }
    if (is_over) {
      window_began_ = now;
      const MutexLock lock(mutex_);
      begin_window();
    }
  } catch (const std::exception&) {
    count_up(counts_.sink_errors);  // no memory; what was read is gone
    count_up(counts_.lost);
  }
  drain_->finish(flushes);
}

void LogCore::report_suppressed() {
  std::vector<LogSite*> sites;
  {
    const MutexLock lock(mutex_);
    sites = sites_;
  }
  suppressed_.resize(sites.size());
  for (std::size_t id = 0; id < sites.size(); ++id) {
    std::uint64_t sum = 0;
    for (const LogRing* const ring : ring_list_) {
      sum += ring->suppressed(static_cast<std::uint32_t>(id));
    }
    const std::uint64_t more = sum - std::exchange(suppressed_[id], sum);
    if (more == 0) continue;
    suppressed_sum_.fetch_add(more, std::memory_order_relaxed);
    const LogSite& site = *sites[id];
    const LogField fields[] = {field("suppressed", more),
                               field("suppressed_message", site.message())};
    drain_->write({.level = site.level(),
                   .target = site.target(),
                   .file = site.file(),
                   .line = site.line(),
                   .event = "log.suppressed",
                   .message = "Records of this call site were suppressed"},
                  fields, site.message());
  }
}

std::uint64_t LogCore::dropped_in_all() {
  std::uint64_t sum = 0;
  for (std::size_t level = 0; level < kLogLevels; ++level) {
    sum += homeless_drops_[level].load(std::memory_order_relaxed);
    for (const auto& ring : rings_) sum += ring->dropped(static_cast<LogLevel>(level));
  }
  return sum;
}

void LogCore::report_dropped() {
  std::uint64_t sum = 0;
  {
    const MutexLock lock(mutex_);
    sum = dropped_in_all();
  }
  const std::uint64_t more = sum - std::exchange(dropped_reported_, sum);
  if (more == 0) return;
  const LogField fields[] = {field("dropped", more)};
  drain_->write({.level = LogLevel::Warn,
                 .target = "eventcore::logging",
                 .file = "src/logging/log_passes.cpp",
                 .line = __LINE__,
                 .event = "log.dropped",
                 .message = "Log records were dropped"},
                fields, {});
}

LogStats LogCore::stats() {
  LogStats stats;
  stats.written = counts_.written.load(std::memory_order_relaxed);
  stats.lost = counts_.lost.load(std::memory_order_relaxed);
  stats.sink_errors = counts_.sink_errors.load(std::memory_order_relaxed);
  stats.suppressed = suppressed_sum_.load(std::memory_order_relaxed);
  stats.queued_bytes_max = queued_max_.load(std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  for (std::size_t level = 0; level < kLogLevels; ++level) {
    stats.dropped[level] = homeless_drops_[level].load(std::memory_order_relaxed);
    for (const auto& ring : rings_)
      stats.dropped[level] += ring->dropped(static_cast<LogLevel>(level));
  }
  for (const auto& ring : rings_) {
    stats.cut += ring->cut();
    stats.queued_bytes += ring->queued();
    stats.queue_capacity += ring->capacity();
    if (ring->is_owned) ++stats.threads;
  }
  return stats;
}

}  // namespace eventcore::detail
