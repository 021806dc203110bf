#pragma once

/// \file
/// `TraceContext`: which trace the current work belongs to (W3C Trace Context, level 1).
///
/// It is a small value: copied into operations, stored with events, restored around callbacks.
/// Spans build on it; it works without them. `tracestate` is not part of it.

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventcore {

/// Trace id, parent span id and flags. All zero: no trace. Thread-safety: Immutable.
struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::uint8_t flags = 0;

  [[nodiscard]] constexpr bool is_valid() const noexcept {
    // As words: the comparison of arrays is a call.
    const auto trace = std::bit_cast<std::array<std::uint64_t, 2>>(trace_id);
    return (trace[0] | trace[1]) != 0 && std::bit_cast<std::uint64_t>(span_id) != 0;
  }
  [[nodiscard]] constexpr bool is_sampled() const noexcept { return (flags & 1U) != 0; }

  /// The `traceparent` header, 55 characters; empty without a trace.
  [[nodiscard]] std::string traceparent() const;
  /// The trace id in hex, 32 characters; empty without a trace.
  [[nodiscard]] std::string trace_id_text() const;
  /// The context of a `traceparent` header; nothing if the header is invalid. A higher version
  /// is read as version 00, as the specification says.
  [[nodiscard]] static std::optional<TraceContext> parse(std::string_view traceparent) noexcept;

  friend constexpr bool operator==(const TraceContext&, const TraceContext&) = default;
};

namespace detail {
[[gnu::tls_model("initial-exec")]] inline constinit thread_local TraceContext thread_trace{};
}  // namespace detail

/// The context of the calling thread; all zero if none is set. Cost: the address of a thread-local.
[[nodiscard]] inline const TraceContext& current_trace() noexcept { return detail::thread_trace; }

/// Sets the calling thread's context for its lifetime and restores the former one.
/// Thread-safety: Confined to its creating thread.
class TraceScope {
 public:
  explicit TraceScope(const TraceContext& context) noexcept;
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;
  ~TraceScope();

 private:
  TraceContext former_;
};

}  // namespace eventcore
