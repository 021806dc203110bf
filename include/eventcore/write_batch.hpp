#pragma once

/// \file
/// `WriteBatch`: events for one or more streams that are stored together or not at all.
///
/// The bytes of all events lie in one buffer. Streams that are only checked, not written, belong
/// to a batch too; a batch without events is a pure check. The usual mistake is to leave out the
/// expectation of a stream that the decision has read: then a concurrent change goes unnoticed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/headers.hpp"
#include "eventcore/position.hpp"
#include "eventcore/result.hpp"
#include "eventcore/stream_id.hpp"
#include "eventcore/trace_context.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// What must hold for a stream when a batch is stored. Thread-safety: Immutable.
class ExpectedVersion {
 public:
  enum class Kind : std::uint8_t { Any, NoStream, StreamExists, Exact };

  [[nodiscard]] static constexpr ExpectedVersion any() { return {Kind::Any, {}}; }
  [[nodiscard]] static constexpr ExpectedVersion no_stream() { return {Kind::NoStream, {}}; }
  [[nodiscard]] static constexpr ExpectedVersion stream_exists() {
    return {Kind::StreamExists, {}};
  }
  /// The stream holds exactly `version` events.
  [[nodiscard]] static constexpr ExpectedVersion exactly(StreamVersion version) {
    return {Kind::Exact, version};
  }

  [[nodiscard]] constexpr Kind kind() const noexcept { return kind_; }
  /// The version of `exactly`, else 0.
  [[nodiscard]] constexpr StreamVersion version() const noexcept { return version_; }
  [[nodiscard]] constexpr bool allows(StreamVersion actual) const noexcept {
    switch (kind_) {
      case Kind::Any:
        return true;
      case Kind::NoStream:
        return actual.value == 0;
      case Kind::StreamExists:
        return actual.value != 0;
      case Kind::Exact:
        break;
    }
    return actual == version_;
  }

  friend constexpr bool operator==(ExpectedVersion, ExpectedVersion) = default;

 private:
  constexpr ExpectedVersion(Kind kind, StreamVersion version) : kind_(kind), version_(version) {}

  Kind kind_;
  StreamVersion version_;
};

/// A stream that moved under a command during one of its attempts.
struct Interference {
  std::string stream;
  Conflict conflict;
};

/// How a command came to its decision; stored with its events for `eventcore explain`.
struct DecisionRecord {
  std::uint32_t attempts = 1;
  std::vector<Interference> interference;  ///< One for each failed attempt, the latest 8.
};

/// What a batch's events have in common. Stored with its first event.
struct BatchInfo {
  Uuid id;  ///< The command's id; events are `id`/ordinal.
  std::string command_type;
  std::string key;  ///< The caller's idempotency key; empty: none.
  std::string correlation_id;
  std::string causation_id;
  TraceContext trace;
  DecisionRecord decision;
};

/// One event as an application hands it to `EventStore::write_events`.
struct EventToWrite {
  StreamId stream;
  std::string type;
  std::string payload;
  std::uint32_t schema_version = 1;
  Headers headers = {};
  ExpectedVersion expected = ExpectedVersion::any();  ///< The first event of a stream decides.
};

/// Events and expectations that hold or fail together.
/// Thread-safety: One thread at a time.
class WriteBatch {
 public:
  /// One stream of the batch.
  struct Stream {
    StreamId id;
    ExpectedVersion expected;
    std::uint32_t events = 0;      ///< How many of the batch's events go here.
    StreamVersion version_before;  ///< Set by the store when the batch is stored.
  };
  /// One event; views point into the batch.
  struct Event {
    std::uint32_t stream = 0;  ///< Index into `streams()`.
    std::uint32_t schema_version = 1;
    std::string_view type;
    std::string_view payload;
    std::string_view headers;  ///< See `Headers::encode`.
  };

  BatchInfo info;

  /// Adds a stream and returns its index. Cost: linear in the streams of the batch only in debug
  /// checks; the caller must not add a stream twice. `find_stream` tells.
  std::uint32_t add_stream(StreamId id, ExpectedVersion expected);
  /// The index of a stream of this batch.
  [[nodiscard]] std::optional<std::uint32_t> find_stream(std::string_view id) const noexcept;

  /// Adds an event whose bytes are copied.
  void add_event(std::uint32_t stream, std::string_view type, std::uint32_t schema_version,
                 std::string_view payload, std::string_view headers = {});
  /// Adds an event whose payload `encode(buffer)` appends to the batch's buffer. After an error
  /// of `encode`, which is returned, the batch is as it was.
  template <class Encode>
  [[nodiscard]] Result<void> encode_event(std::uint32_t stream, std::string_view type,
                                          std::uint32_t schema_version, std::string_view headers,
                                          Encode&& encode) {
    const std::size_t begin = begin_event(type, headers);
    Result<void> encoded = encode(bytes_);
    if (!encoded) {
      bytes_.resize(begin);
      return encoded;
    }
    finish_event(stream, begin, type.size(), headers.size(), schema_version);
    return {};
  }

  [[nodiscard]] std::span<const Stream> streams() const noexcept { return streams_; }
  [[nodiscard]] std::span<Stream> streams() noexcept { return streams_; }
  [[nodiscard]] std::size_t event_count() const noexcept { return events_.size(); }
  /// The event at `index`; views live until the batch changes. `kPayloadPadding` bytes behind
  /// each payload are readable after `seal`.
  [[nodiscard]] Event event(std::size_t index) const noexcept;
  /// Bytes of all types, payloads and headers.
  [[nodiscard]] std::size_t byte_count() const noexcept { return bytes_.size(); }
  /// Bytes that the batch holds for events, used or not.
  [[nodiscard]] std::size_t byte_capacity() const noexcept { return bytes_.capacity(); }

  /// Checks the batch against limits.hpp and makes payloads readable past their ends. Stores call
  /// it when a batch is submitted. Errors: LimitExceeded, InvalidArgument.
  [[nodiscard]] Result<void> seal();

  /// Forgets the events: what is left is a pure check.
  void clear_events() noexcept;
  /// Forgets streams, events and info, and keeps the memory.
  void clear() noexcept;

  /// A batch of `events` in their order. Errors: InvalidArgument when two events of one stream
  /// expect different versions, LimitExceeded.
  [[nodiscard]] static Result<WriteBatch> of(std::span<const EventToWrite> events);

 private:
  struct EventRange {
    std::size_t begin = 0;  // type, then headers, then payload
    std::uint32_t stream = 0;
    std::uint32_t schema_version = 1;
    std::uint32_t type_bytes = 0;
    std::uint32_t header_bytes = 0;
    std::uint32_t payload_bytes = 0;
  };

  std::size_t begin_event(std::string_view type, std::string_view headers);
  void finish_event(std::uint32_t stream, std::size_t begin, std::size_t type_bytes,
                    std::size_t header_bytes, std::uint32_t schema_version);

  std::vector<Stream> streams_;
  std::vector<EventRange> events_;
  std::string bytes_;
};

}  // namespace eventcore
