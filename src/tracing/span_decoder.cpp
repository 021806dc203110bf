#include "span_decoder.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace eventcore::detail {
namespace {

std::string_view text_at(const std::byte* at, std::size_t bytes) noexcept {
  return {reinterpret_cast<const char*>(at), bytes};
}

template <class T>
T value_at(const std::byte* at) noexcept {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

AttributeValue attribute_at(std::uint8_t type, const std::byte* at, std::size_t bytes) noexcept {
  switch (type) {
    case 0:
      return value_at<bool>(at);
    case 1:
      return value_at<std::int64_t>(at);
    case 2:
      return value_at<double>(at);
    default:
      return text_at(at, bytes);
  }
}

template <class T>
std::span<const T> part(const std::vector<T>& whole, std::size_t begin, std::size_t end) noexcept {
  return std::span<const T>(whole).subspan(begin, end - begin);
}

}  // namespace

void SpanDecoder::clear(std::chrono::nanoseconds offset) noexcept {
  offset_ = offset;
  records_.clear();
  parts_.clear();
  own_.clear();
  nested_.clear();
  events_.clear();
  event_ranges_.clear();
  links_.clear();
  link_ranges_.clear();
}

void SpanDecoder::add(const std::byte* record) {
  const auto head = value_at<SpanHead>(record);
  SpanRecord& span = records_.emplace_back();
  Parts& parts = parts_.emplace_back();
  const std::byte* at = record + sizeof(SpanHead);
  const std::byte* const end = record + head.bytes;
  span.name = text_at(at, head.name_bytes);
  span.kind = head.kind;
  span.context = head.context;
  span.parent_id = head.parent_id;
  span.start = wall(head.start);
  span.end = std::max(span.start, wall(head.end));
  span.status = head.status;
  span.dropped_attributes = head.dropped_attributes;
  span.dropped_events = head.dropped_events;
  span.dropped_links = head.dropped_links;
  parts.attributes.begin = own_.size();
  parts.events.begin = events_.size();
  parts.links.begin = links_.size();
  owner_ = Owner::Span;
  at += head.name_bytes;
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(ItemHead))) {
    const auto item = value_at<ItemHead>(at);
    at += sizeof(ItemHead);
    add_item(item, at, span);
    at += item.key_bytes + item.value_bytes;
  }
  parts.attributes.end = own_.size();
  parts.events.end = events_.size();
  parts.links.end = links_.size();
  if (span.status != SpanStatus::Error) span.status_message = {};
}

void SpanDecoder::add_item(const ItemHead& item, const std::byte* key, SpanRecord& record) {
  const std::byte* const value = key + item.key_bytes;
  switch (item.form) {
    case ItemForm::Attribute:
      add_attribute(
          {text_at(key, item.key_bytes), attribute_at(item.type, value, item.value_bytes)});
      break;
    case ItemForm::Event:
      owner_ = Owner::Event;
      events_.push_back({text_at(key, item.key_bytes), wall(value_at<Instant>(value)), {}});
      event_ranges_.push_back({nested_.size(), nested_.size()});
      break;
    case ItemForm::Link:
      owner_ = Owner::Link;
      links_.push_back({value_at<TraceContext>(value), {}});
      link_ranges_.push_back({nested_.size(), nested_.size()});
      break;
    case ItemForm::StatusMessage:
      record.status_message = text_at(value, item.value_bytes);
      break;
    case ItemForm::TraceState:
      record.trace_state = text_at(value, item.value_bytes);
      break;
    case ItemForm::SpanAttributes:
      owner_ = Owner::Span;
      break;
  }
}

void SpanDecoder::add_attribute(SpanAttribute attribute) {
  if (owner_ == Owner::Span) {
    // The last value of a key counts.
    const auto begin = own_.begin() + static_cast<std::ptrdiff_t>(parts_.back().attributes.begin);
    const auto same = std::find_if(
        begin, own_.end(), [&](const SpanAttribute& one) { return one.key == attribute.key; });
    if (same == own_.end()) {
      own_.push_back(attribute);
    } else {
      same->value = attribute.value;
    }
    return;
  }
  nested_.push_back(attribute);
  (owner_ == Owner::Event ? event_ranges_ : link_ranges_).back().end = nested_.size();
}

std::span<const SpanRecord> SpanDecoder::records() {
  for (std::size_t i = 0; i < events_.size(); ++i) {
    events_[i].attributes = part(nested_, event_ranges_[i].begin, event_ranges_[i].end);
  }
  for (std::size_t i = 0; i < links_.size(); ++i) {
    links_[i].attributes = part(nested_, link_ranges_[i].begin, link_ranges_[i].end);
  }
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const Parts& parts = parts_[i];
    records_[i].attributes = part(own_, parts.attributes.begin, parts.attributes.end);
    records_[i].events = part(events_, parts.events.begin, parts.events.end);
    records_[i].links = part(links_, parts.links.begin, parts.links.end);
  }
  return records_;
}

}  // namespace eventcore::detail
