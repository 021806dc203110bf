#include "append_line.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base64.hpp"
#include "eventcore/clock.hpp"
#include "eventcore/headers.hpp"
#include "eventcore/limits.hpp"
#include "json_text.hpp"

namespace eventcore::cli {
namespace {

using nlohmann::json;

/// The command type under which events of this tool are stored.
constexpr std::string_view kCommandType = "append";

Error invalid(std::string message) {
  return make_error(ErrorCode::InvalidArgument, std::move(message));
}

Error with_field(std::string_view field, const Error& error) {
  return make_error(error.code, "'" + std::string(field) + "': " + error.message);
}

/// The value of a member; discarded if it is a number that fits no type.
json value_of(const JsonMember& member) { return json::parse(member.value, nullptr, false); }

Result<std::string> text_of(const JsonMember& member) {
  const json value = value_of(member);
  if (!value.is_string()) return invalid("'" + member.name + "' is not a string");
  return value.get<std::string>();
}

bool is_whole(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

Result<std::uint64_t> count_of(const JsonMember& member, std::uint64_t max) {
  const json value = value_of(member);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
    return invalid("'" + member.name + "' is not an integer from 0 to " + std::to_string(max));
  }
  return value.get<std::uint64_t>();
}

Result<HeaderValue> header_of(const JsonMember& member) {
  const json value = value_of(member);
  if (value.is_boolean()) return HeaderValue(value.get<bool>());
  if (value.is_string()) return HeaderValue(value.get<std::string>());
  const bool too_large =
      value.is_discarded() || (value.is_number_float() && is_whole(member.value));
  if (too_large) return invalid("'metadata': '" + member.name + "' is too large for a number");
  if (value.is_number_float()) return HeaderValue(value.get<double>());
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return invalid("'metadata': '" + member.name + "' is too large for an integer");
  }
  if (value.is_number_integer()) return HeaderValue(value.get<std::int64_t>());
  return invalid("'metadata': '" + member.name + "' is not a string, number or boolean");
}

/// A line on its way to become an event.
class LineParser {
 public:
  [[nodiscard]] Result<AppendLine> parse(std::string_view text) {
    const Result<std::vector<JsonMember>> members = members_of(text);
    if (!members) return members.error();
    for (const JsonMember& member : *members) {
      if (auto taken = take(member); !taken) return taken.error();
    }
    if (!stream_) return invalid("'stream' is missing");
    if (type_.empty()) return invalid("'type' is missing or empty");
    if (!payload_) return invalid("'data' is missing");
    AppendLine line{.stream = *std::move(stream_),
                    .type = std::move(type_),
                    .payload = *std::move(payload_),
                    .schema_version = schema_version_,
                    .expected = expected_,
                    .headers = {},
                    .correlation_id = std::move(correlation_id_),
                    .causation_id = std::move(causation_id_),
                    .trace = trace_};
    if (auto encoded = headers_.encode(line.headers); !encoded) {
      return with_field("metadata", encoded.error());
    }
    return line;
  }

 private:
  Result<void> take(const JsonMember& member) {
    if (member.name == "stream") return take_stream(member);
    if (member.name == "type") return take_text(member, type_);
    if (member.name == "data" || member.name == "data_base64") return take_payload(member);
    if (member.name == "metadata") return take_metadata(member);
    if (member.name == "expected_version") {
      const Result<std::uint64_t> version = count_of(member, INT64_MAX);
      if (!version) return version.error();
      expected_ = StreamVersion{*version};
      return {};
    }
    if (member.name == "schema_version") {
      const Result<std::uint64_t> version = count_of(member, INT32_MAX);
      if (!version) return version.error();
      schema_version_ = static_cast<std::uint32_t>(*version);
      return {};
    }
    return invalid("unknown field '" + member.name +
                   "'; there are stream, type, data, data_base64, schema_version, "
                   "expected_version, metadata");
  }

  Result<void> take_stream(const JsonMember& member) {
    const Result<std::string> text = text_of(member);
    if (!text) return text.error();
    Result<StreamId> id = StreamId::parse(*text);
    if (!id) return with_field("stream", id.error());
    stream_ = *std::move(id);
    return {};
  }

  static Result<void> take_text(const JsonMember& member, std::string& to) {
    Result<std::string> text = text_of(member);
    if (!text) return text.error();
    to = *std::move(text);
    return {};
  }

  Result<void> take_payload(const JsonMember& member) {
    if (payload_) return invalid("'data' and 'data_base64' exclude each other");
    if (member.name == "data") {
      payload_ = minified(member.value);
      return {};
    }
    const Result<std::string> text = text_of(member);
    if (!text) return text.error();
    payload_ = from_base64(*text);
    if (!payload_) return invalid("'data_base64' is not base64");
    return {};
  }

  Result<void> take_metadata(const JsonMember& metadata) {
    const Result<std::vector<JsonMember>> members = members_of(metadata.value);
    if (!members) return with_field("metadata", members.error());
    for (const JsonMember& member : *members) {
      if (auto taken = take_metadata_member(member); !taken) return taken;
    }
    return {};
  }

  Result<void> take_metadata_member(const JsonMember& member) {
    if (member.name == "correlation_id") return take_text(member, correlation_id_);
    if (member.name == "causation_id") return take_text(member, causation_id_);
    if (member.name == "traceparent") {
      const Result<std::string> text = text_of(member);
      if (!text) return text.error();
      const std::optional<TraceContext> trace = TraceContext::parse(*text);
      if (!trace) return invalid("'traceparent' is not a W3C traceparent");
      trace_ = *trace;
      return {};
    }
    Result<HeaderValue> value = header_of(member);
    if (!value) return value.error();
    headers_.set(member.name, *std::move(value));
    return {};
  }

  std::optional<StreamId> stream_;
  std::string type_;
  std::optional<std::string> payload_;
  std::uint32_t schema_version_ = 1;
  std::optional<StreamVersion> expected_;
  Headers headers_;
  std::string correlation_id_;
  std::string causation_id_;
  TraceContext trace_;
};

/// Sets `to`, which all lines of a batch have in common.
template <class T>
Result<void> agree(std::string_view field, const T& from, T& to) {
  if (from == T{}) return {};
  if (to != T{} && to != from) {
    return invalid("'" + std::string(field) + "' differs from an earlier line of the batch");
  }
  to = from;
  return {};
}

}  // namespace

Result<AppendLine> parse_append_line(std::string_view text) {
  Result<AppendLine> line = LineParser().parse(text);
  if (!line) return line.error();
  BatchBuilder alone;
  if (auto added = alone.add(*line); !added) return added.error();
  WriteBatch batch = alone.take();
  if (auto sealed = batch.seal(); !sealed) return sealed.error();
  return line;
}

Result<std::uint32_t> BatchBuilder::stream_of(const AppendLine& line) {
  const auto found = streams_.find(line.stream.text());
  if (found == streams_.end()) {
    const ExpectedVersion expected =
        line.expected ? ExpectedVersion::exactly(*line.expected) : ExpectedVersion::any();
    const std::uint32_t index = batch_.add_stream(line.stream, expected);
    streams_.emplace(line.stream.text(), index);
    return index;
  }
  const WriteBatch::Stream& stream = batch_.streams()[found->second];
  if (!line.expected) return found->second;
  if (stream.expected == ExpectedVersion::any()) {
    return invalid("'expected_version' belongs to the stream's first line of the batch");
  }
  // The batch is not stored yet: its stream still holds what the first line expected. Counting
  // the batch's own events on is the same statement.
  const StreamVersion before = stream.expected.version();
  if (*line.expected != before && *line.expected != before + stream.events) {
    return invalid("'expected_version' contradicts an earlier line of the batch, which expects " +
                   std::to_string(before.value));
  }
  return found->second;
}

Result<void> BatchBuilder::add(const AppendLine& line) {
  if (batch_.event_count() == limits::kBatchEvents) {
    return make_error(ErrorCode::LimitExceeded,
                      "a batch has at most " + std::to_string(limits::kBatchEvents) + " events");
  }
  if (batch_.byte_count() + line.type.size() + line.payload.size() + line.headers.size() >
      limits::kBatchBytes) {
    return make_error(ErrorCode::LimitExceeded,
                      "a batch has at most " + std::to_string(limits::kBatchBytes) + " bytes");
  }
  BatchInfo& info = batch_.info;
  if (auto agreed = agree("correlation_id", line.correlation_id, info.correlation_id); !agreed) {
    return agreed;
  }
  if (auto agreed = agree("causation_id", line.causation_id, info.causation_id); !agreed) {
    return agreed;
  }
  if (auto agreed = agree("traceparent", line.trace, info.trace); !agreed) return agreed;
  const Result<std::uint32_t> stream = stream_of(line);
  if (!stream) return stream.error();
  if (batch_.streams().size() > limits::kBatchStreams) {
    return make_error(ErrorCode::LimitExceeded,
                      "a batch has at most " + std::to_string(limits::kBatchStreams) + " streams");
  }
  batch_.add_event(*stream, line.type, line.schema_version, line.payload, line.headers);
  return {};
}

WriteBatch BatchBuilder::take() {
  batch_.info.id = mint_uuid_now(system_clock());
  batch_.info.command_type = kCommandType;
  streams_.clear();
  return std::exchange(batch_, WriteBatch());
}

}  // namespace eventcore::cli
