#include "log_drain.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

namespace eventcore::detail {

namespace {

// The wall clock is followed when it has moved by more: else the times of two records that follow
// each other would jump about with the reading of two clocks.
constexpr std::int64_t kClockStepNs = 20'000;
// Room is given back to the thread at least so often.
constexpr std::uint64_t kReleasedBytes = 8'192;

/// The bytes of the values of `fields`.
std::size_t value_bytes(std::span<const LogField> fields, const char* values) noexcept {
  const char* end = values;
  for (const LogField& field : fields) skip_value(field, end);
  return static_cast<std::size_t>(end - values);
}

}  // namespace

void LogDrain::look_at_clock() {
  const std::int64_t ahead = clock_.wall().time_since_epoch() / std::chrono::nanoseconds(1) -
                             clock_.now().time_since_epoch() / std::chrono::nanoseconds(1);
  if (std::abs(ahead - wall_ahead_ns_) > kClockStepNs) wall_ahead_ns_ = ahead;
}

void LogDrain::take_all(const std::vector<LogRing*>& rings) {
  look_at_clock();
  sources_.clear();
  for (LogRing* const ring : rings) {
    const std::uint64_t end = ring->head();
    if (const LogRecordHead* const front = ring->front(end)) sources_.push_back({ring, end, front});
  }
  while (!sources_.empty()) {
    // All of the ring with the oldest record that is older than the others' oldest.
    std::size_t oldest = 0;
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 1; i < sources_.size(); ++i) {
      if (sources_[i].front->time_ns < sources_[oldest].front->time_ns) {
        next = std::min(next, sources_[oldest].front->time_ns);
        oldest = i;
      } else {
        next = std::min(next, sources_[i].front->time_ns);
      }
    }
    take_run(sources_[oldest], next);
    if (sources_[oldest].front == nullptr) {
      sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(oldest));
    }
  }
}

void LogDrain::take_run(Source& source, std::int64_t until) {
  std::uint64_t held = 0;
  do {
    append(*source.front);
    held += source.front->bytes;
    source.ring->pop(*source.front);
    if (held >= kReleasedBytes) {
      source.ring->release();
      held = 0;
    }
    source.front = source.ring->front(source.end);
  } while (source.front != nullptr && source.front->time_ns <= until);
  source.ring->release();
}

void LogDrain::append(const LogRecordHead& record) {
  const LogShape& shape = *record.shape;
  const char* at = reinterpret_cast<const char*>(&record + 1);
  LogRecordView view;
  view.time = Timestamp(std::chrono::nanoseconds(record.time_ns + wall_ahead_ns_));
  if (record.has_trace) {
    view.trace_id = reinterpret_cast<const std::uint8_t*>(at);
    view.span_id = view.trace_id + 16;
    at += kLogTraceBytes;
  }
  std::array<LogField, kLogFieldsMax> fields;
  for (std::size_t i = 0; i < shape.fields; ++i) {
    LogField& field = fields[i];
    field.key = shape.keys[i].text;
    field.key_size = shape.keys[i].size;
    field.kind = shape.keys[i].kind;
    std::memcpy(&field.value, at, sizeof field.value);
    at += sizeof field.value;
    field.size = static_cast<std::uint32_t>(field.value);
    field.is_cut = field.kind == LogKind::Text && (field.value & kLogTextIsCut) != 0;
  }
  view.fields = {fields.data(), shape.fields};
  view.values = at;
  view.fields_left_out = shape.fields_left_out;
  std::array<std::string_view, kLogSpansMax> spans;
  if (record.spans != 0) {
    if (shape.has_values) at += value_bytes(view.fields, at);
    view.correlation_id = {at, record.correlation_bytes};
    at += record.correlation_bytes;
    for (std::size_t i = record.spans; i-- > 0;) {
      const auto size = static_cast<std::uint8_t>(*at++);
      spans[i] = {at, size};
      at += size;
    }
    view.spans = {spans.data(), record.spans};
  }
  for (LogOutput& output : outputs_) output.append(*shape.site, view);
}

void LogDrain::write(const LogPlace& place, std::span<const LogField> fields,
                     std::string_view values) {
  LogRecordView view;
  view.time = clock_.wall();
  view.fields = fields;
  view.values = values.data();
  for (LogOutput& output : outputs_) output.append(place, view);
}

void LogDrain::finish(bool flushes) noexcept {
  for (LogOutput& output : outputs_) output.finish(flushes);
}

}  // namespace eventcore::detail
