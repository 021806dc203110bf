#pragma once

/// \file
/// `Tracer`: takes the spans that the process's threads finish to the sinks.
///
///     auto tracer = install_tracer({.sampler = Sampler::ratio(0.01).parent_based(),
///                                   .sinks = {exporter}});
///     if (!tracer) return tracer.error();
///     …                                        // spans are recorded from here on
///     const SpanReport report = (*tracer)->shutdown(Deadline::after(5s));
///
/// A finished span is a record in a ring of its thread: nothing is locked, notified or allocated
/// there. One thread of the tracer polls the rings. A ring that is full drops the newest spans, and
/// they are counted. Who the process is (`service.name` …) is the exporter's business.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/result.hpp"
#include "eventcore/tracing/sampler.hpp"
#include "eventcore/tracing/span_record.hpp"

namespace eventcore {

namespace detail {
class TracerCore;
}

/// What one span may hold. What goes beyond is dropped and counted with the span.
struct SpanLimits {
  std::uint32_t attributes = 128;
  std::uint32_t events = 128;
  std::uint32_t links = 128;
  std::uint32_t text_bytes = 4'096;  ///< Of one text; the rest is cut off, between characters.
};

/// Keeps whole traces that were not sampled, if they turn out to matter: decided when the local
/// root ends, that is the outermost span of the trace in this process. Every span is recorded then
/// and held back until that. What other processes did of such a trace they were told not to sample:
/// it can't be brought back, unless they keep it by a rule of their own.
struct KeepRule {
  bool errors = true;  ///< Any span of it has the status `Error`.
  std::chrono::nanoseconds slower_than = std::chrono::seconds(1);  ///< The local root.
  /// Held back at most. Beyond, the oldest trace is decided by what is known of it.
  std::size_t held_bytes_max = std::size_t{16} * 1024 * 1024;
  /// A trace whose local root has not ended is decided after so long.
  std::chrono::seconds held_for_max{60};
};

struct TracerOptions {
  Sampler sampler = Sampler::always_on().parent_based();
  std::vector<std::shared_ptr<SpanSink>> sinks = {};  ///< Each is given every span.
  SpanLimits limits = {};
  std::optional<KeepRule> keep = std::nullopt;
  /// At most so long between two looks at the rings; shorter as they fill.
  std::chrono::milliseconds poll{10};
  const Clock* clock = &system_clock();
};

/// Totals of spans since the tracer was installed; in a forked child, since the fork.
struct TracerStats {
  std::uint64_t delivered = 0;  ///< Given to the sinks.
  std::uint64_t dropped = 0;    ///< A ring was full, or memory had run out.
  std::uint64_t late = 0;       ///< Ended after `shutdown`.
  std::uint64_t not_kept = 0;   ///< Recorded for the `KeepRule`, which did not apply.
  std::uint64_t held = 0;       ///< Now, for the `KeepRule`.
  std::uint64_t undecided = 0;  ///< Traces whose local root had not ended when they had to go.
};

/// What `flush` and `shutdown` achieved.
struct SpanReport {
  bool complete = false;        ///< All that had ended before was given to the sinks.
  std::uint64_t delivered = 0;  ///< As in `TracerStats`.
  std::uint64_t lost = 0;       ///< `dropped` and `late` of `TracerStats`.
};

/// The process's tracer. Owns the thread that polls; a forked child gets its own with its first
/// span, and none of the spans of its parent. Thread-safety: Thread-safe.
class Tracer {
 public:
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  /// `shutdown` with a second's patience.
  ~Tracer();

  /// Waits until every span that ended before the call was given to the sinks; a trace that is held
  /// back for the `KeepRule` stays so. Blocking: until then or `deadline`.
  SpanReport flush(Deadline deadline);
  /// Spans that begin from now on are none; flushes, decides what is held back, ends the thread.
  /// After the deadline the thread ends as soon as its sink returns, and `complete` is false.
  /// A second call reports the same. Blocking: until then or `deadline`.
  SpanReport shutdown(Deadline deadline);
  /// Cost: a few atomic loads and a look at every ring.
  [[nodiscard]] TracerStats stats() const noexcept;

 private:
  friend Result<std::unique_ptr<Tracer>> install_tracer(TracerOptions options);
  explicit Tracer(std::unique_ptr<detail::TracerCore> core) noexcept;

  std::unique_ptr<detail::TracerCore> core_;
};

/// Makes a tracer and has every thread's spans go to it.
/// Errors: InvalidArgument (another one is installed, or a sink is null).
[[nodiscard]] Result<std::unique_ptr<Tracer>> install_tracer(TracerOptions options);

}  // namespace eventcore
