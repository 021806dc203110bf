#include "serve/query_parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace shop {

namespace {

/// All of `text` as a whole number.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (text.empty() || parsed.ptr != end || parsed.ec != std::errc()) return std::nullopt;
  return number;
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' ||
      std::count_if(text.begin(), text.end(), is_digit) != 8) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(parse_number<int>(text.substr(0, 4)).value_or(0)),
      std::chrono::month(parse_number<unsigned>(text.substr(5, 2)).value_or(0)),
      std::chrono::day(parse_number<unsigned>(text.substr(8, 2)).value_or(0))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

}  // namespace

QueryParameters::QueryParameters(const eventcore::http::Request& request,
                                 std::initializer_list<std::string_view> allowed)
    : request_(request) {
  for (std::string_view rest = request.query; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const std::string_view name = one.substr(0, one.find('='));
    if (one.empty()) continue;
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
      refuse(name, "is not known here");
    } else if (request.query_parameters(name).size() != 1) {
      refuse(name, "is to be given once, percent-encoded");
    }
  }
}

std::optional<std::string> QueryParameters::text(std::string_view name) {
  return request_.query_parameter(name);
}

std::optional<std::int64_t> QueryParameters::number(std::string_view name, std::int64_t smallest,
                                                    std::int64_t largest) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto number = parse_number<std::int64_t>(*given);
  if (number && *number >= smallest && *number <= largest) return number;
  refuse(name, "is a number from " + std::to_string(smallest) + " to " + std::to_string(largest));
  return std::nullopt;
}

std::optional<std::chrono::sys_days> QueryParameters::day(std::string_view name) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto day = parse_day(*given);
  if (!day) refuse(name, "is a day such as 2010-12-24");
  return day;
}

void QueryParameters::refuse(std::string_view name, std::string_view why) {
  if (!fault_.empty()) fault_ += ' ';
  fault_ += "'" + std::string(name) + "' " + std::string(why) + ".";
}

std::string day_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

}  // namespace shop
