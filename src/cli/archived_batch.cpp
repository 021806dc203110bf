#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "archive_format.hpp"
#include "eventcore/decision_record.hpp"

namespace eventcore::cli {
namespace {

void put_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7U) out += static_cast<char>((number & 0x7FU) | 0x80U);
  out += static_cast<char>(number);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

template <std::size_t kSize>
void put_bytes(std::string& out, const std::array<std::uint8_t, kSize>& bytes) {
  out.append(bytes.begin(), bytes.end());
}

/// Takes values off the front of the bytes. After the first failure every value is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::uint32_t small_number() {
    const std::uint64_t value = number();
    if (value > UINT32_MAX) fail();
    return static_cast<std::uint32_t>(value);
  }
  std::string_view text() { return bytes(number()); }
  template <std::size_t kSize>
  void fill(std::array<std::uint8_t, kSize>& to) {
    const std::string_view from = bytes(kSize);
    std::copy(from.begin(), from.end(), to.begin());
  }
  std::string_view bytes(std::uint64_t count) {
    if (count > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool failed_ = false;
};

Timestamp to_time(const std::array<std::uint8_t, 8>& bytes) {
  std::uint64_t nanos = 0;
  for (std::size_t i = bytes.size(); i-- != 0;) nanos = nanos << 8U | bytes[i];
  return Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(nanos)));
}

std::array<std::uint8_t, 8> to_bytes(Timestamp time) {
  const auto nanos = static_cast<std::uint64_t>(time.time_since_epoch().count());
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i != bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(nanos >> (8 * i) & 0xFFU);
  }
  return bytes;
}

Interference to_interference(const StoredDecision::Interferer& stored) {
  return {.stream = std::string(stored.stream),
          .conflict = {.expected = stored.expected,
                       .actual = stored.actual,
                       .winner_position = stored.winner_position,
                       .winner_id = stored.winner_id,
                       .winner_command_type = std::string(stored.winner_command_type)}};
}

/// Adds streams to a batch once each, expected at the versions that they had.
class StreamIndex {
 public:
  explicit StreamIndex(WriteBatch& batch) : batch_(batch) {}

  Result<std::uint32_t> at(std::string_view name, StreamVersion before) {
    const auto found = index_.find(name);
    if (found != index_.end()) return found->second;
    Result<StreamId> id = StreamId::parse(name);
    if (!id) return id.error();
    const std::uint32_t index = batch_.add_stream(*std::move(id), ExpectedVersion::exactly(before));
    index_.emplace(name, index);
    return index;
  }

 private:
  WriteBatch& batch_;
  std::unordered_map<std::string_view, std::uint32_t> index_;
};

}  // namespace

void encode_batch(const StoredBatch& batch, Timestamp time, std::string& out) {
  put_bytes(out, batch.id.bytes);
  put_bytes(out, to_bytes(time));
  put_number(out, batch.events);
  put_number(out, batch.attempts);
  put_text(out, batch.command_type);
  put_text(out, batch.key);
  put_text(out, batch.correlation_id);
  put_text(out, batch.causation_id);
  put_number(out, batch.trace.is_valid() ? 1 : 0);
  if (batch.trace.is_valid()) {
    put_bytes(out, batch.trace.trace_id);
    put_bytes(out, batch.trace.span_id);
    put_bytes(out, std::array<std::uint8_t, 1>{batch.trace.flags});
  }
  put_text(out, batch.decision);
}

void encode_event(const StoredEvent& event, std::string& out) {
  put_text(out, event.stream);
  put_number(out, event.version.value);
  put_text(out, event.type);
  put_number(out, event.schema_version);
  put_text(out, event.headers);
  put_text(out, event.payload);
}

Result<ArchivedBatch> decode_batch(std::string_view& bytes, Position first) {
  Reader reader(bytes);
  ArchivedBatch batch;
  std::array<std::uint8_t, 8> time{};
  reader.fill(batch.info.id.bytes);
  reader.fill(time);
  batch.time = to_time(time);
  batch.info.first = first;
  batch.info.events = reader.small_number();
  batch.info.attempts = reader.small_number();
  batch.info.command_type = reader.text();
  batch.info.key = reader.text();
  batch.info.correlation_id = reader.text();
  batch.info.causation_id = reader.text();
  if (reader.number() != 0) {
    std::array<std::uint8_t, 1> flags{};
    reader.fill(batch.info.trace.trace_id);
    reader.fill(batch.info.trace.span_id);
    reader.fill(flags);
    batch.info.trace.flags = flags.front();
  }
  batch.info.decision = reader.text();
  for (std::uint32_t i = 0; i != batch.info.events && !reader.failed(); ++i) {
    ArchivedEvent event;
    event.stream = reader.text();
    event.version = {reader.number()};
    event.type = reader.text();
    event.schema_version = reader.small_number();
    event.headers = reader.text();
    event.payload = reader.text();
    batch.events.push_back(event);
  }
  if (reader.failed() || batch.info.events == 0) {
    return make_error(ErrorCode::DecodeFailed, "a batch is incomplete", {}, first);
  }
  bytes = reader.rest();
  return batch;
}

Result<WriteBatch> rebuild(const ArchivedBatch& archived) {
  const Result<StoredDecision> decision = decode_decision(archived.info.decision);
  if (!decision) return decision.error();
  WriteBatch batch;
  StreamIndex streams(batch);
  for (const StoredDecision::Read& read : decision->reads) {
    if (auto added = streams.at(read.stream, read.version); !added) return added.error();
  }
  for (const ArchivedEvent& event : archived.events) {
    if (event.version.value == 0) {
      return make_error(ErrorCode::DecodeFailed, "an event has version 0", event.stream);
    }
    const Result<std::uint32_t> stream = streams.at(event.stream, {event.version.value - 1});
    if (!stream) return stream.error();
    batch.add_event(*stream, event.type, event.schema_version, event.payload, event.headers);
  }
  BatchInfo& info = batch.info;
  info.id = archived.info.id;
  info.command_type = archived.info.command_type;
  info.key = archived.info.key;
  info.correlation_id = archived.info.correlation_id;
  info.causation_id = archived.info.causation_id;
  info.trace = archived.info.trace;
  info.decision.attempts = archived.info.attempts;
  for (const StoredDecision::Interferer& other : decision->interference) {
    info.decision.interference.push_back(to_interference(other));
  }
  return batch;
}

}  // namespace eventcore::cli
