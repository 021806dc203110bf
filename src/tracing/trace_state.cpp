// W3C Trace Context, 3.3: tracestate.

#include "eventcore/tracing/trace_state.hpp"

#include <algorithm>

#include "list_header.hpp"

namespace eventcore {
namespace {

constexpr std::size_t kKeyMax = 256;
constexpr std::size_t kTenantMax = 241;
constexpr std::size_t kSystemMax = 14;
constexpr std::size_t kValueMax = 256;
constexpr std::size_t kHeaderMax = 512;
constexpr std::size_t kLongEntry = 128;

constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_key_character(char c) noexcept {
  return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
}
constexpr bool is_value_character(char c) noexcept {
  return c >= 0x20 && c <= 0x7e && c != ',' && c != '=';
}

bool are_key_characters(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_key_character);
}

/// A simple key, or `tenant@system`, as level 1 has it; a digit may begin a key since level 2.
bool is_key(std::string_view key) noexcept {
  if (key.empty() || key.size() > kKeyMax) return false;
  const auto may_begin = [](char c) { return is_lower(c) || is_digit(c); };
  if (!may_begin(key.front())) return false;
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return are_key_characters(key);
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return tenant.size() <= kTenantMax && are_key_characters(tenant) && !system.empty() &&
         system.size() <= kSystemMax && is_lower(system.front()) && are_key_characters(system);
}

bool is_value(std::string_view value) noexcept {
  return !value.empty() && value.size() <= kValueMax && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), is_value_character);
}

}  // namespace

std::optional<TraceState> TraceState::parse(std::string_view header) { return parse({&header, 1}); }

std::optional<TraceState> TraceState::parse(std::span<const std::string_view> headers) {
  TraceState state;
  const bool is_valid = detail::visit_members(headers, [&](std::string_view member) {
    if (member.empty()) return true;  // allowed
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view key = member.substr(0, equals);
    const std::string_view value = member.substr(equals + 1);
    if (!is_key(key) || !is_value(value)) return false;
    if (state.find(key)) return true;  // the first is the newest
    if (state.entries_.size() == kEntriesMax) return false;
    state.entries_.emplace_back(key, value);
    return true;
  });
  if (!is_valid) return std::nullopt;
  return state;
}

std::optional<std::string_view> TraceState::find(std::string_view key) const noexcept {
  for (const auto& [own, value] : entries_) {
    if (own == key) return value;
  }
  return std::nullopt;
}

bool TraceState::set(std::string_view key, std::string_view value) {
  if (!is_key(key) || !is_value(value)) return false;
  std::pair<std::string, std::string> entry(key, value);  // may refer to an entry that goes
  erase(entry.first);
  entries_.insert(entries_.begin(), std::move(entry));
  if (entries_.size() > kEntriesMax) entries_.pop_back();
  return true;
}

void TraceState::erase(std::string_view key) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.first == key; });
}

std::string TraceState::header() const {
  const auto size_of = [](const auto& entry) {
    return entry.first.size() + entry.second.size() + 1;
  };
  std::size_t size = 0;
  for (const auto& entry : entries_) size += size_of(entry) + 1;
  const bool without_long = size > kHeaderMax + 1;
  std::string text;
  for (const auto& entry : entries_) {
    if (without_long && size_of(entry) > kLongEntry) continue;
    if (text.size() + size_of(entry) + 1 > kHeaderMax) break;
    if (!text.empty()) text += ',';
    text.append(entry.first).append(1, '=').append(entry.second);
  }
  return text;
}

}  // namespace eventcore
