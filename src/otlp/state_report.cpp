#include "state_report.hpp"

#include <unistd.h>

#include <utility>

#include "settings.hpp"

namespace eventcore::detail {

void write_to_stderr(std::string_view line) {
  const std::string text = std::string(line) + '\n';
  const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);  // nobody is left to tell
}

StateReport::StateReport(const OtlpTarget& target, std::function<void(std::string_view)> report)
    : where_(std::string(to_string(target.signal)) + " to " + without_credentials(target.url)),
      report_(std::move(report)) {}

void StateReport::answered(const OtlpReply& reply, Instant now, std::uint64_t dropped) {
  const bool is_taken = reply.kind == OtlpReply::Kind::Accepted && reply.rejected == 0;
  const State state = is_taken                                     ? State::Good
                      : reply.kind == OtlpReply::Kind::Unreachable ? State::Unreachable
                                                                   : State::Refusing;
  if (state == said_) return;
  // The line that all is well again is owed by the one before it, which was not long ago then.
  if (state != State::Good && said_at_ && now - *said_at_ < kInterval) return;
  switch (state) {
    case State::Good:
      say("sent again; dropped so far: " + std::to_string(dropped));
      break;
    case State::Unreachable:
      say("can't be sent, trying again: " + reply.message);
      break;
    case State::Refusing:
      say("refused and dropped: " + reply.message);
      break;
  }
  if (state != State::Good) said_at_ = now;
  said_ = state;
}

void StateReport::lost(std::uint64_t items) { say("ended; lost: " + std::to_string(items)); }

void StateReport::say(const std::string& text) const {
  // The report belongs to the user, telemetry must not end the program.
  try {
    report_("eventcore: OTLP " + where_ + ": " + text);
  } catch (...) {
    return;
  }
}

}  // namespace eventcore::detail
