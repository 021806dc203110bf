#pragma once

// What people are told about a collector: a line when it can't be reached, and one when it is back.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/otlp/otlp_transport.hpp"

namespace eventcore::detail {

/// One line to stderr, in one write.
void write_to_stderr(std::string_view line);

/// Follows the state of a target. Two lines at most in `kInterval`: a collector that comes and goes
/// does not fill the log. Thread-safety: One thread at a time.
class StateReport {
 public:
  static constexpr std::chrono::seconds kInterval{30};

  StateReport(const OtlpTarget& target, std::function<void(std::string_view)> report);

  void answered(const OtlpReply& reply, Instant now, std::uint64_t dropped);
  /// At the end: items that will not be sent.
  void lost(std::uint64_t items);

 private:
  enum class State : std::uint8_t { Good, Unreachable, Refusing };

  void say(const std::string& text) const;

  const std::string where_;  // signal and URL
  const std::function<void(std::string_view)> report_;
  State said_ = State::Good;
  std::optional<Instant> said_at_;
};

}  // namespace eventcore::detail
