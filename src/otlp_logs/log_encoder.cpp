#include "log_encoder.hpp"

#include <bit>
#include <cstring>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "../logging/log_escape.hpp"
#include "../otlp/valid_text.hpp"
#include "../otlp/wire.hpp"
#include "eventcore/redact_secrets.hpp"

namespace eventcore::detail {
namespace {

using protozero::pbf_writer;
using Tag = protozero::pbf_tag_type;

// Field numbers of opentelemetry/proto/{logs,common}/v1.
constexpr Tag kLogRecord = 2;
namespace record_field {
constexpr Tag kTime = 1, kSeverity = 2, kSeverityText = 3, kBody = 5, kAttribute = 6,
              kDroppedAttributes = 7, kFlags = 8, kTraceId = 9, kSpanId = 10, kObserved = 11,
              kEventName = 12;
}
namespace key_value_field {
constexpr Tag kKey = 1, kValue = 2;
}
namespace any_value_field {
constexpr Tag kString = 1, kBool = 2, kInt = 3, kDouble = 4, kArray = 5;
}
constexpr Tag kArrayValue = 1;

/// As OpenTelemetry numbers them.
std::int32_t severity_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::Trace:
      return 1;
    case LogLevel::Debug:
      return 5;
    case LogLevel::Info:
      return 9;
    case LogLevel::Warn:
      return 13;
    case LogLevel::Error:
    case LogLevel::Off:
      break;
  }
  return 17;
}

void add_text(pbf_writer& value, std::string_view text, bool is_cut = false) {
  if (!is_cut && is_utf8(text) && !may_hold_secret(text)) [[likely]] {
    value.add_string(any_value_field::kString, text.data(), text.size());
    return;
  }
  std::string shown = as_utf8(may_hold_secret(text) ? redact_secrets(text) : std::string(text));
  if (is_cut) shown += "…";
  value.add_string(any_value_field::kString, shown);
}

/// An attribute; `add` puts its value in.
template <class Add>
void add_attribute(pbf_writer& record, std::string_view key, const Add& add) {
  pbf_writer attribute(record, record_field::kAttribute);
  attribute.add_string(key_value_field::kKey, key.data(), key.size());
  pbf_writer value(attribute, key_value_field::kValue);
  add(value);
}
void add_text_attribute(pbf_writer& record, std::string_view key, std::string_view text) {
  add_attribute(record, key, [&](pbf_writer& value) { add_text(value, text); });
}

void add_item(pbf_writer& array, std::string_view text) {
  pbf_writer item(array, kArrayValue);
  add_text(item, text);
}

class OtlpFormatter final : public LogFormatter {
 public:
  using LogFormatter::LogFormatter;

  std::string place_text(const LogPlace& place) const override {
    std::string text;
    pbf_writer record(text);
    record.add_enum(record_field::kSeverity, severity_of(place.level));
    record.add_string(record_field::kSeverityText, std::string(to_string(place.level)));
    {
      pbf_writer body(record, record_field::kBody);
      add_text(body, place.message);
    }
    if (!place.event.empty()) {
      record.add_string(record_field::kEventName, place.event.data(), place.event.size());
      add_text_attribute(record, "event", place.event);
    }
    add_text_attribute(record, "target", place.target);
    add_text_attribute(record, "code.file.path", place.file);
    add_attribute(record, "code.line.number",
                  [&](pbf_writer& value) { value.add_int64(any_value_field::kInt, place.line); });
    return text;
  }

  void append_line(LineBuffer& to, std::string_view place_text,
                   const LogRecordView& record) override {
    content_.clear();
    pbf_writer out(content_);
    const auto ns = static_cast<std::uint64_t>(record.time.time_since_epoch().count());
    out.add_fixed64(record_field::kTime, ns);
    out.add_fixed64(record_field::kObserved, ns);
    if (record.trace_id != nullptr) {
      out.add_bytes(record_field::kTraceId, reinterpret_cast<const char*>(record.trace_id), 16);
      out.add_bytes(record_field::kSpanId, reinterpret_cast<const char*>(record.span_id), 8);
    }
    if (!record.spans.empty()) add_spans(out, record.spans);
    if (!record.correlation_id.empty()) {
      add_text_attribute(out, "correlation_id", record.correlation_id);
    }
    const char* values = record.values;
    for (const LogField& field : record.fields) add_field(out, field, values);
    if (record.fields_left_out != 0) {
      out.add_uint32(record_field::kDroppedAttributes, record.fields_left_out);
    }

    const std::size_t size = place_text.size() + content_.size();
    char* const at = to.room(wire::bytes_size(size) + 1);
    wire::Writer writer(at);
    writer.open(kLogRecord, size);
    writer.raw(place_text.data(), place_text.size());
    writer.raw(content_.data(), content_.size());
    *writer.at() = '\n';
    to.advance(static_cast<std::size_t>(writer.at() - at) + 1);
  }

 private:
  std::string key_text(std::string_view key) const override { return std::string(key); }

  static void add_spans(pbf_writer& out, std::span<const std::string_view> spans) {
    add_text_attribute(out, "span", spans.back());
    add_attribute(out, "spans", [&](pbf_writer& value) {
      pbf_writer array(value, any_value_field::kArray);
      for (const std::string_view span : spans) add_item(array, span);
    });
  }

  void add_field(pbf_writer& out, const LogField& field, const char*& values) {
    const Key& key = key_of(field);
    if (key.is_redacted) {
      add_text_attribute(out, key.text, "[redacted]");
      return skip_value(field, values);
    }
    add_attribute(out, key.text, [&](pbf_writer& value) { add_value(value, field, values); });
  }

  void add_value(pbf_writer& value, const LogField& field, const char*& values) {
    switch (field.kind) {
      case LogKind::Text:
        return add_text(value, take_text(field, values), field.is_cut);
      case LogKind::List:
        return add_list(value, field, values);
      case LogKind::Bool:
        return value.add_bool(any_value_field::kBool, field.value != 0);
      case LogKind::Real:
        return value.add_double(any_value_field::kDouble, std::bit_cast<double>(field.value));
      case LogKind::Nanoseconds:
        return value.add_double(
            any_value_field::kDouble,
            static_cast<double>(static_cast<std::int64_t>(field.value)) / 1'000'000);
      case LogKind::Unsigned:
        // What fits no signed number is written in words, as spans do.
        if (field.value <= static_cast<std::uint64_t>(INT64_MAX)) [[likely]] {
          return value.add_int64(any_value_field::kInt, static_cast<std::int64_t>(field.value));
        }
        return value.add_string(any_value_field::kString, std::to_string(field.value));
      case LogKind::Signed:
        return value.add_int64(any_value_field::kInt, static_cast<std::int64_t>(field.value));
      case LogKind::Uuid:
        word_.clear();
        append_plain_value(word_, field, values);
        return value.add_string(any_value_field::kString, word_.view().data(), word_.size());
    }
  }

  static void add_list(pbf_writer& value, const LogField& field, const char*& values) {
    pbf_writer array(value, any_value_field::kArray);
    const std::uint32_t kept =
        for_each_item(values, [&](std::string_view item) { add_item(array, item); });
    if (kept < field.size) add_item(array, "… " + std::to_string(field.size - kept) + " more");
  }

  std::string content_;
  LineBuffer word_;
};

}  // namespace

std::unique_ptr<LogFormatter> make_otlp_formatter(std::vector<std::string> redacted) {
  return std::make_unique<OtlpFormatter>(std::move(redacted));
}

}  // namespace eventcore::detail
