#pragma once

// `FinishedSpan`: a span that is written down when it is over already.

#include <string_view>

#include "span_start.hpp"
#include "trace_ids.hpp"

namespace eventcore::detail {

/// Recorded when it is destroyed, by the calling thread. Without memory it is counted as dropped.
/// Thread-safety: Confined to its creating thread.
class FinishedSpan {
 public:
  /// What a span is called and where it belongs.
  struct Place {
    std::string_view name;
    std::string_view name_rest = {};
    SpanKind kind = SpanKind::Internal;
    TraceContext context = {};
    std::array<std::uint8_t, 8> parent_id = {};
    bool is_local_root = false;
  };

  FinishedSpan(const TracerGate& gate, const Place& place, Instant start, Instant end) noexcept
      : gate_(gate) {
    SpanRing* const ring = own_ring();
    buffer_ = ring == nullptr ? nullptr : ring->take_buffer();
    if (buffer_ == nullptr) {
      SpanSpace::get().count_dropped();
      return;
    }
    buffer_->begin(gate.limits, place.name, place.name_rest);
    buffer_->head.kind = place.kind;
    buffer_->head.context = place.context;
    buffer_->head.parent_id = place.parent_id;
    buffer_->head.is_local_root = place.is_local_root;
    buffer_->head.start = start;
    buffer_->head.end = end;
  }
  FinishedSpan(const FinishedSpan&) = delete;
  FinishedSpan& operator=(const FinishedSpan&) = delete;
  ~FinishedSpan() {
    if (buffer_ != nullptr) record_span(gate_, buffer_);
  }

  template <class T>
  void attribute(std::string_view key, const T& value) noexcept {
    if (buffer_ != nullptr) buffer_->attribute(key, attribute_value(value));
  }
  void event(std::string_view name, Instant time,
             std::initializer_list<SpanAttribute> attributes) noexcept {
    if (buffer_ != nullptr) buffer_->event(name, time, {attributes.begin(), attributes.size()});
  }
  void link(const TraceContext& context) noexcept {
    if (buffer_ != nullptr) buffer_->link(context, {});
  }
  void fail(const Error& error) noexcept {
    if (buffer_ != nullptr) buffer_->fail(error);
  }

 private:
  const TracerGate& gate_;
  SpanBuffer* buffer_ = nullptr;
};

/// A new span below the one of `parent`.
[[nodiscard]] inline FinishedSpan::Place child_of(const TraceContext& parent, std::string_view name,
                                                  SpanKind kind = SpanKind::Internal) noexcept {
  FinishedSpan::Place place{
      .name = name, .kind = kind, .context = parent, .parent_id = parent.span_id};
  mint_span_id(place.context);
  return place;
}

}  // namespace eventcore::detail
