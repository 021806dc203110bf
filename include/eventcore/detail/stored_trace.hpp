#pragma once

/// \file
/// `StoredTrace`: a trace context as stores keep it with a batch.

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "eventcore/trace_context.hpp"

namespace eventcore::detail {

/// The 25 bytes of a trace: ids, then flags. Empty without one. Stored on disk; never change.
struct StoredTrace {
  explicit StoredTrace(const TraceContext& trace) noexcept {
    std::memcpy(bytes.data(), trace.trace_id.data(), 16);
    std::memcpy(bytes.data() + 16, trace.span_id.data(), 8);
    bytes[24] = static_cast<char>(trace.flags);
    size = trace == TraceContext{} ? 0 : bytes.size();
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }

  std::array<char, 25> bytes{};
  std::size_t size = 0;
};

/// The trace in stored bytes; none if they are not one.
[[nodiscard]] inline TraceContext trace_of(std::string_view stored) noexcept {
  TraceContext trace;
  if (stored.size() != 25) return trace;
  std::memcpy(trace.trace_id.data(), stored.data(), 16);
  std::memcpy(trace.span_id.data(), stored.data() + 16, 8);
  trace.flags = static_cast<std::uint8_t>(stored[24]);
  return trace;
}

}  // namespace eventcore::detail
