#include "log_format.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "../core/hex.hpp"

namespace eventcore::detail {

namespace {

/// Writes `digits` digits of `value` before `end`.
void write_digits(char* end, std::uint32_t value, int digits) noexcept {
  for (int i = 0; i < digits; ++i, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

/// Milliseconds with the places that matter.
void append_milliseconds(LineBuffer& to, std::int64_t ns) {
  if (ns < 0) to.push('-');
  const std::uint64_t amount =
      ns < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  to.number(amount / 1'000'000);
  const std::uint64_t rest = amount % 1'000'000;
  if (rest == 0) return;
  char* const at = to.room(7);
  at[0] = '.';
  write_digits(at + 7, static_cast<std::uint32_t>(rest), 6);
  std::size_t size = 7;
  while (at[size - 1] == '0') --size;
  to.advance(size);
}

}  // namespace

const LogFormatter::Key& LogFormatter::key_of(const LogField& field) {
  Recent& recent = recent_[reinterpret_cast<std::uintptr_t>(field.key) % recent_.size()];
  if (recent.key == field.key) [[likely]]
    return *recent.found;
  auto found = keys_.find(field.key);
  if (found == keys_.end()) {
    const std::string_view key(field.key, field.key_size);
    bool is_redacted = false;
    for (const std::string& word : redacted_) {
      is_redacted = is_redacted || key.find(word) != key.npos;
    }
    found = keys_.emplace(field.key, Key{key_text(key), is_redacted}).first;
  }
  recent = {field.key, &found->second};
  return found->second;
}

void LogFormatter::append_time(LineBuffer& to, Timestamp time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second.time_since_epoch().count() != second_) {
    second_ = second.time_since_epoch().count();
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(second - day);
    std::memcpy(second_text_, "0000-00-00T00:00:00.", sizeof second_text_);
    write_digits(second_text_ + 4, static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
    write_digits(second_text_ + 7, static_cast<unsigned>(date.month()), 2);
    write_digits(second_text_ + 10, static_cast<unsigned>(date.day()), 2);
    write_digits(second_text_ + 13, static_cast<std::uint32_t>(clock.hours().count()), 2);
    write_digits(second_text_ + 16, static_cast<std::uint32_t>(clock.minutes().count()), 2);
    write_digits(second_text_ + 19, static_cast<std::uint32_t>(clock.seconds().count()), 2);
  }
  char* const at = to.room(sizeof second_text_ + 10);
  std::memcpy(at, second_text_, sizeof second_text_);
  write_digits(at + sizeof second_text_ + 9, static_cast<std::uint32_t>((time - second).count()),
               9);
  at[sizeof second_text_ + 9] = 'Z';
  to.advance(sizeof second_text_ + 10);
}

void append_hex(LineBuffer& to, const std::uint8_t* bytes, std::size_t size) {
  put_hex(to.room(size * 2), bytes, size);
  to.advance(size * 2);
}

bool is_unspeakable(const LogField& field) noexcept {
  return field.kind == LogKind::Real && !std::isfinite(std::bit_cast<double>(field.value));
}

void append_plain_value(LineBuffer& to, const LogField& field, const char*& values) {
  switch (field.kind) {
    case LogKind::Unsigned:
      return to.number(field.value);
    case LogKind::Signed:
      return to.number(static_cast<std::int64_t>(field.value));
    case LogKind::Real:
      return to.number(std::bit_cast<double>(field.value));
    case LogKind::Bool:
      return to.append(field.value != 0 ? "true" : "false");
    case LogKind::Nanoseconds:
      return append_milliseconds(to, static_cast<std::int64_t>(field.value));
    case LogKind::Uuid:
      put_uuid(to.room(kUuidCharacters), reinterpret_cast<const std::uint8_t*>(values));
      values += field.size;
      return to.advance(kUuidCharacters);
    case LogKind::Text:
    case LogKind::List:
      break;
  }
}

void skip_value(const LogField& field, const char*& values) noexcept {
  if (field.kind == LogKind::Text || field.kind == LogKind::Uuid) values += field.size;
  if (field.kind == LogKind::List) for_each_item(values, [](std::string_view) {});
}

}  // namespace eventcore::detail
