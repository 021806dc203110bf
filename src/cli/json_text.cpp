#include "json_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "eventcore/assert.hpp"
#include "json_scanner.hpp"

namespace eventcore::cli {
namespace {

using nlohmann::json;

constexpr std::string_view kSpace = " \t\r\n";

bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }

/// The end of the string that begins at `begin`. Requires: valid JSON.
std::size_t string_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin + 1;
  while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return end + 1;
}

/// The end of the value that begins at `begin`: a `,`, `}` or `]` outside of it, without the white
/// space before that. Requires: valid JSON.
std::size_t value_end(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  std::size_t end = begin;
  for (std::size_t i = begin; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      i = end = string_end(text, i);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++i;
    if (!is_space(c)) end = i;
  }
  return end;
}

}  // namespace

bool is_json(std::string_view text) { return JsonScanner(text).scan(); }

std::string minified(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      const std::size_t end = string_end(text, i);
      out += text.substr(i, end - i);
      i = end;
    } else {
      if (!is_space(text[i])) out += text[i];
      ++i;
    }
  }
  return out;
}

std::string quoted(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::vector<JsonMember>> members_of(std::string_view text) {
  JsonScanner scanner(text);
  if (!scanner.scan()) {
    return make_error(ErrorCode::InvalidArgument, scanner.message());
  }
  std::size_t at = text.find_first_not_of(kSpace);
  if (text[at] != '{') {
    return make_error(ErrorCode::InvalidArgument, "not a JSON object");
  }
  std::vector<JsonMember> members;
  for (++at;; ++at) {
    at = text.find_first_not_of(kSpace, at);
    if (text[at] == '}') return members;
    const std::size_t name_end = string_end(text, at);
    auto name = json::parse(text.substr(at, name_end - at)).get<std::string>();
    const std::size_t colon = text.find(':', name_end);
    const std::size_t begin = text.find_first_not_of(kSpace, colon + 1);
    const std::size_t end = value_end(text, begin);
    if (std::any_of(members.begin(), members.end(),
                    [&](const JsonMember& member) { return member.name == name; })) {
      return make_error(ErrorCode::InvalidArgument, "'" + name + "' is there twice");
    }
    members.push_back({std::move(name), text.substr(begin, end - begin)});
    at = text.find_first_not_of(kSpace, end);
    if (text[at] == '}') return members;
    EVENTCORE_ASSERT(text[at] == ',', "valid JSON has a comma between members");
  }
}

JsonObject& JsonObject::json(std::string_view name, std::string_view value) {
  if (!members_.empty()) members_ += ',';
  members_ += quoted(name);
  members_ += ':';
  members_ += value;
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return json(name, quoted(value));
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) {
  return json(name, std::to_string(value));
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
  return json(name, value ? "true" : "false");
}

JsonObject& JsonObject::list(std::string_view name, const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) {
    if (text.size() != 1) text += ',';
    text += value;
  }
  return json(name, text + "]");
}

}  // namespace eventcore::cli
