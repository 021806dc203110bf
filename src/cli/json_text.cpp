#include "json_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::cli {
namespace {

using nlohmann::json;

constexpr std::string_view kSpace = " \t\r\n";

bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Remembers the first error of a parse and keeps no values.
class ErrorFinder : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::detail::exception&) override {
    column_ = position;
    token_ = last_token;
    return false;
  }

  /// Whether `text` is one JSON value. The parser takes a NUL for the end of its input and passes
  /// over a byte order mark: both are looked for before.
  [[nodiscard]] bool accepts(std::string_view text) {
    const std::size_t nul = text.find('\0');
    if (text.starts_with(kByteOrderMark)) {
      column_ = 1;
      token_ = "a byte order mark";
    } else if (nul != std::string_view::npos) {
      column_ = nul + 1;
      token_ = "a NUL";
    } else {
      return json::sax_parse(text.begin(), text.end(), this);
    }
    return false;
  }

  [[nodiscard]] std::string message() const {
    // A token may be a whole string of the payload: messages show only its beginning.
    std::string near = token_.size() > 20 ? token_.substr(0, 20) + "…" : token_;
    return "invalid JSON in column " + std::to_string(column_) +
           (near.empty() ? std::string() : ", near '" + near + "'");
  }

 private:
  std::size_t column_ = 0;
  std::string token_;
};

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

bool is_json(std::string_view text) { return ErrorFinder().accepts(text); }

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
  ErrorFinder finder;
  if (!finder.accepts(text)) {
    return make_error(ErrorCode::InvalidArgument, finder.message());
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
