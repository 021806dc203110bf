#pragma once

// `LogDrain`: takes records out of rings, in the order of their times, and gives them to outputs.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "eventcore/clock.hpp"
#include "log_output.hpp"
#include "log_ring.hpp"

namespace eventcore::detail {

/// Thread-safety: One thread at a time.
class LogDrain {
 public:
  LogDrain(std::vector<LogOutput> outputs, const Clock& clock)
      : clock_(clock), outputs_(std::move(outputs)) {}

  /// Writes all that is in `rings` now.
  void take_all(const std::vector<LogRing*>& rings);
  /// Writes a record of the log itself.
  void write(const LogPlace& place, std::span<const LogField> fields, std::string_view values);
  /// Hands over what is written; `flushes`: sinks pass it on.
  void finish(bool flushes) noexcept;

 private:
  struct Source {
    LogRing* ring;
    std::uint64_t end;
    const LogRecordHead* front;
  };
  void take_run(Source& source, std::int64_t until);
  void append(const LogRecordHead& record);
  void look_at_clock();

  const Clock& clock_;
  std::vector<LogOutput> outputs_;
  std::vector<Source> sources_;
  std::int64_t wall_ahead_ns_ = 0;  // of the monotonic time
};

}  // namespace eventcore::detail
