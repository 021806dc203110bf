// The sinks. The only file that sees spdlog.

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <utility>

#include "eventcore/logging/log_sink.hpp"

namespace eventcore {

namespace {

spdlog::level::level_enum level_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::Trace:
      return spdlog::level::trace;
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warn:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
    case LogLevel::Off:
      break;
  }
  return spdlog::level::off;
}

std::chrono::system_clock::time_point time_of(const LogLine& line) noexcept {
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(line.time);
}

/// Many lines as one message: the lines are finished, and spdlog's part costs once.
class WholeLines final : public LogSink {
 public:
  WholeLines(std::shared_ptr<spdlog::sinks::sink> sink, std::size_t bytes_max)
      : sink_(std::move(sink)), bytes_max_(bytes_max) {
    sink_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%v", spdlog::pattern_time_type::utc, std::string()));
  }

  void write(std::span<const LogLine> lines, std::string_view text) override {
    sink_->log({time_of(lines.front()), spdlog::source_loc{}, spdlog::string_view_t(),
                level_of(lines.front().level), spdlog::string_view_t(text.data(), text.size())});
  }
  void flush() override { sink_->flush(); }
  std::size_t bytes_max() const noexcept override { return bytes_max_; }

 private:
  const std::shared_ptr<spdlog::sinks::sink> sink_;
  const std::size_t bytes_max_;
};

class ApplicationLogger final : public LogSink {
 public:
  explicit ApplicationLogger(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

  void write(std::span<const LogLine> lines, std::string_view) override {
    for (const LogLine& line : lines) {
      logger_->log(time_of(line),
                   spdlog::source_loc(line.file.data(), static_cast<int>(line.line), ""),
                   level_of(line.level), spdlog::string_view_t(line.text.data(), line.text.size()));
    }
  }
  void flush() override { logger_->flush(); }

 private:
  const std::shared_ptr<spdlog::logger> logger_;
};

constexpr std::size_t kFileBytesMin = std::size_t{64} * 1024;

}  // namespace

std::shared_ptr<LogSink> stderr_log_sink() {
  return std::make_shared<WholeLines>(std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                      std::size_t{64} * 1024);
}

Result<std::shared_ptr<LogSink>> rotating_log_sink(const RotatingLogFile& file) {
  if (file.bytes_max < kFileBytesMin) {
    return make_error(ErrorCode::InvalidArgument, "a log file has at least 64 KiB, not " +
                                                      std::to_string(file.bytes_max) + " bytes");
  }
  if (file.files_max > 200'000) {  // as many as spdlog counts
    return make_error(ErrorCode::InvalidArgument, "at most 200000 older log files are kept");
  }
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        file.path.string(), file.bytes_max, file.files_max);
    return std::shared_ptr<LogSink>(std::make_shared<WholeLines>(
        std::move(sink), std::min(file.bytes_max / 4, std::size_t{64} * 1024)));
  } catch (const std::exception& failure) {
    return make_error(ErrorCode::Unavailable,
                      std::string("the log file can't be opened: ") + failure.what());
  }
}

std::shared_ptr<LogSink> spdlog_sink(std::shared_ptr<spdlog::logger> logger) {
  return std::make_shared<ApplicationLogger>(std::move(logger));
}

}  // namespace eventcore
