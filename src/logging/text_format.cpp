#include <array>
#include <cstring>

#include "eventcore/redact_secrets.hpp"
#include "log_escape.hpp"
#include "log_format.hpp"

namespace eventcore::detail {

namespace {

constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::array<std::string_view, kLogLevels> kColours = {"\x1b[35m", "\x1b[34m", "\x1b[32m",
                                                               "\x1b[33m", "\x1b[31m"};
constexpr std::array<std::string_view, kLogLevels> kLevels = {"TRACE", "DEBUG", "INFO ", "WARN ",
                                                              "ERROR"};

void append_value(LineBuffer& to, std::string_view text, bool is_cut = false) {
  std::string redacted;
  if (may_hold_secret(text)) [[unlikely]] {
    redacted = redact_secrets(text);
    text = redacted;
  }
  append_text_value(to, text);
  if (is_cut) to.append("…");
}

/// For people: time, level, target, message, `key=value`, and where it was written.
class TextFormatter final : public LogFormatter {
 public:
  TextFormatter(std::vector<std::string> redacted, bool coloured)
      : LogFormatter(std::move(redacted)), coloured_(coloured) {}

  std::string place_text(const LogPlace& place) const override {
    LineBuffer text;
    const auto level = static_cast<std::size_t>(place.level);
    text.push(' ');
    text.append(in(kColours[level], kLevels[level]));
    text.push(' ');
    text.append(in(kDim, std::string(place.target) + ":"));
    text.push(' ');
    append_escaped(text, place.message);
    if (!place.event.empty()) {
      text.append(key_text("event"));
      append_value(text, place.event);
    }
    text.push('\0');  // here the fields begin
    text.push(' ');
    text.append(in(kDim, "at " + std::string(place.file) + ":" + std::to_string(place.line)));
    return std::string(text.view());
  }

  void append_line(LineBuffer& to, std::string_view place_text,
                   const LogRecordView& record) override {
    const std::size_t fields = place_text.find('\0');
    if (coloured_) to.append(kDim);
    append_time(to, record.time);
    if (coloured_) to.append(kPlain);
    to.append(place_text.substr(0, fields));
    const char* values = record.values;
    for (const LogField& field : record.fields) append_field(to, field, values);
    if (record.fields_left_out != 0) {
      to.append(key_text("fields_left_out"));
      to.number(record.fields_left_out);
    }
    append_context(to, record);
    to.append(place_text.substr(fields + 1));
    to.push('\n');
  }

 private:
  std::string in(std::string_view colour, std::string_view text) const {
    if (!coloured_) return std::string(text);
    return std::string(colour).append(text).append(kPlain);
  }
  std::string key_text(std::string_view key) const override {
    return " " + in(kDim, std::string(key) + "=");
  }

  void append_context(LineBuffer& to, const LogRecordView& record) const {
    if (!record.spans.empty()) {
      to.append(key_text("spans"));
      for (const std::string_view& span : record.spans) {
        if (&span != record.spans.data()) to.push('>');
        append_value(to, span);
      }
    }
    if (!record.correlation_id.empty()) {
      to.append(key_text("correlation_id"));
      append_value(to, record.correlation_id);
    }
    if (record.trace_id != nullptr) {
      to.append(key_text("trace_id"));
      append_hex(to, record.trace_id, 16);
      to.append(key_text("span_id"));
      append_hex(to, record.span_id, 8);
    }
  }

  void append_field(LineBuffer& to, const LogField& field, const char*& values) {
    const Key& key = key_of(field);
    to.append(key.text);
    if (key.is_redacted) {
      to.append("[redacted]");
      return skip_value(field, values);
    }
    if (field.kind == LogKind::Text)
      return append_value(to, take_text(field, values), field.is_cut);
    if (field.kind == LogKind::List) {
      return append_items(to, field, values, "",
                          [&](std::string_view item) { append_value(to, item); });
    }
    append_plain_value(to, field, values);
  }

  const bool coloured_;
};

}  // namespace

std::unique_ptr<LogFormatter> make_text_formatter(std::vector<std::string> redacted,
                                                  bool coloured) {
  return std::make_unique<TextFormatter>(std::move(redacted), coloured);
}

}  // namespace eventcore::detail
