#include "eventcore/logging/log_filter.hpp"

#include <algorithm>

#include "eventcore/detail/trimmed.hpp"
#include "eventcore/redact_secrets.hpp"

namespace eventcore {

namespace {

using detail::trimmed;

bool is_name(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
  });
}

/// Printable ASCII stays; a filter may come from anywhere.
std::string shown(std::string_view text) {
  std::string safe = redact_secrets(text.substr(0, 64));
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return safe;
}

Error bad_filter(std::string_view filter, std::string_view at, const std::string& what) {
  return make_error(
      ErrorCode::InvalidArgument,
      "bad log filter, character " + std::to_string(at.data() - filter.data() + 1) + ": " + what);
}

}  // namespace

Result<LogFilter> LogFilter::parse(std::string_view text) {
  LogFilter filter;
  if (trimmed(text).empty()) return bad_filter(text, text, "it is empty; use a level such as info");
  for (std::string_view rest = text;; rest.remove_prefix(1)) {
    const std::string_view whole = rest.substr(0, rest.find(','));
    rest.remove_prefix(whole.size());
    const std::string_view part = trimmed(whole);
    if (part.empty()) return bad_filter(text, part, "a directive is missing");
    const std::size_t equals = part.find('=');
    const std::string_view left = trimmed(part.substr(0, equals));
    Directive directive{std::string(left), LogLevel::Off};
    if (equals != part.npos) {
      const std::string_view right = trimmed(part.substr(equals + 1));
      const auto level = parse_log_level(right);
      if (!level) {
        return bad_filter(
            text, right,
            "'" + shown(right) + "' is no level; use trace, debug, info, warn, error or off");
      }
      directive.level = *level;
      if (left.empty()) return bad_filter(text, part, "a target is missing before '='");
    } else if (const auto level = parse_log_level(left)) {
      directive = {{}, *level};
    } else {
      return bad_filter(text, left,
                        "'" + shown(left) + "' is no level; for a target write TARGET=LEVEL");
    }
    if (!is_name(directive.target)) {
      return bad_filter(text, left, "'" + shown(left) + "' is no target");
    }
    for (const Directive& other : filter.directives_) {
      if (other.target != directive.target) continue;
      return bad_filter(
          text, part,
          "there are two levels for " +
              (other.target.empty() ? std::string("all targets") : "'" + shown(left) + "'"));
    }
    filter.directives_.push_back(std::move(directive));
    if (rest.empty()) break;
  }
  std::stable_sort(
      filter.directives_.begin(), filter.directives_.end(),
      [](const Directive& a, const Directive& b) { return a.target.size() > b.target.size(); });
  return filter;
}

LogLevel LogFilter::level_of(std::string_view target) const noexcept {
  for (const Directive& directive : directives_) {
    const std::string_view prefix = directive.target;
    if (!target.starts_with(prefix)) continue;
    const std::string_view rest = target.substr(prefix.size());
    if (prefix.empty() || rest.empty() || rest.starts_with("::")) return directive.level;
  }
  return LogLevel::Off;
}

std::string LogFilter::to_string() const {
  std::string text;
  for (const Directive& directive : directives_) {
    if (!text.empty()) text += ',';
    if (!directive.target.empty()) text += directive.target + "=";
    text += eventcore::to_string(directive.level);
  }
  return text.empty() ? "off" : text;
}

}  // namespace eventcore
