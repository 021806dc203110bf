// Whatever texts a record brings along: in both formats it is one line of printable UTF-8, and a
// JSON line is an object with the keys that the record has, and no others.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "log_format.hpp"
#include "utf8.hpp"

namespace {

using namespace eventcore;

void require(bool holds) {
  if (!holds) std::abort();
}

/// One line, and nothing in it that a terminal obeys.
void check_line(std::string_view line) {
  require(line.ends_with('\n'));
  line.remove_suffix(1);
  for (std::string_view rest = line; !rest.empty();) {
    const auto character = detail::decode_utf8(rest);
    require(character.bytes != 0);
    require(!detail::is_control(character.value));
    require(character.value != 0x2028 && character.value != 0x2029 && character.value != 0x202E);
    rest.remove_prefix(character.bytes);
  }
}

void check_json(std::string_view line, bool has_correlation, bool has_spans) {
  const auto object = nlohmann::json::parse(line);
  std::size_t keys = 9;
  if (has_correlation) ++keys;
  if (has_spans) keys += 2;
  require(object.is_object() && object.size() == keys);
  require(object["password"] == "[redacted]" && object["level"] == "warn");
  require(object["text"].is_string() && object["streams"].is_array());
}

}  // namespace

/// The input is cut in four: a text, a name in a list, a span and a correlation id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t part = std::min<std::size_t>(size / 4, 60'000);
  const std::string_view text = input.substr(0, part);
  const std::string_view name = input.substr(part, part);
  const std::string_view span = input.substr(2 * part, part);
  const std::string_view correlation = input.substr(3 * part, part);

  const std::array<LogField, 3> fields = {
      field("password", text), field("text", text),
      LogField{"streams", 0, 1, 7, detail::LogKind::List, false}};
  std::string values(text);
  values.append(text).push_back(1);
  const auto bytes = static_cast<std::uint16_t>(name.size());
  values.append(reinterpret_cast<const char*>(&bytes), sizeof bytes).append(name);

  detail::LogRecordView record;
  record.fields = fields;
  record.values = values.data();
  record.correlation_id = correlation;
  if (!span.empty()) record.spans = {&span, 1};
  const detail::LogPlace place{LogLevel::Warn, "fuzz", "log_line_fuzz.cpp", 1, "", "Fuzzed"};
  for (const bool json : {true, false}) {
    const auto formatter = json ? detail::make_json_formatter({"password"})
                                : detail::make_text_formatter({"password"}, false);
    detail::LineBuffer line;
    formatter->append_line(line, formatter->place_text(place), record);
    check_line(line.view());
    if (json) check_json(line.view(), !correlation.empty(), !span.empty());
  }
  return 0;
}
