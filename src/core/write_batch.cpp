#include "eventcore/write_batch.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "eventcore/assert.hpp"
#include "eventcore/limits.hpp"
#include "utf8.hpp"

namespace eventcore {
namespace {

// Few streams are compared in pairs, many are sorted first.
constexpr std::size_t kPairwiseStreamsMax = 16;
// A first allocation that most batches do not outgrow.
constexpr std::size_t kFirstBytes = 512;

// Sizes past 32 bits are past every limit; `seal` refuses the batch by its total.
std::uint32_t clamped(std::size_t bytes) noexcept {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(bytes, most));
}

Error over_limit(std::string_view what, std::size_t actual, std::size_t limit) {
  std::string message(what);
  message += ": " + std::to_string(actual) + ", at most " + std::to_string(limit);
  return make_error(ErrorCode::LimitExceeded, std::move(message));
}

bool is_good_text(std::string_view text, std::size_t bytes_max) noexcept {
  return text.size() <= bytes_max && detail::is_printable_utf8(text);
}

Error bad_text(std::string_view what, std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) return over_limit(what, text.size(), bytes_max);
  std::string message(what);
  message += ": not valid UTF-8, or with control characters";
  return make_error(ErrorCode::InvalidArgument, std::move(message));
}

std::optional<Error> flaw_of(const BatchInfo& info) {
  constexpr std::size_t type_max = limits::kTypeNameBytes;
  constexpr std::size_t key_max = limits::kKeyBytes;
  if (!is_good_text(info.command_type, type_max)) {
    return bad_text("bytes of the command type", info.command_type, type_max);
  }
  if (!is_good_text(info.key, key_max)) {
    return bad_text("bytes of the idempotency key", info.key, key_max);
  }
  if (!is_good_text(info.correlation_id, key_max)) {
    return bad_text("bytes of the correlation id", info.correlation_id, key_max);
  }
  if (!is_good_text(info.causation_id, key_max)) {
    return bad_text("bytes of the causation id", info.causation_id, key_max);
  }
  return std::nullopt;
}

Error duplicate(std::string_view stream) {
  return make_error(ErrorCode::InvalidArgument, "a batch names a stream twice", stream);
}

std::optional<Error> flaw_of(std::span<const WriteBatch::Stream> streams) {
  if (streams.size() <= kPairwiseStreamsMax) {
    for (std::size_t i = 1; i < streams.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (streams[i].id == streams[j].id) return duplicate(streams[i].id.view());
      }
    }
    return std::nullopt;
  }
  std::vector<std::string_view> ids;
  ids.reserve(streams.size());
  for (const WriteBatch::Stream& stream : streams) ids.push_back(stream.id.view());
  std::sort(ids.begin(), ids.end());
  const auto twin = std::adjacent_find(ids.begin(), ids.end());
  if (twin != ids.end()) return duplicate(*twin);
  return std::nullopt;
}

std::optional<Error> flaw_of(const WriteBatch::Event& event) {
  if (event.type.empty()) {
    return make_error(ErrorCode::InvalidArgument, "an event's type is empty");
  }
  if (event.payload.size() > limits::kEventBytes) {
    return over_limit("bytes of an event", event.payload.size(), limits::kEventBytes);
  }
  if (event.headers.size() > limits::kHeaderBytes) {
    return over_limit("bytes of an event's headers", event.headers.size(), limits::kHeaderBytes);
  }
  if (!is_good_text(event.type, limits::kTypeNameBytes)) {
    return bad_text("bytes of an event's type", event.type, limits::kTypeNameBytes);
  }
  return std::nullopt;
}

}  // namespace

std::uint32_t WriteBatch::add_stream(StreamId id, ExpectedVersion expected) {
  streams_.push_back({std::move(id), expected, 0, {}});
  return static_cast<std::uint32_t>(streams_.size() - 1);
}

std::optional<std::uint32_t> WriteBatch::find_stream(std::string_view id) const noexcept {
  const auto named = [&](const Stream& stream) { return stream.id.view() == id; };
  const auto found = std::find_if(streams_.begin(), streams_.end(), named);
  if (found == streams_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - streams_.begin());
}

void WriteBatch::add_event(std::uint32_t stream, std::string_view type,
                           std::uint32_t schema_version, std::string_view payload,
                           std::string_view headers) {
  const std::size_t begin = begin_event(type, headers);
  bytes_ += payload;
  finish_event(stream, begin, type.size(), headers.size(), schema_version);
}

std::size_t WriteBatch::begin_event(std::string_view type, std::string_view headers) {
  if (bytes_.capacity() < kFirstBytes) bytes_.reserve(kFirstBytes);
  const std::size_t begin = bytes_.size();
  bytes_.append(type).append(headers);
  return begin;
}

void WriteBatch::finish_event(std::uint32_t stream, std::size_t begin, std::size_t type_bytes,
                              std::size_t header_bytes, std::uint32_t schema_version) {
  EVENTCORE_ASSERT(stream < streams_.size(), "an event's stream was not added to the batch");
  const std::size_t before_payload = begin + type_bytes + header_bytes;
  EVENTCORE_ASSERT(bytes_.size() >= before_payload, "an encoder removed bytes of the batch");
  events_.push_back({begin, stream, schema_version, clamped(type_bytes), clamped(header_bytes),
                     clamped(bytes_.size() - before_payload)});
  ++streams_[stream].events;
}

WriteBatch::Event WriteBatch::event(std::size_t index) const noexcept {
  const EventRange& range = events_[index];
  const char* const type = bytes_.data() + range.begin;
  const char* const headers = type + range.type_bytes;
  return {.stream = range.stream,
          .schema_version = range.schema_version,
          .type = {type, range.type_bytes},
          .payload = {headers + range.header_bytes, range.payload_bytes},
          .headers = {headers, range.header_bytes}};
}

Result<void> WriteBatch::seal() {
  if (events_.size() > limits::kBatchEvents) {
    return over_limit("events of a batch", events_.size(), limits::kBatchEvents);
  }
  if (streams_.size() > limits::kBatchStreams) {
    return over_limit("streams of a batch", streams_.size(), limits::kBatchStreams);
  }
  // Before anything looks at an event: under this limit no size was clamped.
  if (bytes_.size() > limits::kBatchBytes) {
    return over_limit("bytes of a batch", bytes_.size(), limits::kBatchBytes);
  }
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (auto flaw = flaw_of(event(i))) return *std::move(flaw);
  }
  if (auto flaw = flaw_of(info)) return *std::move(flaw);
  if (auto flaw = flaw_of(streams_)) return *std::move(flaw);
  const std::size_t bytes = bytes_.size();
  bytes_.append(limits::kPayloadPadding, '\0');
  bytes_.resize(bytes);
  return {};
}

void WriteBatch::clear_events() noexcept {
  events_.clear();
  bytes_.clear();
  for (Stream& stream : streams_) stream.events = 0;
}

void WriteBatch::clear() noexcept {
  info.id = {};
  info.command_type.clear();
  info.key.clear();
  info.correlation_id.clear();
  info.causation_id.clear();
  info.trace = {};
  info.decision.attempts = 1;
  info.decision.interference.clear();
  streams_.clear();
  events_.clear();
  bytes_.clear();
}

Result<WriteBatch> WriteBatch::of(std::span<const EventToWrite> events) {
  WriteBatch batch;
  std::unordered_map<std::string_view, std::uint32_t> index;
  std::string headers;
  for (const EventToWrite& event : events) {
    const auto next = static_cast<std::uint32_t>(batch.streams_.size());
    const auto [place, added] = index.try_emplace(event.stream.view(), next);
    if (added) {
      batch.add_stream(event.stream, event.expected);
    } else if (event.expected != ExpectedVersion::any() &&
               event.expected != batch.streams_[place->second].expected) {
      return make_error(ErrorCode::InvalidArgument,
                        "two events of one stream expect different versions", event.stream.view());
    }
    headers.clear();
    if (auto encoded = event.headers.encode(headers); !encoded) return encoded.error();
    batch.add_event(place->second, event.type, event.schema_version, event.payload, headers);
  }
  if (auto sealed = batch.seal(); !sealed) return sealed.error();
  return batch;
}

}  // namespace eventcore
