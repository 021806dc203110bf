#pragma once

/// \file
/// `init_logging`: switches the log of this process on.
///
///     if (auto ready = init_logging("info,shop=debug", "json"); !ready) return ready.error();
///
/// There is one log a process, because any code may log, and nothing is written before
/// `init_logging`. It may be called again, with other options. A thread that logs copies its record
/// into a ring of its own; one thread, the drain, formats and writes. When a ring is full, the new
/// record is dropped and counted. A forked child has a drain of its own and writes nothing that its
/// parent will write. When the process exits, what is queued is written, for `exit_wait` at most.
/// The usual mistake is to end a process with `_exit` or `abort` without `flush_log`.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/logging/log_filter.hpp"
#include "eventcore/logging/log_level.hpp"
#include "eventcore/logging/log_sink.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

enum class LogFormat : std::uint8_t {
  Text,  ///< For people.
  Json,  ///< One object a line.
};
/// `text` or `json`. Errors: InvalidArgument.
[[nodiscard]] Result<LogFormat> parse_log_format(std::string_view text);

enum class LogColour : std::uint8_t {
  Auto,  ///< On a terminal that wants it: see NO_COLOR and TERM=dumb.
  Always,
  Never,
};

/// How to log.
struct LoggingOptions {
  /// See `LogFilter`.
  std::string filter = "info";
  /// `text` or `json`; empty: `EVENTCORE_LOG_FORMAT`, else text.
  std::string format = {};
  /// `EVENTCORE_LOG`, if it is set and not empty, stands instead of `filter`.
  bool environment_first = true;
  std::shared_ptr<LogSink> sink = nullptr;  ///< Null: `stderr_log_sink()`.
  LogColour colour = LogColour::Auto;       ///< Of text.
  /// Take all records that the sink gets, too. None is null.
  std::vector<std::shared_ptr<LogExporter>> exporters = {};
  /// Records of one call site in a second; more are suppressed and counted. 0: no limit.
  std::uint32_t site_rate_max = 1'000;
  /// Of each thread's ring, a power of two from 16 KiB on. For threads that log for the first time.
  /// 256 KiB hold the success records of some 10 ms at 100,000 commands a second.
  std::size_t ring_bytes = std::size_t{256} * 1024;
  /// So long an error waits for room in its thread's ring.
  std::chrono::nanoseconds error_wait = std::chrono::milliseconds(20);
  /// So long the end of the process waits for what is queued.
  std::chrono::nanoseconds exit_wait = std::chrono::seconds(2);
  /// Values of keys that contain one of these are never written; in lower case.
  std::vector<std::string> redacted_keys = {"password", "passwd",       "passphrase", "secret",
                                            "token",    "credential",   "api_key",    "private_key",
                                            "cookie",   "authorization"};
  const Clock* clock = &system_clock();  ///< Lasts as long as the process.
};

/// Switches the log on, or over. Records that are queued go to the former sink.
/// Errors: InvalidArgument (filter, format, ring size, exporter; the message says where). Nothing
/// changes then.
[[nodiscard]] Result<void> init_logging(LoggingOptions options);
/// The same with a filter and a format. The filter of the environment, `EVENTCORE_LOG`, comes
/// first; the format is `text` or `json`, and if it is empty that of `EVENTCORE_LOG_FORMAT`.
[[nodiscard]] Result<void> init_logging(std::string_view level, std::string_view format);

/// Another filter from now on. Errors: InvalidArgument; nothing changes then.
[[nodiscard]] Result<void> set_log_filter(std::string_view filter);
/// The filter in use, in one line.
[[nodiscard]] std::string log_filter();

/// What became of records.
struct LogFlush {
  bool is_complete = false;   ///< All that had been logged before is with sink and exporters.
  std::uint64_t waiting = 0;  ///< Bytes still in rings; 0 if complete.
  std::uint64_t dropped = 0;  ///< Records lost since the last flush, to full rings or to the sink.
};
/// Waits until all that was logged before is written and flushed, and exporters have delivered it.
/// Thread-safety: Thread-safe. Blocking: until the deadline, which is one of `system_clock()`. Not
/// for sinks.
LogFlush flush_log(Deadline deadline);

/// What the log has done, over all threads since the process began.
struct LogStats {
  std::uint64_t written = 0;                           ///< Records given to the sink.
  std::array<std::uint64_t, kLogLevels> dropped = {};  ///< By level: rings were full.
  std::uint64_t lost = 0;                              ///< Records that the sink did not take.
  std::uint64_t suppressed = 0;                        ///< Above the limit of their call site.
  std::uint64_t cut = 0;  ///< Records of which a text or field was cut off.
  std::uint64_t sink_errors = 0;
  std::uint64_t queued_bytes = 0;      ///< In all rings, now.
  std::uint64_t queue_capacity = 0;    ///< Bytes of all rings.
  std::uint64_t queued_bytes_max = 0;  ///< The most that one ring has held when it was looked at.
  std::uint64_t threads = 0;           ///< That have a ring.

  [[nodiscard]] std::uint64_t dropped_in_all() const noexcept {
    std::uint64_t sum = lost;
    for (const std::uint64_t count : dropped) sum += count;
    return sum;
  }
};
/// Cost: some 100 ns and 20 a thread. Blocking: a short lock.
[[nodiscard]] LogStats log_stats();

}  // namespace eventcore
