#include "eventcore/redact_secrets.hpp"

#include <algorithm>
#include <cctype>

namespace eventcore {
namespace {

constexpr std::string_view kHidden = "***";

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i != a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::size_t find_ignoring_case(std::string_view text, std::string_view word, std::size_t from) {
  for (; from + word.size() <= text.size(); ++from) {
    if (equals_ignoring_case(text.substr(from, word.size()), word)) return from;
  }
  return std::string_view::npos;
}

/// The first place where user and password may begin: behind `://`, or behind the scheme of a
/// PostgreSQL URL that lacks the slashes.
std::size_t find_user_info(std::string_view text) {
  std::size_t found = std::string_view::npos;
  for (const std::string_view mark : {"://", "postgres:", "postgresql:"}) {
    const std::size_t at = find_ignoring_case(text, mark, 0);
    if (at != std::string_view::npos) found = std::min(found, at + mark.size());
  }
  if (found != std::string_view::npos && text.substr(found).starts_with("//")) found += 2;
  return found;
}

/// What begins like `user:password` and is cut off before its `@`: behind the colon of a host is a
/// port.
bool is_cut_off_user_info(std::string_view text) {
  const std::string_view authority = text.substr(0, text.find_first_of("/?"));
  if (authority.starts_with('[')) return false;
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos) return false;
  return authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos;
}

std::string redact_user_info(std::string_view text) {
  const std::size_t begin = find_user_info(text);
  if (begin == std::string_view::npos) return std::string(text);
  std::string out(text.substr(0, begin));
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos && at >= begin) {
    return out.append(kHidden).append(text.substr(at));
  }
  const std::string_view rest = text.substr(begin);
  return out += is_cut_off_user_info(rest) ? kHidden : rest;
}

/// Hides what follows `password=`, `sslpassword =` and the like.
std::string redact_parameters(std::string_view text) {
  constexpr std::string_view kName = "password";
  std::size_t at = find_ignoring_case(text, kName, 0);
  for (; at != std::string_view::npos; at = find_ignoring_case(text, kName, at)) {
    at += kName.size();
    std::size_t value = at;
    while (value != text.size() && is_space(text[value])) ++value;
    if (value == text.size() || text[value] != '=') continue;
    ++value;
    while (value != text.size() && is_space(text[value])) ++value;
    return std::string(text.substr(0, value)).append(kHidden);
  }
  return std::string(text);
}

}  // namespace

std::string redact_secrets(std::string_view text) {
  return redact_parameters(redact_user_info(text));
}

}  // namespace eventcore
