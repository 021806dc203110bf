// From the caller's arguments to a record in the thread's ring.

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "../core/tsc_time.hpp"
#include "eventcore/detail/span_frame.hpp"
#include "log_core.hpp"
#include "thread_log_ring.hpp"

namespace eventcore::detail {

namespace {

constexpr std::size_t kListTextBytes = 255;

/// What of `size` bytes of UTF-8 may stay if `max` may: no character is cut in two.
std::size_t cut_text(const char* text, std::size_t size, std::size_t max) noexcept {
  if (size <= max) return size;
  std::size_t kept = max;
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0U) == 0x80U) --kept;
  return kept;
}

/// What a record is made of apart from its fields.
struct Context {
  std::string_view correlation_id;
  union {  // not set before they are used
    std::array<std::string_view, kLogSpansMax> spans;
  };
  std::size_t span_count = 0;
  std::size_t bytes = 0;

  Context() noexcept {}
};

void look_around(Context& context) noexcept {
  for (const SpanFrame* frame = current_frame(); frame != nullptr; frame = frame->parent) {
    if (context.correlation_id.empty() && !frame->correlation_id.empty()) {
      const std::string_view id = frame->correlation_id;
      context.correlation_id = id.substr(0, cut_text(id.data(), id.size(), kLogCorrelationBytes));
      context.bytes += context.correlation_id.size();
    }
    if (context.span_count == kLogSpansMax) continue;
    const std::string_view name =
        frame->name.substr(0, cut_text(frame->name.data(), frame->name.size(), kLogSpanBytes));
    new (&context.spans[context.span_count++]) std::string_view(name);
    context.bytes += 1 + name.size();
  }
}

/// The bytes of the list that are kept, and how many of its texts.
std::size_t list_bytes(const LogField& field, std::size_t text_max, std::uint8_t& kept) noexcept {
  const auto* const texts = reinterpret_cast<const std::string_view*>(field.value);
  std::size_t bytes = 1;
  kept = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(field.size, kLogListMax); ++i) {
    const std::size_t size = cut_text(texts[i].data(), texts[i].size(), kListTextBytes);
    if (bytes + 2 + size > text_max) break;
    bytes += 2 + size;
    ++kept;
  }
  return bytes;
}

/// The bytes behind the fields, if no text may have more than `text_max`.
std::size_t value_bytes(const LogField* fields, std::size_t count, std::size_t text_max) noexcept {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const LogField& field = fields[i];
    if (field.kind < LogKind::Text) continue;
    std::uint8_t kept = 0;
    if (field.kind == LogKind::List) {
      bytes += list_bytes(field, text_max, kept);
    } else {
      bytes += std::min<std::size_t>(field.size, text_max);
    }
  }
  return bytes;
}

/// Short texts are the rule, and calling for their copy would cost more than the copy.
std::byte* put(std::byte* to, const void* from, std::size_t size) noexcept {
  if (size >= 8 && size <= 16) [[likely]] {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, from, 8);
    std::memcpy(&last, static_cast<const char*>(from) + size - 8, 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
  } else if (size != 0) {
    std::memcpy(to, from, size);
  }
  return to + size;
}

std::byte* put_number(std::byte* to, std::uint64_t number) noexcept {
  std::memcpy(to, &number, sizeof number);
  return to + sizeof number;
}

std::byte* put_list(std::byte* to, const LogField& field, std::size_t text_max) noexcept {
  const auto* const texts = reinterpret_cast<const std::string_view*>(field.value);
  std::uint8_t kept = 0;
  static_cast<void>(list_bytes(field, text_max, kept));
  to = put(to, &kept, 1);
  for (std::size_t i = 0; i < kept; ++i) {
    const auto size =
        static_cast<std::uint16_t>(cut_text(texts[i].data(), texts[i].size(), kListTextBytes));
    to = put(to, &size, sizeof size);
    to = put(to, texts[i].data(), size);
  }
  return to;
}

/// Writes the fields and, behind them, their values. True: something was cut off.
bool put_fields(std::byte*& at, const LogField* fields, std::size_t count,
                std::size_t text_max) noexcept {
  std::byte* numbers = at;
  std::byte* values = at + count * sizeof(std::uint64_t);
  bool cut = false;
  for (std::size_t i = 0; i < count; ++i) {
    const LogField& field = fields[i];
    std::uint64_t number = field.value;
    if (field.kind == LogKind::List) {
      number = field.size;
      values = put_list(values, field, text_max);
      cut = cut || field.size > kLogListMax;
    } else if (field.kind >= LogKind::Text) {
      const auto* const text = reinterpret_cast<const char*>(field.value);
      const std::size_t size = cut_text(text, field.size, text_max);
      values = put(values, text, size);
      number = size == field.size ? size : size | kLogTextIsCut;
      cut = cut || size != field.size;
    }
    numbers = put_number(numbers, number);
  }
  at = values;
  return cut;
}

bool has_shape(const LogShape& shape, const LogField* fields, std::size_t count) noexcept {
  if (shape.fields + shape.fields_left_out != count) return false;
  for (std::size_t i = 0; i < shape.fields; ++i) {
    if (shape.keys[i].text != fields[i].key || shape.keys[i].kind != fields[i].kind) return false;
  }
  return true;
}

/// The bytes behind the fields, as `value_bytes` without lists; nothing for another shape, or one
/// with lists. In one go, as nearly all records are like the last of their place.
constexpr std::size_t kOtherShape = ~std::size_t{0};
inline std::size_t quick_value_bytes(const LogShape& shape, const LogField* fields,
                                     std::size_t count) noexcept {
  if (shape.fields + shape.fields_left_out != count || shape.has_lists) return kOtherShape;
  std::size_t bytes = 0;
  bool is_same = true;
  for (std::size_t i = 0; i < shape.fields; ++i) {
    const LogShape::Key& key = shape.keys[i];
    is_same = is_same && key.text == fields[i].key && key.kind == fields[i].kind;
    // A number has the size 0.
    bytes += std::min<std::size_t>(fields[i].size, kLogTextBytes);
  }
  return is_same ? bytes : kOtherShape;
}

/// Finds or adds the shape; null: there is no memory, or too many are there.
[[gnu::cold, gnu::noinline]] const LogShape* other_shape(const LogSite& site,
                                                         const LogField* fields,
                                                         std::size_t count) noexcept {
  constexpr int kShapesMax = 256;
  std::unique_ptr<LogShape> made;
  // Acquire and release pair with each other: a shape that is found is whole.
  const LogShape* first = site.shapes().load(std::memory_order_acquire);
  for (;;) {
    int number = 0;
    for (const LogShape* shape = first; shape != nullptr; shape = shape->next, ++number) {
      if (has_shape(*shape, fields, count)) return shape;
    }
    if (number >= kShapesMax) return nullptr;
    if (!made) {
      made.reset(new (std::nothrow) LogShape);
      if (!made) return nullptr;
      made->site = &site;
      made->fields = static_cast<std::uint32_t>(std::min(count, kLogFieldsMax));
      made->fields_left_out = static_cast<std::uint32_t>(count) - made->fields;
      for (std::size_t i = 0; i < made->fields; ++i) {
        made->keys[i] = {fields[i].key, fields[i].key_size, fields[i].kind};
        made->has_values = made->has_values || fields[i].kind >= LogKind::Text;
        made->has_lists = made->has_lists || fields[i].kind == LogKind::List;
      }
    }
    made->next = first;
    if (site.shapes().compare_exchange_weak(first, made.get(), std::memory_order_acq_rel)) {
      return made.release();
    }
  }
}

/// The clock of the log; null: the system's, without a virtual call.
constinit std::atomic<const Clock*> log_clock = nullptr;

std::int64_t now_ns() noexcept {
  // Relaxed: clocks last as long as the process.
  const Clock* const clock = log_clock.load(std::memory_order_relaxed);
  const Instant now = clock == nullptr ? tsc_now() : clock->now();
  return now.time_since_epoch() / std::chrono::nanoseconds(1);
}

/// Room for the record; what becomes of one for which there is none.
std::byte* room_for(LogRing& ring, const LogSite& site, std::uint32_t bytes) noexcept {
  if (std::byte* const at = ring.reserve(bytes)) [[likely]] {
    if (ring.waited_in_vain) [[unlikely]]
      ring.waited_in_vain = false;
    return at;
  }
  std::byte* const at =
      site.level() == LogLevel::Error ? LogCore::instance().await_room(ring, bytes) : nullptr;
  if (at == nullptr) ring.drop(site.level());
  return at;
}

}  // namespace

void set_log_clock(const Clock& clock) noexcept {
  log_clock.store(&clock == &system_clock() ? nullptr : &clock, std::memory_order_relaxed);
}

void write_log(const LogSite& site, const LogField* fields, std::size_t count) noexcept {
  LogRing* const ring = thread_log_ring;
  if (ring == nullptr || ring == no_ring()) [[unlikely]]
    return;  // `admit` has counted
  const std::int64_t now = now_ns();
  // Acquire: pairs with the release in `other_shape`.
  const LogShape* shape = site.shapes().load(std::memory_order_acquire);
  std::size_t values = shape == nullptr ? kOtherShape : quick_value_bytes(*shape, fields, count);
  if (values == kOtherShape) [[unlikely]] {
    shape = other_shape(site, fields, count);
    if (shape == nullptr) return ring->drop(site.level());
    values = value_bytes(fields, shape->fields, kLogTextBytes);
  }

  Context context;
  if (current_frame() != nullptr) look_around(context);
  const TraceContext& trace = current_trace();
  const bool has_trace = trace.is_valid();
  const std::size_t kept = shape->fields;
  const std::size_t fixed = sizeof(LogRecordHead) + (has_trace ? kLogTraceBytes : 0) +
                            kept * sizeof(std::uint64_t) + context.bytes;
  std::size_t text_max = kLogTextBytes;
  if (fixed + values > kLogRecordBytes) [[unlikely]] {
    // Each text gets the same share of what there is.
    text_max = (kLogRecordBytes - fixed) / kept;
    values = value_bytes(fields, kept, text_max);
  }
  const auto bytes = static_cast<std::uint32_t>((fixed + values + 7) & ~std::size_t{7});
  std::byte* at = room_for(*ring, site, bytes);
  if (at == nullptr) [[unlikely]]
    return;

  new (at) LogRecordHead{bytes,
                         static_cast<std::uint16_t>(context.correlation_id.size()),
                         static_cast<std::uint8_t>(context.span_count),
                         has_trace,
                         shape,
                         now};
  at += sizeof(LogRecordHead);
  if (has_trace) {
    at = put(at, trace.trace_id.data(), trace.trace_id.size());
    at = put(at, trace.span_id.data(), trace.span_id.size());
  }
  if (put_fields(at, fields, kept, text_max) || shape->fields_left_out != 0) ring->count_cut();
  if (context.span_count != 0) {
    at = put(at, context.correlation_id.data(), context.correlation_id.size());
    for (std::size_t i = 0; i < context.span_count; ++i) {
      const auto size = static_cast<std::uint8_t>(context.spans[i].size());
      at = put(at, &size, 1);
      at = put(at, context.spans[i].data(), size);
    }
  }
  if (ring->commit(bytes)) [[unlikely]]
    LogCore::instance().wake_drain();
}

bool LogSite::admit() noexcept {
  // Acquire: pairs with the release in `link`; the id is there.
  if (state_.load(std::memory_order_acquire) == State::New) [[unlikely]] {
    LogCore::instance().link(*this);
    if (state_.load(std::memory_order_relaxed) != State::On) return false;
  }
  LogRing* ring = thread_log_ring;
  if (ring == nullptr) [[unlikely]]
    ring = LogCore::instance().attach();
  if (ring == nullptr || ring == no_ring()) [[unlikely]] {
    LogCore::instance().drop(level_);
    return false;
  }
  return ring->admit(*this);
}

}  // namespace eventcore::detail
