#include "eventcore/tracing/tracer.hpp"

#include <algorithm>
#include <utility>

#include "span_drain.hpp"
#include "span_space.hpp"

namespace eventcore {
namespace detail {

/// A tracer that is installed, or was.
class TracerCore {
 public:
  explicit TracerCore(const TracerOptions& options) : drain_(options) {}

  bool install(std::unique_ptr<TracerGate> gate) {
    gate_ = gate.get();
    return SpanSpace::get().install(std::move(gate), drain_);
  }
  ~TracerCore() {
    // Waits for the sinks before the next tracer may begin.
    if (!is_down_) static_cast<void>(drain_.end({}));
    SpanSpace::get().uninstall(drain_);
  }

  SpanReport flush(Deadline deadline) { return report(drain_.flush(deadline)); }
  SpanReport shutdown(Deadline deadline) {
    const TracerGate* expected = gate_;
    current_gate.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel);
    const bool complete = drain_.end(deadline);
    if (complete) {
      is_down_.store(true, std::memory_order_relaxed);
      SpanSpace::get().uninstall(drain_);
    }
    return report(complete);
  }
  TracerStats stats() const noexcept {
    const SpanSpace& space = SpanSpace::get();
    return {.delivered = drain_.delivered(),
            .dropped = space.dropped(),
            .late = space.late(),
            .not_kept = drain_.not_kept(),
            .held = drain_.held(),
            .undecided = drain_.undecided()};
  }

 private:
  SpanReport report(bool complete) const noexcept {
    const TracerStats now = stats();
    return {.complete = complete, .delivered = now.delivered, .lost = now.dropped + now.late};
  }

  SpanDrain drain_;
  const TracerGate* gate_ = nullptr;
  std::atomic<bool> is_down_ = false;  // atomic: set by any caller of `shutdown`
};

}  // namespace detail

Tracer::Tracer(std::unique_ptr<detail::TracerCore> core) noexcept : core_(std::move(core)) {}

Tracer::~Tracer() { shutdown(Deadline::after(std::chrono::seconds(1))); }

SpanReport Tracer::flush(Deadline deadline) { return core_->flush(deadline); }
SpanReport Tracer::shutdown(Deadline deadline) { return core_->shutdown(deadline); }
TracerStats Tracer::stats() const noexcept { return core_->stats(); }

Result<std::unique_ptr<Tracer>> install_tracer(TracerOptions options) {
  const auto is_null = [](const auto& sink) { return sink == nullptr; };
  if (std::any_of(options.sinks.begin(), options.sinks.end(), is_null)) {
    return make_error(ErrorCode::InvalidArgument, "install_tracer: a sink is null");
  }
  auto gate = std::make_unique<detail::TracerGate>();
  gate->sampler = options.sampler;
  gate->limits = options.limits;
  gate->clock = options.clock;
  gate->records_all = options.keep.has_value();
  auto core = std::make_unique<detail::TracerCore>(options);
  if (!core->install(std::move(gate))) {
    return make_error(ErrorCode::InvalidArgument, "install_tracer: another tracer is installed");
  }
  return std::unique_ptr<Tracer>(new Tracer(std::move(core)));
}

}  // namespace eventcore
