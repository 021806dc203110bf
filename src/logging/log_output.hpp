#pragma once

// `LogOutput`: a sink, and the lines on their way to it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/logging/log_sink.hpp"
#include "line_buffer.hpp"
#include "log_format.hpp"

namespace eventcore::detail {

/// How many records went where. Atomic: written by the drain, read by anybody.
struct LogCounts {
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> lost = 0;
  std::atomic<std::uint64_t> sink_errors = 0;
};

/// Thread-safety: One thread at a time.
class LogOutput {
 public:
  /// `records`: where records are counted, null for an exporter, which counts its own.
  LogOutput(std::unique_ptr<LogFormatter> formatter, std::shared_ptr<LogSink> sink,
            LogCounts& errors, LogCounts* records);

  /// Writes a record of `site`.
  void append(const LogSite& site, const LogRecordView& record);
  /// Writes a record of the log itself.
  void append(const LogPlace& place, const LogRecordView& record);
  /// Hands over what is written; `flushes`: the sink passes it on.
  void finish(bool flushes) noexcept;

 private:
  struct Place {
    const LogSite* site = nullptr;
    std::string text;
  };

  void append_line(const LogPlace& place, std::string_view text, const LogRecordView& record);
  const std::string& text_of(const LogSite& site);
  void hand_over() noexcept;

  std::unique_ptr<LogFormatter> formatter_;
  std::shared_ptr<LogSink> sink_;
  LogCounts* errors_;
  LogCounts* records_;
  std::size_t bytes_max_;

  LineBuffer text_;
  std::vector<LogLine> lines_;
  std::vector<std::size_t> ends_;  // of lines, in `text_`
  std::vector<Place> places_;      // a table by the address of the site
  std::size_t places_used_ = 0;
};

}  // namespace eventcore::detail
