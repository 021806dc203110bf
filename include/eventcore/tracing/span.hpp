#pragma once

/// \file
/// `Span`: a piece of work of the calling thread, from its construction to its end.
///
///     Span span("reserve stock", {.kind = SpanKind::Client});
///     span.attribute("eventcore.stream_id", stream.view());
///     if (!result) span.fail(result.error());
///
/// It is the current one meanwhile: spans that begin, commands that are executed and records that
/// are logged on this thread belong to it. Names are few and fixed; what varies is an attribute.
/// Work that goes on elsewhere takes `context()` along as `SpanOptions::parent`. In a coroutine,
/// use `CoroutineSpan` (coroutine_span.hpp): this one stays with the thread that it began on.

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "eventcore/detail/span_frame.hpp"
#include "eventcore/error.hpp"
#include "eventcore/trace_context.hpp"
#include "eventcore/tracing/span_record.hpp"

namespace eventcore {

namespace detail {
struct SpanBuffer;
struct TracerGate;
/// Of the installed tracer; null: spans are none. Gates are never destroyed.
inline constinit std::atomic<const TracerGate*> current_gate = nullptr;
}  // namespace detail

/// How a span begins.
struct SpanOptions {
  SpanKind kind = SpanKind::Internal;
  std::string_view name_prefix = {};  ///< Before the name, in what is recorded.
  /// Instead of the thread's current trace. One that is not valid begins a trace.
  const TraceContext* parent = nullptr;
  bool parent_is_remote = false;         ///< `parent` came from another process.
  std::string_view trace_state = {};     ///< As received with `parent`.
  std::string_view correlation_id = {};  ///< Of the request; empty: that of what it is part of.
};

/// A value from what is at hand: whole and floating numbers, `bool`, text.
[[nodiscard]] inline AttributeValue attribute_value(std::string_view text) noexcept { return text; }
[[nodiscard]] inline AttributeValue attribute_value(std::integral auto value) noexcept {
  if constexpr (std::same_as<decltype(value), bool>) {
    return value;
  } else {
    return static_cast<std::int64_t>(value);
  }
}
[[nodiscard]] inline AttributeValue attribute_value(std::floating_point auto value) noexcept {
  return static_cast<double>(value);
}

/// Thread-safety: Confined to its creating thread; spans of a thread end in reverse order.
/// Ownership: `name` and `correlation_id` outlive it; all else is copied.
/// Cost: without a tracer a load and a branch; not sampled, some nanoseconds; sampled, two stamps
/// and a copy.
class Span {
 public:
  explicit Span(std::string_view name) noexcept {
    const detail::TracerGate* const gate = detail::current_gate.load(std::memory_order_acquire);
    if (gate != nullptr) [[unlikely]]
      begin(*gate, name, SpanOptions{});
  }
  Span(std::string_view name, const SpanOptions& options) noexcept {
    const detail::TracerGate* const gate = detail::current_gate.load(std::memory_order_acquire);
    if (gate != nullptr) [[unlikely]]
      begin(*gate, name, options);
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span() {
    if (gate_ != nullptr) [[unlikely]]
      finish();
  }

  /// Whether what is added goes anywhere: skip what costs if not.
  [[nodiscard]] bool is_recording() const noexcept { return buffer_ != nullptr; }
  /// What to give to those who work for it; without a tracer the thread's current trace.
  [[nodiscard]] const TraceContext& context() const noexcept {
    return gate_ == nullptr ? current_trace() : active_.frame.trace;
  }

  /// Sets an attribute; the last value of a key counts.
  template <class T>
  Span& attribute(std::string_view key, const T& value) noexcept {
    if (is_recording()) add_attribute(key, attribute_value(value));
    return *this;
  }
  /// Notes that something happened now.
  Span& event(std::string_view name,
              std::initializer_list<SpanAttribute> attributes = {}) noexcept {
    if (is_recording()) add_event(name, {attributes.begin(), attributes.size()});
    return *this;
  }
  /// Names another span that this one has to do with; one that is not valid is left out.
  Span& link(const TraceContext& context,
             std::initializer_list<SpanAttribute> attributes = {}) noexcept {
    if (is_recording()) add_link(context, {attributes.begin(), attributes.size()});
    return *this;
  }
  /// How it went; `message` is for `Error`. The last call counts.
  Span& status(SpanStatus status, std::string_view message = {}) noexcept {
    if (is_recording()) set_status(status, message);
    return *this;
  }
  /// It failed: the status, `error.type` and `error.message`.
  Span& fail(const Error& error) noexcept {
    if (is_recording()) set_error(error);
    return *this;
  }
  /// Ends it before its scope does. Requires: no span that began later on this thread lasts.
  void end() noexcept {
    if (gate_ != nullptr) finish();
  }

 private:
  friend class CoroutineSpan;
  struct Active {
    detail::SpanFrame frame;
    const detail::SpanFrame* former_frame = nullptr;
    TraceContext former_trace;
  };

  void begin(const detail::TracerGate& gate, std::string_view name,
             const SpanOptions& options) noexcept;
  void begin_record(const TraceContext& parent, const SpanOptions& options) noexcept;
  void finish() noexcept;
  void enter() noexcept;
  void leave() noexcept;
  void record() noexcept;
  void add_attribute(std::string_view key, const AttributeValue& value) noexcept;
  void add_event(std::string_view name, std::span<const SpanAttribute> attributes) noexcept;
  void add_link(const TraceContext& context, std::span<const SpanAttribute> attributes) noexcept;
  void set_status(SpanStatus status, std::string_view message) noexcept;
  void set_error(const Error& error) noexcept;

  const detail::TracerGate* gate_ = nullptr;
  detail::SpanBuffer* buffer_ = nullptr;
  union {
    Active active_;  // if there is a gate
  };
};

}  // namespace eventcore
