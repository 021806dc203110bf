#include "time_text.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

namespace eventcore::cli {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t kSecondsMax =
    std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 86'400;

struct DateAndTime {
  std::string date_and_seconds;
  unsigned nanos = 0;
};

DateAndTime split(Timestamp time) {
  const auto whole = std::chrono::floor<seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(whole - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<unsigned>((time - whole).count())};
}

/// Reads the parts of a time from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// A number of exactly `digits` digits, at most `max`.
  [[nodiscard]] bool number(std::size_t digits, int max, int& value) {
    if (rest_.size() < digits) return false;
    value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value <= max;
  }
  /// 1 to 9 digits behind a point.
  [[nodiscard]] bool fraction(std::int64_t& nanos) {
    std::int64_t unit = 100'000'000;
    std::size_t digits = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
      if (digits == 9) return false;
      nanos += unit * (rest_.front() - '0');
      unit /= 10;
      rest_.remove_prefix(1);
    }
    return digits != 0;
  }
  /// `Z`, `+hh:mm`, `-hh:mm` or nothing.
  [[nodiscard]] bool offset(seconds& value) {
    if (done() || take('Z') || take('z')) return true;
    const bool plus = take('+');
    if (!plus && !take('-')) return false;
    int hours = 0;
    int minutes = 0;
    if (!number(2, 23, hours) || !take(':') || !number(2, 59, minutes)) return false;
    value = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    if (!plus) value = -value;
    return true;
  }

 private:
  std::string_view rest_;
};

std::optional<Timestamp> parse_date_and_time(std::string_view text) {
  Reader reader(text);
  int year = 0;
  int month = 0;
  int day = 0;
  if (!reader.number(4, 9999, year) || !reader.take('-') || !reader.number(2, 12, month) ||
      !reader.take('-') || !reader.number(2, 31, day)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  seconds at = std::chrono::sys_days(date).time_since_epoch();
  std::int64_t nanos = 0;
  if (!reader.done()) {
    if (!reader.take('T') && !reader.take('t') && !reader.take(' ')) return std::nullopt;
    int hours = 0;
    int minutes = 0;
    int secs = 0;
    seconds offset{0};
    if (!reader.number(2, 23, hours) || !reader.take(':') || !reader.number(2, 59, minutes)) {
      return std::nullopt;
    }
    // 60 is a leap second.
    if (reader.take(':') && !reader.number(2, 60, secs)) return std::nullopt;
    if (reader.take('.') && !reader.fraction(nanos)) return std::nullopt;
    if (!reader.offset(offset) || !reader.done()) return std::nullopt;
    at += std::chrono::hours(hours) + std::chrono::minutes(minutes) + seconds(secs) - offset;
  }
  if (at.count() > kSecondsMax || at.count() < -kSecondsMax) return std::nullopt;
  return Timestamp(nanoseconds(at) + nanoseconds(nanos));
}

std::optional<Timestamp> parse_age(std::string_view text, Timestamp now) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || text.data() + text.size() - end != 1) {
    return std::nullopt;
  }
  std::int64_t unit = 0;
  switch (*end) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      return std::nullopt;
  }
  const std::int64_t since_epoch =
      std::chrono::duration_cast<seconds>(now.time_since_epoch()).count();
  if (count > since_epoch / unit) return Timestamp{};
  return now - seconds(count * unit);
}

}  // namespace

std::string short_time(Timestamp time) {
  const DateAndTime parts = split(time);
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03uZ", parts.nanos / 1'000'000);
  return parts.date_and_seconds + fraction.data();
}

std::string full_time(Timestamp time) {
  const DateAndTime parts = split(time);
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%09uZ", parts.nanos);
  return parts.date_and_seconds + fraction.data();
}

std::string short_age(nanoseconds age) {
  const std::int64_t count = std::chrono::duration_cast<seconds>(age).count();
  if (count < 120) return std::to_string(count) + " s";
  if (count < 7'200) return std::to_string(count / 60) + " min";
  if (count < 172'800) return std::to_string(count / 3'600) + " h";
  return std::to_string(count / 86'400) + " d";
}

Result<Timestamp> parse_time(std::string_view text, Timestamp now) {
  if (const auto time = parse_date_and_time(text)) return *time;
  if (const auto time = parse_age(text, now)) return *time;
  return make_error(ErrorCode::InvalidArgument,
                    "'" + std::string(text) +
                        "' is no time; write 2024-05-01T10:00:00Z, 2024-05-01, or an age as 15m, "
                        "2h, 7d");
}

}  // namespace eventcore::cli
