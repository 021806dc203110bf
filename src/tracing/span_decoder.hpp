#pragma once

// `SpanDecoder`: records as sinks take them.

#include <cstddef>
#include <span>
#include <vector>

#include "eventcore/tracing/span_record.hpp"
#include "span_format.hpp"

namespace eventcore::detail {

/// Thread-safety: One thread at a time.
class SpanDecoder {
 public:
  /// Forgets all records. From here on a monotonic time is `offset` behind the wall's.
  void clear(std::chrono::nanoseconds offset) noexcept;
  /// Adds a record, which must stay where it is.
  void add(const std::byte* record);
  [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
  /// All that were added. Valid until the next call of another member.
  [[nodiscard]] std::span<const SpanRecord> records();

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// Where the parts of one record begin and end.
  struct Parts {
    Range attributes;  // of the span: indices of `own_`
    Range events;
    Range links;
  };

  [[nodiscard]] Timestamp wall(Instant time) const noexcept {
    return Timestamp(time.time_since_epoch() + offset_);
  }
  void add_item(const ItemHead& item, const std::byte* key, SpanRecord& record);
  void add_attribute(SpanAttribute attribute);

  std::chrono::nanoseconds offset_{};
  std::vector<SpanRecord> records_;
  std::vector<Parts> parts_;
  std::vector<SpanAttribute> own_;
  std::vector<SpanAttribute> nested_;  // of events and links
  std::vector<SpanEvent> events_;
  std::vector<Range> event_ranges_;
  std::vector<SpanLink> links_;
  std::vector<Range> link_ranges_;
  enum class Owner : std::uint8_t { Span, Event, Link };
  Owner owner_ = Owner::Span;
};

}  // namespace eventcore::detail
