#include "thresholds.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

#include "cli_ops.hpp"
#include "eventcore/assert.hpp"

namespace eventcore::cli::doctor {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

double seconds_in(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return 86'400;
    default:
      return 0;
  }
}

/// A number, or a duration as in Prometheus; nothing for addresses and names.
std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{}) return std::nullopt;
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (rest.empty()) return value;
  const bool is_milliseconds = rest.starts_with("ms");
  const double unit = is_milliseconds ? 1e-3 : seconds_in(rest.front());
  if (unit == 0) return std::nullopt;
  rest.remove_prefix(is_milliseconds ? 2 : 1);
  if (rest.empty()) return value * unit;
  const auto more = number_in(rest);
  return more ? std::optional(value * unit + *more) : std::nullopt;
}

}  // namespace

Thresholds Thresholds::built_in() {
  Thresholds thresholds;
  const Result<void> read = thresholds.read(ops::thresholds);
  EVENTCORE_ASSERT(read.has_value(), "the thresholds of the build are thresholds");
  return thresholds;
}

Result<Thresholds> Thresholds::from_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return make_error(ErrorCode::InvalidArgument, path + ": can't be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Thresholds thresholds = built_in();
  if (auto read = thresholds.read(text); !read) {
    return make_error(ErrorCode::InvalidArgument, path + ": " + read.error().message);
  }
  return thresholds;
}

double Thresholds::operator()(std::string_view name) const {
  const auto found = values_.find(name);
  EVENTCORE_ASSERT(found != values_.end(), "a check names a threshold");
  return found->second;
}

Result<void> Thresholds::read(std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (const std::size_t comment = line.find(" #"); comment != std::string_view::npos) {
      line = line.substr(0, comment);
    }
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) {
      return make_error(ErrorCode::InvalidArgument,
                        "line " + std::to_string(number) + " is no `name: value`");
    }
    const std::string name(trimmed(line.substr(0, colon)));
    if (const auto value = number_in(trimmed(line.substr(colon + 1)))) {
      values_[name] = *value;
    } else if (values_.contains(name)) {
      return make_error(ErrorCode::InvalidArgument, "line " + std::to_string(number) + ": " + name +
                                                        " has to be a number or a duration");
    }
  }
  return {};
}

}  // namespace eventcore::cli::doctor
