#pragma once

// `LogDrain`: takes records out of rings, in the order of their times, and gives lines to a sink.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eventcore/logging/logging.hpp"
#include "line_buffer.hpp"
#include "log_format.hpp"
#include "log_ring.hpp"

namespace eventcore::detail {

/// How many records went where. Atomic: written by the drain, read by anybody.
struct LogCounts {
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> lost = 0;
  std::atomic<std::uint64_t> sink_errors = 0;
};

/// Thread-safety: One thread at a time.
class LogDrain {
 public:
  LogDrain(std::unique_ptr<LogFormatter> formatter, std::shared_ptr<LogSink> sink,
           const Clock& clock, LogCounts& counts);

  /// Writes all that is in `rings` now. True: there was something.
  bool take_all(const std::vector<LogRing*>& rings);
  /// Writes a record of the log itself.
  void write(const LogPlace& place, std::span<const LogField> fields, std::string_view values);
  /// Hands over what is written; `flushes`: the sink passes it on.
  void finish(bool flushes) noexcept;

 private:
  struct Source {
    LogRing* ring;
    std::uint64_t end;
    const LogRecordHead* front;
  };
  /// What a place looks like, and the place itself for the sink.
  struct Place {
    const LogSite* site = nullptr;
    std::string text;
  };

  void take_run(Source& source, std::int64_t until);
  void append(const LogRecordHead& record);
  void append_line(const LogPlace& place, std::string_view text, const LogRecordView& view);
  const std::string& text_of(const LogSite& site);
  void hand_over() noexcept;
  void look_at_clock();

  const std::unique_ptr<LogFormatter> formatter_;
  const std::shared_ptr<LogSink> sink_;
  const Clock& clock_;
  LogCounts& counts_;
  const std::size_t bytes_max_;

  LineBuffer text_;
  std::vector<LogLine> lines_;
  std::vector<std::size_t> ends_;  // of lines, in `text_`
  std::vector<Source> sources_;
  std::vector<Place> places_;  // a table by the address of the site
  std::size_t places_used_ = 0;
  std::int64_t wall_ahead_ns_ = 0;  // of the monotonic time
};

}  // namespace eventcore::detail
