#pragma once

/// \file
/// `LogSink`: where finished lines go: the standard error stream, a file with rotation, or a logger
/// that an application has already. All of ours write through spdlog.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/logging/log_level.hpp"
#include "eventcore/result.hpp"

namespace spdlog {
class logger;
}  // namespace spdlog

namespace eventcore {

namespace detail {
class LogFormatter;
}  // namespace detail

/// One finished line. Valid during the call only.
struct LogLine {
  std::string_view text;  ///< Without its end of line.
  LogLevel level = LogLevel::Info;
  Timestamp time;
  std::string_view target;  ///< These three live as long as the process.
  std::string_view file;
  std::uint32_t line = 0;
};

/// Takes finished lines. Thread-safety: called by one thread at a time, the log's drain.
/// Blocking: it may; records queue up meanwhile, and are dropped and counted when queues are full.
class LogSink {
 public:
  LogSink() = default;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  virtual ~LogSink() = default;

  /// Takes `lines`; `text` is all of them, each with its end of line. What it throws is counted as
  /// an error of the sink, and the lines as lost.
  virtual void write(std::span<const LogLine> lines, std::string_view text) = 0;
  /// Passes on what it holds back.
  virtual void flush() {}
  /// At most so many bytes in one call, apart from a single longer line.
  [[nodiscard]] virtual std::size_t bytes_max() const noexcept { return std::size_t{64} * 1024; }
};

/// A sink beside the one with lines, which takes records in a form of its own, such as
/// `OtlpLogsExporter`: each of its lines is a record in that form. What it loses it counts itself.
class LogExporter : public LogSink {
 public:
  /// What writes records in this form. Called once for each `init_logging`.
  [[nodiscard]] virtual std::unique_ptr<detail::LogFormatter> make_formatter(
      std::vector<std::string> redacted_keys) const = 0;
  /// Waits until what it has taken is where it belongs, and says whether all of it is.
  /// Thread-safety: Thread-safe. Blocking: `deadline` at most.
  virtual bool deliver(Deadline deadline) = 0;
};

/// The standard error stream.
[[nodiscard]] std::shared_ptr<LogSink> stderr_log_sink();

/// A file that is never larger than `bytes_max`; older ones are `NAME.1.EXT`, `NAME.2.EXT`, ….
struct RotatingLogFile {
  std::filesystem::path path;
  std::size_t bytes_max = std::size_t{100} * 1024 * 1024;  ///< At least 64 KiB.
  std::size_t files_max = 5;                               ///< Older ones that are kept.
};

/// Appends to a file, with rotation.
/// Errors: InvalidArgument (a limit), Unavailable (the file can't be opened).
[[nodiscard]] Result<std::shared_ptr<LogSink>> rotating_log_sink(const RotatingLogFile& file);

/// Hands each line to `logger`, with its level, time, file and line; its pattern is best `%v`, and
/// its level decides too. Requires: `logger` is not null.
[[nodiscard]] std::shared_ptr<LogSink> spdlog_sink(std::shared_ptr<spdlog::logger> logger);

}  // namespace eventcore
