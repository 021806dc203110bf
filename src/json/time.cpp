#include "eventcore/detail/json_time.hpp"

#include <chrono>
#include <limits>

namespace eventcore::detail {
namespace {

constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr const char* kNoDate = "this is not a date as 2024-02-29";
constexpr const char* kNoTime = "this is not a time as 2024-02-29T12:00:00Z";
constexpr const char* kTooFine = "the time is finer than the unit of its field";
constexpr const char* kOutOfRange = "the time is out of range";

/// Takes the parts of a text from its front. After a mismatch `good` is false for ever.
struct Scanner {
  std::string_view rest;
  bool good = true;

  std::int64_t digits(std::size_t count) noexcept {
    std::int64_t value = 0;
    good = good && rest.size() >= count;
    for (std::size_t i = 0; good && i < count; ++i) {
      good = rest[i] >= '0' && rest[i] <= '9';
      value = value * 10 + (rest[i] - '0');
    }
    if (good) rest.remove_prefix(count);
    return value;
  }
  void mark(char upper, char lower) noexcept {
    good = good && !rest.empty() && (rest[0] == upper || rest[0] == lower);
    if (good) rest.remove_prefix(1);
  }
};

/// Days since 1970.
std::int64_t read_date(Scanner& in) noexcept {
  const std::int64_t year = in.digits(4);
  in.mark('-', '-');
  const std::int64_t month = in.digits(2);
  in.mark('-', '-');
  const std::int64_t day = in.digits(2);
  if (!in.good) return 0;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  in.good = date.ok();
  return in.good ? std::chrono::sys_days(date).time_since_epoch().count() : 0;
}

/// Seconds of the day; there are no leap seconds in system time.
std::int64_t read_clock(Scanner& in) noexcept {
  const std::int64_t hour = in.digits(2);
  in.mark(':', ':');
  const std::int64_t minute = in.digits(2);
  in.mark(':', ':');
  const std::int64_t second = in.digits(2);
  in.good = in.good && hour < 24 && minute < 60 && second < 60;
  return (hour * 60 + minute) * 60 + second;
}

/// Nanoseconds after a point, 0 without one; nine digits at most.
std::int64_t read_fraction(Scanner& in) noexcept {
  if (!in.good || !in.rest.starts_with('.')) return 0;
  in.rest.remove_prefix(1);
  std::int64_t value = 0;
  std::size_t digits = 0;
  while (digits < 9 && !in.rest.empty() && in.rest[0] >= '0' && in.rest[0] <= '9') {
    value = value * 10 + in.digits(1);
    ++digits;
  }
  in.good = digits > 0;
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

/// Seconds east of UTC.
std::int64_t read_offset(Scanner& in) noexcept {
  if (in.good && !in.rest.empty() && (in.rest[0] == '+' || in.rest[0] == '-')) {
    const bool west = in.rest[0] == '-';
    in.rest.remove_prefix(1);
    const std::int64_t hours = in.digits(2);
    in.mark(':', ':');
    const std::int64_t minutes = in.digits(2);
    in.good = in.good && hours < 24 && minutes < 60;
    return (west ? -60 : 60) * (hours * 60 + minutes);
  }
  in.mark('Z', 'z');
  return 0;
}

/// `seconds` and `nanoseconds` (0 to 999,999,999) as a count of `unit`, or why there is none.
const char* count_units(std::int64_t seconds, std::int64_t nanoseconds, TimeUnit unit,
                        std::int64_t& count) noexcept {
  const std::int64_t step = kNanoseconds / unit.parts;
  if (nanoseconds % step != 0 || seconds % unit.seconds != 0) return kTooFine;
  std::int64_t part = nanoseconds / step;
  // Towards zero, so that no intermediate value is farther away than the result.
  if (seconds < 0 && part > 0) {
    seconds += 1;
    part -= unit.parts;
  }
  const std::int64_t whole = seconds / unit.seconds;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  if (whole > kMost / unit.parts || whole < kLeast / unit.parts) return kOutOfRange;
  count = whole * unit.parts;
  if (part > 0 ? count > kMost - part : count < kLeast - part) return kOutOfRange;
  count += part;
  return nullptr;
}

void put(TimeText& text, std::int64_t value, std::size_t digits, char behind) noexcept {
  for (std::size_t i = digits; i > 0; --i, value /= 10) {
    text.characters[text.size + i - 1] = static_cast<char>('0' + value % 10);
  }
  text.size += digits;
  if (behind != 0) text.characters[text.size++] = behind;
}

}  // namespace

const char* parse_time(std::string_view text, TimeUnit unit, std::int64_t& count) noexcept {
  Scanner in{text};
  std::int64_t seconds = read_date(in) * kSecondsOfDay;
  std::int64_t nanoseconds = 0;
  if (!unit.is_date()) {
    in.mark('T', 't');
    seconds += read_clock(in);
    nanoseconds = read_fraction(in);
    seconds -= read_offset(in);
  }
  if (!in.good || !in.rest.empty()) return unit.is_date() ? kNoDate : kNoTime;
  return count_units(seconds, nanoseconds, unit, count);
}

bool format_time(std::int64_t count, TimeUnit unit, TimeText& text) noexcept {
  constexpr std::int64_t kFirst = -62'167'219'200;  // 0000-01-01T00:00:00Z
  constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31T23:59:59Z
  std::int64_t whole = count / unit.parts;
  std::int64_t part = count % unit.parts;
  if (part < 0) {
    whole -= 1;
    part += unit.parts;
  }
  if (whole < kFirst / unit.seconds || whole > kLast / unit.seconds) return false;
  const std::int64_t seconds = whole * unit.seconds;
  const std::int64_t clock = ((seconds % kSecondsOfDay) + kSecondsOfDay) % kSecondsOfDay;
  const std::chrono::sys_days day{std::chrono::days((seconds - clock) / kSecondsOfDay)};
  const std::chrono::year_month_day date{day};

  text.size = 0;
  put(text, static_cast<int>(date.year()), 4, '-');
  put(text, static_cast<unsigned>(date.month()), 2, '-');
  put(text, static_cast<unsigned>(date.day()), 2, unit.is_date() ? '\0' : 'T');
  if (unit.is_date()) return true;
  put(text, clock / 3600, 2, ':');
  put(text, clock / 60 % 60, 2, ':');
  put(text, clock % 60, 2, unit.parts > 1 ? '.' : 'Z');
  if (unit.parts == 1'000) put(text, part, 3, 'Z');
  if (unit.parts == 1'000'000) put(text, part, 6, 'Z');
  if (unit.parts == 1'000'000'000) put(text, part, 9, 'Z');
  return true;
}

}  // namespace eventcore::detail
