#pragma once

/// \file
/// `SpanRecord` and `SpanSink`: a finished span, and where it goes.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "eventcore/clock.hpp"
#include "eventcore/trace_context.hpp"

namespace eventcore {

/// OpenTelemetry's span kinds, by its numbers.
enum class SpanKind : std::uint8_t { Internal = 1, Server, Client, Producer, Consumer };

/// OpenTelemetry's status codes, by its numbers.
enum class SpanStatus : std::uint8_t { Unset = 0, Ok, Error };

using AttributeValue = std::variant<bool, std::int64_t, double, std::string_view>;

/// A named value. The texts belong to whoever made it.
struct SpanAttribute {
  std::string_view key;
  AttributeValue value;
};

/// Something that happened while a span lasted.
struct SpanEvent {
  std::string_view name;
  Timestamp time;
  std::span<const SpanAttribute> attributes;
};

/// Another span that this one has to do with.
struct SpanLink {
  TraceContext context;
  std::span<const SpanAttribute> attributes;
};

/// A finished span. What it refers to is valid during the call only.
struct SpanRecord {
  std::string_view name;
  SpanKind kind = SpanKind::Internal;
  TraceContext context;                     ///< Its own ids and flags.
  std::array<std::uint8_t, 8> parent_id{};  ///< All zero: a root.
  std::string_view trace_state;             ///< As received; empty: none.
  Timestamp start;
  Timestamp end;
  SpanStatus status = SpanStatus::Unset;
  std::string_view status_message;  ///< With `Error`.
  std::span<const SpanAttribute> attributes;
  std::span<const SpanEvent> events;
  std::span<const SpanLink> links;
  std::uint32_t dropped_attributes = 0;  ///< Beyond the limits.
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;
};

/// Takes finished spans, such as an exporter. Thread-safety: called by one thread at a time, the
/// tracer's drain. It must not block for long: what can't be sent at once is queued or counted.
class SpanSink {
 public:
  SpanSink() = default;
  SpanSink(const SpanSink&) = delete;
  SpanSink& operator=(const SpanSink&) = delete;
  virtual ~SpanSink() = default;

  /// Takes `spans`, which are valid during the call only.
  virtual void take(std::span<const SpanRecord> spans) noexcept = 0;
  /// The drain has nothing more for now.
  virtual void idle() noexcept {}
};

}  // namespace eventcore
