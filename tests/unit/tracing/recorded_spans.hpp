#pragma once

/// \file
/// `RecordedSpans`: a sink that keeps copies of what it is given.

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/tracing/span_record.hpp"

namespace eventcore {

using OwnedValue = std::variant<bool, std::int64_t, double, std::string>;
using OwnedAttributes = std::map<std::string, OwnedValue>;

struct OwnedEvent {
  std::string name;
  Timestamp time;
  OwnedAttributes attributes;
};

struct OwnedLink {
  TraceContext context;
  OwnedAttributes attributes;
};

/// A copy of a `SpanRecord`.
struct OwnedSpan {
  std::string name;
  SpanKind kind = SpanKind::Internal;
  TraceContext context;
  std::array<std::uint8_t, 8> parent_id{};
  std::string trace_state;
  Timestamp start;
  Timestamp end;
  SpanStatus status = SpanStatus::Unset;
  std::string status_message;
  OwnedAttributes attributes;
  std::vector<OwnedEvent> events;
  std::vector<OwnedLink> links;
  std::uint32_t dropped_attributes = 0;
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;

  [[nodiscard]] bool is_root() const { return parent_id == decltype(parent_id){}; }
  [[nodiscard]] bool is_child_of(const OwnedSpan& parent) const {
    return parent_id == parent.context.span_id && context.trace_id == parent.context.trace_id;
  }
};

inline OwnedAttributes owned(std::span<const SpanAttribute> attributes) {
  OwnedAttributes result;
  for (const SpanAttribute& one : attributes) {
    result[std::string(one.key)] = std::visit(
        [](const auto& value) -> OwnedValue {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
            return std::string(value);
          } else {
            return value;
          }
        },
        one.value);
  }
  return result;
}

inline OwnedSpan owned(const SpanRecord& span) {
  OwnedSpan result{std::string(span.name),
                   span.kind,
                   span.context,
                   span.parent_id,
                   std::string(span.trace_state),
                   span.start,
                   span.end,
                   span.status,
                   std::string(span.status_message),
                   owned(span.attributes),
                   {},
                   {},
                   span.dropped_attributes,
                   span.dropped_events,
                   span.dropped_links};
  for (const SpanEvent& event : span.events) {
    result.events.push_back({std::string(event.name), event.time, owned(event.attributes)});
  }
  for (const SpanLink& link : span.links) {
    result.links.push_back({link.context, owned(link.attributes)});
  }
  return result;
}

/// Thread-safety: Thread-safe.
class RecordedSpans final : public SpanSink {
 public:
  void take(std::span<const SpanRecord> spans) noexcept override {
    const detail::MutexLock lock(mutex_);
    for (const SpanRecord& span : spans) spans_.push_back(owned(span));
  }

  [[nodiscard]] std::vector<OwnedSpan> all() const {
    const detail::MutexLock lock(mutex_);
    return spans_;
  }
  /// Those called `name`.
  [[nodiscard]] std::vector<OwnedSpan> called(std::string_view name) const {
    std::vector<OwnedSpan> result = all();
    std::erase_if(result, [&](const OwnedSpan& span) { return span.name != name; });
    return result;
  }

 private:
  mutable detail::Mutex mutex_;
  std::vector<OwnedSpan> spans_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore
