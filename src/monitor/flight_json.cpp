#include "flight_json.hpp"

#include <array>
#include <charconv>

#include "../core/hex.hpp"
#include "../core/utf8.hpp"

namespace eventcore::monitor::detail {

void FlightJson::flush() noexcept {
  if (used_ > 0) sink_(target_, buffer_.data(), used_);
  used_ = 0;
}

void FlightJson::put(std::string_view bytes) noexcept {
  for (const char byte : bytes) {
    if (used_ == buffer_.size()) flush();
    buffer_[used_++] = byte;
  }
}

void FlightJson::separate() noexcept {
  if (needs_comma_) put(",");
  needs_comma_ = true;
}

void FlightJson::open(char bracket) noexcept {
  separate();
  put({&bracket, 1});
  needs_comma_ = false;
}

void FlightJson::close(char bracket) noexcept {
  put({&bracket, 1});
  needs_comma_ = true;
}

void FlightJson::key(std::string_view name) noexcept {
  separate();
  quoted(name);
  put(":");
  needs_comma_ = false;
}

void FlightJson::text(std::string_view value) noexcept {
  separate();
  quoted(value);
}

void FlightJson::quoted(std::string_view value) noexcept {
  put("\"");
  while (!value.empty()) {
    const auto code = static_cast<unsigned char>(value.front());
    const std::size_t size = eventcore::detail::decode_utf8(value).bytes;
    if (size == 0) {
      put("\\ufffd");
    } else if (code < 0x20 || code == 0x7F) {
      put("\\u00");
      put({eventcore::detail::kHexPairs[code].data(), 2});
    } else {
      if (code == '"' || code == '\\') put("\\");
      put(value.substr(0, size));
    }
    value.remove_prefix(size == 0 ? 1 : size);
  }
  put("\"");
}

void FlightJson::number(std::int64_t value) noexcept {
  separate();
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  put({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
}

void FlightJson::number(std::uint64_t value) noexcept {
  separate();
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  put({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
}

void FlightJson::hex(std::span<const std::uint8_t> bytes) noexcept {
  separate();
  put("\"");
  for (const std::uint8_t byte : bytes) put({eventcore::detail::kHexPairs[byte].data(), 2});
  put("\"");
}

void FlightJson::uuid(const Uuid& id) noexcept {
  separate();
  put("\"");
  std::array<char, eventcore::detail::kUuidCharacters> text{};
  eventcore::detail::put_uuid(text.data(), id.bytes.data());
  put({text.data(), text.size()});
  put("\"");
}

void FlightJson::boolean(bool value) noexcept {
  separate();
  put(value ? "true" : "false");
}

void FlightJson::member(std::string_view name, std::string_view value) noexcept {
  key(name);
  text(value);
}

void FlightJson::member(std::string_view name, std::uint64_t value) noexcept {
  key(name);
  number(value);
}

void FlightJson::member(std::string_view name, std::int64_t value) noexcept {
  key(name);
  number(value);
}

void FlightJson::phases(std::span<const std::int64_t> nanoseconds) noexcept {
  key("phases_ns");
  begin_object();
  for (std::size_t i = 0; i < nanoseconds.size(); ++i) {
    member(to_string(static_cast<CommandPhase>(i)), nanoseconds[i]);
  }
  end_object();
}

void FlightJson::streams(const FlightEntry& entry) noexcept {
  member("streams_total", std::uint64_t{entry.streams_total});
  key("streams");
  begin_list();
  for (std::size_t i = 0; i < entry.streams_kept; ++i) text(entry.streams[i].view());
  end_list();
}

void FlightJson::conflicts(const FlightEntry& entry) noexcept {
  member("conflicts_total", std::uint64_t{entry.conflicts_total});
  key("conflicts");
  begin_list();
  for (std::size_t i = 0; i < entry.conflicts_kept; ++i) {
    const FlightConflict& lost = entry.conflicts[i];
    begin_object();
    member("stream", lost.stream.view());
    member("expected_version", lost.expected);
    member("actual_version", lost.actual);
    member("winner_position", lost.winner_position);
    key("winner_command_id");
    uuid(lost.winner_id);
    member("winner_command_type", lost.winner_command_type.view());
    end_object();
  }
  end_list();
}

void FlightJson::timeline(const FlightEntry& entry) noexcept {
  key("timeline");
  begin_list();
  for (std::size_t i = 0; i < entry.attempts_kept; ++i) {
    begin_object();
    member("start_ns", entry.timeline[i].start_ns);
    member("duration_ns", entry.timeline[i].duration_ns);
    phases(entry.timeline[i].phases_ns);
    end_object();
  }
  end_list();
}

void FlightJson::entry(const FlightEntry& entry) noexcept {
  begin_object();
  member("command_type", entry.command_type.view());
  key("command_id");
  uuid(entry.command_id);
  member("ended_unix_ns", entry.ended_wall_ns);
  if (entry.is_timed) member("duration_ns", entry.duration_ns);
  member("outcome", to_string(entry.outcome));
  member("attempts", std::uint64_t{entry.attempts});
  member("backoff_ns", entry.backoff_ns);
  member("events_written", std::uint64_t{entry.events_written});
  member("events_folded", std::uint64_t{entry.events_folded});
  member("discovery_rounds", std::uint64_t{entry.discovery_rounds});
  if (entry.first_position != 0) member("first_position", entry.first_position);
  if (entry.has_error) {
    member("error", to_string(entry.error_code));
    member("error_message", entry.error_message.view());
  }
  if (entry.rejection_code.length > 0) member("rejection_code", entry.rejection_code.view());
  if (entry.correlation_id.length > 0) member("correlation_id", entry.correlation_id.view());
  if (entry.trace.is_valid()) {
    key("trace_id");
    hex(entry.trace.trace_id);
    key("span_id");
    hex(entry.trace.span_id);
    if (entry.parent_id != decltype(entry.parent_id){}) {
      key("parent_span_id");
      hex(entry.parent_id);
    }
    key("sampled");
    boolean(entry.trace.is_sampled());
  }
  if (entry.has_phases) phases(entry.phases_ns);
  streams(entry);
  conflicts(entry);
  timeline(entry);
  end_object();
}

}  // namespace eventcore::monitor::detail
