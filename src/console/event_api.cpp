#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>
#include <variant>

#include "../core/utf8.hpp"
#include "api_parts.hpp"
#include "eventcore/headers.hpp"
#include "eventcore/store_administration.hpp"

namespace eventcore::console {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kLimit = 50;
constexpr std::uint64_t kLimitMax = 500;
constexpr std::uint64_t kAnyPosition = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kPayloadBytesMax = 65'536;
constexpr std::size_t kPageBytesMax = std::size_t{1024} * 1024;
constexpr auto kReadTimeout = 5s;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = eventcore::detail::decode_utf8(text).bytes;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

/// As text where a reader of JSON would lose digits.
template <class Value>
Json header_json(const Value& value) {
  if constexpr (std::is_integral_v<Value> && sizeof(Value) == 8) {
    constexpr Value kExact = Value{1} << 53U;
    if (value > kExact || (std::is_signed_v<Value> && value < Value{0} - kExact)) {
      return std::to_string(value);
    }
  }
  return value;
}

Json headers_json(std::string_view bytes) {
  const Result<Headers> headers = Headers::decode(bytes);
  if (!headers) return nullptr;
  Json json = Json::object();
  for (const auto& [name, value] : headers->entries()) {
    json[std::string(name)] = std::visit([](const auto& held) { return header_json(held); }, value);
  }
  return json;
}

Json events_json(const EventPage& page, bool show_payloads) {
  Json events = Json::array();
  for (const StoredEvent& event : page.events) events.push_back(event_json(event, show_payloads));
  return events;
}

http::Response list_streams(const http::Request& request, EventStore& store) {
  const auto limit = number_in(request, "limit", kLimit, kLimitMax);
  if (!limit) return refuse(400, "limit: a number up to 500");
  StreamListQuery query{.after = request.query_parameter("after").value_or(""),
                        .limit = static_cast<std::size_t>(*limit) + 1};
  if (const auto text = request.query_parameter("prefix"); text && !text->empty()) {
    Result<StreamPrefix> prefix = StreamPrefix::parse(*text);
    if (!prefix) return refuse(prefix.error());
    query.filter.prefix(*std::move(prefix));
  }
  const auto streams = store.administration().list_streams(query);
  if (!streams) return refuse(streams.error());
  Json list = Json::array();
  for (const StreamSummary& stream : *streams) {
    if (list.size() == *limit) break;
    list.push_back({{"stream", stream.stream.view()},
                    {"version", stream.version.value},
                    {"last_position", stream.last.value}});
  }
  const bool more = streams->size() > *limit;
  return answer({{"more", more}, {"streams", std::move(list)}});
}

/// A stream's events, the newest first.
http::Response stream_events(const http::Request& request, const std::string& name,
                             std::size_t limit, EventStore& store, bool show_payloads) {
  Result<StreamId> stream = StreamId::parse(name);
  if (!stream) return refuse(stream.error());
  const auto before = number_in(request, "before_version", kAnyPosition, kAnyPosition);
  if (!before) return refuse(400, "before_version: a whole number");
  const Result<EventPage> page =
      store.read(StreamsQuery{.streams = {{.stream = *std::move(stream), .before = {*before}}},
                              .order = ReadOrder::StreamBackward,
                              .events_max = limit,
                              .bytes_max = kPageBytesMax,
                              .with_batch = true},
                 Deadline::after(kReadTimeout));
  if (!page) return refuse(page.error());
  const bool more = !page->events.empty() && page->events.back().version.value > 1;
  return answer({{"stream", name},
                 {"version", page->streams.front().version.value},
                 {"at", page->at.value},
                 {"more", more},
                 {"events", events_json(*page, show_payloads)}});
}

/// Events of the log, the newest first; with `after`, the oldest first.
http::Response log_events(const http::Request& request, std::size_t limit, EventStore& store,
                          bool show_payloads) {
  const auto after = number_in(request, "after", kAnyPosition, kAnyPosition);
  const auto before = number_in(request, "before", kAnyPosition, kAnyPosition);
  if (!after || !before) return refuse(400, "after and before: positions");
  const std::uint64_t head = store.head().value;
  const bool is_forward = *after != kAnyPosition;
  LogQuery query{.events_max = limit, .bytes_max = kPageBytesMax, .with_batch = true};
  if (is_forward) {
    query.after = {std::min(*after, head)};
  } else {
    const std::uint64_t last = std::min(*before == 0 ? 0 : *before - 1, head);
    query.after = {last - std::min<std::uint64_t>(last, limit)};
    query.until = Position{last};
  }
  for (const std::string& type : request.query_parameters("type")) {
    if (!is_forward) return refuse(400, "type goes with after");
    query.filter.type(type);
  }
  Result<EventPage> page = store.read(query, Deadline::after(kReadTimeout));
  if (!page) return refuse(page.error());
  // Large events may end a page before its newest one; then the rest is left for `after`.
  if (!is_forward) std::reverse(page->events.begin(), page->events.end());
  const bool more = is_forward ? page->more : query.after.value != 0;
  return answer({{"head", head},
                 {"scanned_to", page->scanned_to.value},
                 {"more", more},
                 {"events", events_json(*page, show_payloads)}});
}

}  // namespace

Json event_json(const StoredEvent& event, bool show_payloads) {
  Json json{{"position", event.position.value},       {"stream", event.stream},
            {"version", event.version.value},         {"type", event.type},
            {"schema_version", event.schema_version}, {"time", time_json(event.time)},
            {"payload_bytes", event.payload.size()}};
  if (event.batch != nullptr) {
    const StoredBatch& batch = *event.batch;
    json["command"] = batch.command_type;
    json["command_id"] = batch.id.to_string();
    json["correlation_id"] = batch.correlation_id;
    json["trace_id"] = batch.trace.trace_id_text();
  }
  if (!show_payloads) return json;
  // As text: a number in it may have more digits than a reader of JSON keeps.
  const bool fits = event.payload.size() <= kPayloadBytesMax && is_utf8(event.payload);
  json["payload"] = fits ? Json(event.payload) : Json(nullptr);
  json["headers"] = headers_json(event.headers);
  return json;
}

void mount_event_api(http::Server& server, const ConsoleOptions& options, StoreGate& gate) {
  server.route(http::Method::Get, "/api/streams", [&gate](const http::Request& request) {
    return with_store(gate,
                      [&](const StoreGate::Use& store) { return list_streams(request, *store); });
  });
  server.route(http::Method::Get, "/api/events", [&gate, &options](const http::Request& request) {
    const auto limit = number_in(request, "limit", kLimit, kLimitMax);
    if (!limit || *limit == 0) return refuse(400, "limit: a number from 1 to 500");
    const auto stream = request.query_parameter("stream");
    return with_store(gate, [&](const StoreGate::Use& store) {
      const auto events = static_cast<std::size_t>(*limit);
      return stream && !stream->empty()
                 ? stream_events(request, *stream, events, *store, options.show_payloads)
                 : log_events(request, events, *store, options.show_payloads);
    });
  });
}

}  // namespace eventcore::console
