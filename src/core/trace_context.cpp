#include "eventcore/trace_context.hpp"

#include <cstddef>
#include <span>

#include "hex.hpp"

namespace eventcore {
namespace {

constexpr std::size_t kHeaderCharacters = 55;  // 00-<32>-<16>-<2>
constexpr std::uint8_t kFlagSampled = 1;

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) detail::append_hex(out, byte);
}

bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = detail::lower_hex_digit(text[2 * i]);
    const int low = detail::lower_hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace

std::string TraceContext::traceparent() const {
  if (!is_valid()) return {};
  std::string text = "00-";
  text.reserve(kHeaderCharacters);
  append_hex(text, trace_id);
  text += '-';
  append_hex(text, span_id);
  text += '-';
  // Version 00 knows one flag; the specification wants the others sent as zero.
  detail::append_hex(text, static_cast<std::uint8_t>(flags & kFlagSampled));
  return text;
}

std::string TraceContext::trace_id_text() const {
  if (!is_valid()) return {};
  std::string text;
  text.reserve(2 * trace_id.size());
  append_hex(text, trace_id);
  return text;
}

std::optional<TraceContext> TraceContext::parse(std::string_view traceparent) noexcept {
  if (traceparent.size() < kHeaderCharacters) return std::nullopt;
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') {
    return std::nullopt;
  }
  std::uint8_t version[1];
  std::uint8_t flags[1];
  TraceContext context;
  const bool digits_good = read_hex(traceparent.substr(0, 2), version) &&
                           read_hex(traceparent.substr(3, 32), context.trace_id) &&
                           read_hex(traceparent.substr(36, 16), context.span_id) &&
                           read_hex(traceparent.substr(53, 2), flags);
  if (!digits_good || version[0] == 0xFF) return std::nullopt;
  if (traceparent.size() > kHeaderCharacters &&
      (version[0] == 0 || traceparent[kHeaderCharacters] != '-')) {
    return std::nullopt;
  }
  context.flags = flags[0];
  if (!context.is_valid()) return std::nullopt;
  return context;
}

TraceScope::TraceScope(const TraceContext& context) noexcept : former_(detail::thread_trace) {
  detail::thread_trace = context;
}

TraceScope::~TraceScope() { detail::thread_trace = former_; }

}  // namespace eventcore
