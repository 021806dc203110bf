#include <cstring>

#include "eventcore/redact_secrets.hpp"
#include "log_escape.hpp"
#include "log_format.hpp"

namespace eventcore::detail {

namespace {

void append_string(LineBuffer& to, std::string_view text, bool is_cut = false) {
  to.push('"');
  if (may_hold_secret(text)) [[unlikely]] {
    append_escaped(to, redact_secrets(text));
  } else {
    append_escaped(to, text);
  }
  if (is_cut) to.append("…");
  to.push('"');
}

class JsonFormatter final : public LogFormatter {
 public:
  using LogFormatter::LogFormatter;

  std::string place_text(const LogPlace& place) const override {
    LineBuffer text;
    text.append(R"(","level":")");
    text.append(to_string(place.level));
    text.append(R"(","message":)");
    append_string(text, place.message);
    if (!place.event.empty()) {
      text.append(R"(,"event":)");
      append_string(text, place.event);
    }
    text.append(R"(,"target":)");
    append_string(text, place.target);
    text.append(R"(,"file":)");
    append_string(text, place.file);
    text.append(R"(,"line":)");
    text.number(place.line);
    return std::string(text.view());
  }

  void append_line(LineBuffer& to, std::string_view place_text,
                   const LogRecordView& record) override {
    to.append(R"({"time":")");
    append_time(to, record.time);
    to.append(place_text);
    if (!record.spans.empty()) append_spans(to, record.spans);
    if (record.trace_id != nullptr) {
      to.append(R"(,"trace_id":")");
      append_hex(to, record.trace_id, 16);
      to.append(R"(","span_id":")");
      append_hex(to, record.span_id, 8);
      to.push('"');
    }
    if (!record.correlation_id.empty()) {
      to.append(R"(,"correlation_id":)");
      append_string(to, record.correlation_id);
    }
    const char* values = record.values;
    for (const LogField& field : record.fields) append_field(to, field, values);
    if (record.fields_left_out != 0) {
      to.append(R"(,"fields_left_out":)");
      to.number(record.fields_left_out);
    }
    to.append("}\n");
  }

 private:
  std::string key_text(std::string_view key) const override {
    return ",\"" + std::string(key) + "\":";
  }

  static void append_spans(LineBuffer& to, std::span<const std::string_view> spans) {
    to.append(R"(,"span":)");
    append_string(to, spans.back());
    to.append(R"(,"spans":[)");
    for (const std::string_view& span : spans) {
      if (&span != spans.data()) to.push(',');
      append_string(to, span);
    }
    to.push(']');
  }

  void append_field(LineBuffer& to, const LogField& field, const char*& values) {
    const Key& key = key_of(field);
    to.append(key.text);
    if (key.is_redacted) {
      to.append("\"[redacted]\"");
      return skip_value(field, values);
    }
    if (field.kind == LogKind::Text) {
      return append_string(to, take_text(field, values), field.is_cut);
    }
    if (field.kind == LogKind::List) {
      return append_items(to, field, values, "\"",
                          [&](std::string_view item) { append_string(to, item); });
    }
    const bool is_quoted = field.kind == LogKind::Uuid || is_unspeakable(field);
    if (is_quoted) to.push('"');
    append_plain_value(to, field, values);
    if (is_quoted) to.push('"');
  }
};

}  // namespace

std::unique_ptr<LogFormatter> make_json_formatter(std::vector<std::string> redacted) {
  return std::make_unique<JsonFormatter>(std::move(redacted));
}

}  // namespace eventcore::detail
