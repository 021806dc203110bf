#include "eventcore/http_message.hpp"

#include <algorithm>
#include <array>

#include "../core/utf8.hpp"
#include "eventcore/assert.hpp"
#include "status_text.hpp"
#include "url_text.hpp"

namespace eventcore::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

void append_character(std::string& out, std::string_view character) {
  const char c = character.front();
  if (c == '"' || c == '\\') {
    out.append(1, '\\').append(1, c);
  } else if (c == '\n') {
    out += "\\n";
  } else if (static_cast<unsigned char>(c) < 0x20) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.append("\\u00").append(1, digits[static_cast<unsigned char>(c) >> 4]);
    out += digits[static_cast<unsigned char>(c) & 0xF];
  } else {
    out += character;
  }
}

/// Gives each value of `name` in `query` to `visit`, or nothing for one that can't be decoded,
/// until `visit` returns false.
template <class Visit>
void visit_values(std::string_view query, std::string_view name, Visit visit) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (detail::percent_decoded(pair.substr(0, equals), true) != name) continue;
    const bool has_value = equals != std::string_view::npos;
    if (!visit(detail::percent_decoded(has_value ? pair.substr(equals + 1) : "", true))) return;
  }
}

}  // namespace

std::string_view to_string(Method method) noexcept {
  constexpr std::array<std::string_view, 7> names{"GET",   "HEAD",   "POST",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};
  return names[static_cast<std::size_t>(method)];
}

const std::string& Request::parameter(std::string_view name) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  EVENTCORE_ASSERT(found != parameters.end(), "the route has no parameter of this name");
  return found->second;
}

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
  for (const Header& header : headers) {
    if (same_name(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::query_parameter(std::string_view name) const {
  std::optional<std::string> first;
  visit_values(query, name, [&first](std::optional<std::string> value) {
    first = std::move(value);
    return false;
  });
  return first;
}

std::vector<std::string> Request::query_parameters(std::string_view name) const {
  std::vector<std::string> values;
  visit_values(query, name, [&values](std::optional<std::string> value) {
    if (value) values.push_back(*std::move(value));
    return true;
  });
  return values;
}

Response json_response(std::uint16_t status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

Response problem(std::uint16_t status, std::string_view detail) {
  std::string body = "{\"title\": " + json_string(detail::status_title(status));
  body += ", \"status\": " + std::to_string(status);
  if (!detail.empty()) body += ", \"detail\": " + json_string(detail);
  return {status, "application/problem+json", body + "}\n", {}};
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t bytes = eventcore::detail::decode_utf8(text).bytes;
    append_character(out, bytes == 0 ? "?" : text.substr(0, bytes));
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out += '"';
}

}  // namespace eventcore::http
