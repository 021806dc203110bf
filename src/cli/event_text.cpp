#include "event_text.hpp"

#include <nlohmann/json.hpp>
#include <variant>

#include "base64.hpp"
#include "eventcore/headers.hpp"
#include "time_text.hpp"

namespace eventcore::cli {
namespace {

std::string value_json(const HeaderValue& value) {
  return std::visit(
      [](const auto& held) {
        using json = nlohmann::json;
        return json(held).dump(-1, ' ', false, json::error_handler_t::replace);
      },
      value);
}

std::string metadata_json(const StoredEvent& event) {
  JsonObject metadata;
  if (event.batch != nullptr) {
    const StoredBatch& batch = *event.batch;
    if (!batch.correlation_id.empty()) metadata.text("correlation_id", batch.correlation_id);
    if (!batch.causation_id.empty()) metadata.text("causation_id", batch.causation_id);
    if (batch.trace.is_valid()) metadata.text("traceparent", batch.trace.traceparent());
  }
  const Result<Headers> headers = Headers::decode(event.headers);
  if (headers) {
    for (const auto& [name, value] : headers->entries()) metadata.json(name, value_json(value));
  } else {
    metadata.text("undecodable_base64", to_base64(event.headers));
  }
  return metadata.empty() ? std::string() : metadata.str();
}

}  // namespace

std::vector<Column> event_columns() {
  return {{"POSITION", Column::Align::Right}, {"TIME"}, {"STREAM"},
          {"VERSION", Column::Align::Right},  {"TYPE"}, {"DATA"}};
}

std::vector<std::string> event_row(const StoredEvent& event) {
  return {
      std::to_string(event.position.value), short_time(event.time),  std::string(event.stream),
      std::to_string(event.version.value),  std::string(event.type), payload_text(event.payload)};
}

std::string event_json(const StoredEvent& event) {
  JsonObject object;
  object.number("position", event.position.value)
      .text("stream", event.stream)
      .number("version", event.version.value)
      .text("type", event.type)
      .number("schema_version", event.schema_version)
      .text("time", full_time(event.time));
  if (event.batch != nullptr) {
    object.text("id", EventId{event.batch->id, event.ordinal}.to_string());
    if (!event.batch->command_type.empty()) object.text("command", event.batch->command_type);
  }
  if (is_json(event.payload)) {
    object.json("data", minified(event.payload));
  } else {
    object.text("data_base64", to_base64(event.payload));
  }
  const std::string metadata = metadata_json(event);
  if (!metadata.empty()) object.json("metadata", metadata);
  return object.str();
}

std::string payload_text(std::string_view payload) {
  if (payload.empty()) return "(empty)";
  if (is_json(payload)) return minified(payload);
  return "(" + counted(payload.size(), "byte") + ", not JSON) base64:" + to_base64(payload);
}

}  // namespace eventcore::cli
