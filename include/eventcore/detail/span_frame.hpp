#pragma once

/// \file
/// `SpanFrame`: what is going on in the calling thread, from the inside out.
///
/// Spans and the executor put frames there; log records and new spans read them. The frames live
/// where they are made; nothing is allocated.

#include <string_view>

#include "eventcore/trace_context.hpp"

namespace eventcore::detail {

/// One piece of work. It outlives being current.
struct SpanFrame {
  std::string_view name;
  TraceContext trace;                 ///< Its ids, whether sampled or not; zero: none.
  std::string_view correlation_id;    ///< Of the request; empty: the parent's.
  const SpanFrame* parent = nullptr;  ///< What it is a part of.
};

[[gnu::tls_model("initial-exec")]] inline constinit thread_local const SpanFrame* thread_frame =
    nullptr;

/// The innermost frame of the calling thread, or null.
[[nodiscard]] inline const SpanFrame* current_frame() noexcept { return thread_frame; }

/// Makes `frame` and its trace the thread's current ones, and restores the former ones.
/// Thread-safety: Confined to its creating thread.
class FrameScope {
 public:
  explicit FrameScope(const SpanFrame& frame) noexcept
      : former_frame_(thread_frame), former_trace_(thread_trace) {
    thread_frame = &frame;
    thread_trace = frame.trace;
  }
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;
  ~FrameScope() {
    thread_frame = former_frame_;
    thread_trace = former_trace_;
  }

 private:
  const SpanFrame* former_frame_;
  TraceContext former_trace_;
};

}  // namespace eventcore::detail
