#include "span_encoder.hpp"

#include <bit>
#include <deque>
#include <vector>

#include "valid_text.hpp"
#include "wire.hpp"

namespace eventcore::detail {
namespace {

using wire::bytes_size;
using wire::varint_size;
using wire::Writer;

// Field numbers of opentelemetry/proto/{trace,common}/v1.
namespace scope_spans_field {
constexpr std::uint32_t kSpan = 2;
}
namespace span_field {
constexpr std::uint32_t kTraceId = 1, kSpanId = 2, kTraceState = 3, kParentSpanId = 4, kName = 5,
                        kKind = 6, kStart = 7, kEnd = 8, kAttribute = 9, kDroppedAttributes = 10,
                        kEvent = 11, kDroppedEvents = 12, kLink = 13, kDroppedLinks = 14,
                        kStatus = 15, kFlags = 16;
}
namespace event_field {
constexpr std::uint32_t kTime = 1, kName = 2, kAttribute = 3;
}
namespace link_field {
constexpr std::uint32_t kTraceId = 1, kSpanId = 2, kAttribute = 4, kFlags = 6;
}
namespace status_field {
constexpr std::uint32_t kMessage = 2, kCode = 3;
}
namespace key_value_field {
constexpr std::uint32_t kKey = 1, kValue = 2;
}
namespace any_value_field {
constexpr std::uint32_t kString = 1, kBool = 2, kInt = 3, kDouble = 4;
}

constexpr std::size_t kIdsSize = bytes_size(16) + bytes_size(8);
constexpr std::size_t kFixed64Size = 1 + 8;

std::uint64_t nanoseconds(Timestamp at) noexcept {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

std::size_t text_size(std::string_view text) noexcept {
  return text.empty() ? 0 : bytes_size(text.size());
}
std::size_t count_size(std::uint32_t count) noexcept {
  return count == 0 ? 0 : 1 + varint_size(count);
}

std::size_t value_size(const AttributeValue& value) noexcept {
  switch (value.index()) {
    case 0:
      return 2;
    case 1:
      return 1 + varint_size(static_cast<std::uint64_t>(*std::get_if<1>(&value)));
    case 2:
      return kFixed64Size;
    default:
      return bytes_size(std::get_if<3>(&value)->size());
  }
}
std::size_t attribute_size(const SpanAttribute& attribute) noexcept {
  return bytes_size(attribute.key.size()) + bytes_size(value_size(attribute.value));
}
std::size_t attributes_size(std::span<const SpanAttribute> attributes) noexcept {
  std::size_t size = 0;
  for (const SpanAttribute& attribute : attributes) size += bytes_size(attribute_size(attribute));
  return size;
}

std::size_t event_size(const SpanEvent& event) noexcept {
  return kFixed64Size + text_size(event.name) + attributes_size(event.attributes);
}
std::size_t link_size(const SpanLink& link) noexcept {
  return kIdsSize + 1 + 4 + attributes_size(link.attributes);
}
std::size_t status_size(const SpanRecord& span) noexcept {
  return span.status == SpanStatus::Unset ? 0 : text_size(span.status_message) + 2;
}

std::size_t span_size(const SpanRecord& span) noexcept {
  std::size_t size = kIdsSize + text_size(span.trace_state) + text_size(span.name) + 2 +
                     2 * kFixed64Size + attributes_size(span.attributes) +
                     count_size(span.dropped_attributes) + count_size(span.dropped_events) +
                     count_size(span.dropped_links) + 2 + 4;
  if (span.parent_id != decltype(span.parent_id){}) size += bytes_size(8);
  for (const SpanEvent& event : span.events) size += bytes_size(event_size(event));
  for (const SpanLink& link : span.links) size += bytes_size(link_size(link));
  if (const std::size_t status = status_size(span); status != 0) size += bytes_size(status);
  return size;
}

void write_attributes(Writer& out, std::uint32_t field,
                      std::span<const SpanAttribute> attributes) noexcept {
  for (const SpanAttribute& attribute : attributes) {
    const std::size_t value = value_size(attribute.value);
    out.open(field, bytes_size(attribute.key.size()) + bytes_size(value));
    out.text_field(key_value_field::kKey, attribute.key);
    out.open(key_value_field::kValue, value);
    switch (attribute.value.index()) {
      case 0:
        out.varint_field(any_value_field::kBool, *std::get_if<0>(&attribute.value) ? 1 : 0);
        break;
      case 1:
        out.varint_field(any_value_field::kInt,
                         static_cast<std::uint64_t>(*std::get_if<1>(&attribute.value)));
        break;
      case 2:
        out.fixed64_field(any_value_field::kDouble,
                          std::bit_cast<std::uint64_t>(*std::get_if<2>(&attribute.value)));
        break;
      default:
        out.text_field(any_value_field::kString, *std::get_if<3>(&attribute.value));
    }
  }
}

void write_text(Writer& out, std::uint32_t field, std::string_view text) noexcept {
  if (!text.empty()) out.text_field(field, text);
}
void write_count(Writer& out, std::uint32_t field, std::uint32_t count) noexcept {
  if (count != 0) out.varint_field(field, count);
}

/// Writes what `span_size` counts.
void write_span(Writer& out, const SpanRecord& span) noexcept {
  out.bytes_field(span_field::kTraceId, span.context.trace_id.data(), 16);
  out.bytes_field(span_field::kSpanId, span.context.span_id.data(), 8);
  write_text(out, span_field::kTraceState, span.trace_state);
  if (span.parent_id != decltype(span.parent_id){}) {
    out.bytes_field(span_field::kParentSpanId, span.parent_id.data(), 8);
  }
  write_text(out, span_field::kName, span.name);
  out.varint_field(span_field::kKind, static_cast<std::uint64_t>(span.kind));
  out.fixed64_field(span_field::kStart, nanoseconds(span.start));
  out.fixed64_field(span_field::kEnd, nanoseconds(span.end));
  write_attributes(out, span_field::kAttribute, span.attributes);
  write_count(out, span_field::kDroppedAttributes, span.dropped_attributes);
  for (const SpanEvent& event : span.events) {
    out.open(span_field::kEvent, event_size(event));
    out.fixed64_field(event_field::kTime, nanoseconds(event.time));
    write_text(out, event_field::kName, event.name);
    write_attributes(out, event_field::kAttribute, event.attributes);
  }
  write_count(out, span_field::kDroppedEvents, span.dropped_events);
  for (const SpanLink& link : span.links) {
    out.open(span_field::kLink, link_size(link));
    out.bytes_field(link_field::kTraceId, link.context.trace_id.data(), 16);
    out.bytes_field(link_field::kSpanId, link.context.span_id.data(), 8);
    write_attributes(out, link_field::kAttribute, link.attributes);
    out.fixed32_field(link_field::kFlags, link.context.flags);
  }
  write_count(out, span_field::kDroppedLinks, span.dropped_links);
  if (const std::size_t status = status_size(span); status != 0) {
    out.open(span_field::kStatus, status);
    write_text(out, status_field::kMessage, span.status_message);
    out.varint_field(status_field::kCode, static_cast<std::uint64_t>(span.status));
  }
  out.fixed32_field(span_field::kFlags, span.context.flags);
}

/// Whether every text may be written as it is.
bool is_valid(std::span<const SpanAttribute> attributes) noexcept {
  for (const SpanAttribute& attribute : attributes) {
    if (!is_utf8(attribute.key)) return false;
    const auto* const text = std::get_if<std::string_view>(&attribute.value);
    if (text != nullptr && !is_utf8(*text)) return false;
  }
  return true;
}
bool is_valid(const SpanRecord& span) noexcept {
  if (!is_utf8(span.name) || !is_utf8(span.trace_state) || !is_utf8(span.status_message) ||
      !is_valid(span.attributes)) {
    return false;
  }
  for (const SpanEvent& event : span.events) {
    if (!is_utf8(event.name) || !is_valid(event.attributes)) return false;
  }
  for (const SpanLink& link : span.links) {
    if (!is_valid(link.attributes)) return false;
  }
  return true;
}

/// Copies of a span's texts, mended. Rare, so it may cost.
class MendedSpan {
 public:
  explicit MendedSpan(const SpanRecord& span) : span_(span) {
    span_.name = mend(span.name);
    span_.trace_state = mend(span.trace_state);
    span_.status_message = mend(span.status_message);
    span_.attributes = mend(span.attributes);
    for (const SpanEvent& event : span.events) {
      events_.push_back({mend(event.name), event.time, mend(event.attributes)});
    }
    for (const SpanLink& link : span.links) {
      links_.push_back({link.context, mend(link.attributes)});
    }
    span_.events = events_;
    span_.links = links_;
  }

  [[nodiscard]] const SpanRecord& span() const noexcept { return span_; }

 private:
  std::string_view mend(std::string_view text) { return texts_.emplace_back(as_utf8(text)); }
  std::span<const SpanAttribute> mend(std::span<const SpanAttribute> attributes) {
    std::vector<SpanAttribute>& mended =
        attributes_.emplace_back(attributes.begin(), attributes.end());
    for (SpanAttribute& attribute : mended) {
      attribute.key = mend(attribute.key);
      if (auto* const text = std::get_if<std::string_view>(&attribute.value)) *text = mend(*text);
    }
    return mended;
  }

  SpanRecord span_;
  std::deque<std::string> texts_;  // stay where they are
  std::deque<std::vector<SpanAttribute>> attributes_;
  std::vector<SpanEvent> events_;
  std::vector<SpanLink> links_;
};

void append_valid(std::string& batch, const SpanRecord& span) {
  const std::size_t size = span_size(span);
  const std::size_t before = batch.size();
  batch.resize(before + bytes_size(size));
  Writer out(batch.data() + before);
  out.open(scope_spans_field::kSpan, size);
  write_span(out, span);
}

}  // namespace

void append_span(std::string& batch, const SpanRecord& span) {
  if (is_valid(span)) [[likely]] {
    append_valid(batch, span);
  } else {
    append_valid(batch, MendedSpan(span).span());
  }
}

}  // namespace eventcore::detail
