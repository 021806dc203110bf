#include "eventcore/otlp/init_tracing.hpp"

#include <cstdlib>
#include <new>
#include <utility>

#include "after_fork.hpp"
#include "eventcore/detail/mutex.hpp"
#include "state_report.hpp"
#include "tracing_variables.hpp"

namespace eventcore {
namespace {

using std::chrono::milliseconds;

/// A tracer and where it sends to.
struct Running {
  std::shared_ptr<OtlpExporter> exporter;  // null: only other sinks
  std::unique_ptr<Tracer> tracer;          // goes first
  milliseconds exit_timeout{};

  TracingFlush flush(Deadline deadline) const { return finish(deadline, false); }
  TracingFlush shutdown(Deadline deadline) const { return finish(deadline, true); }

 private:
  [[nodiscard]] TracingFlush finish(Deadline deadline, bool is_last) const {
    const TracerStats before = tracer->stats();
    const SpanReport drained = is_last ? tracer->shutdown(deadline) : tracer->flush(deadline);
    const TracerStats after = tracer->stats();
    OtlpDelivery sent;
    if (exporter) sent = is_last ? exporter->shutdown(deadline) : exporter->flush(deadline);
    const std::uint64_t lost = after.dropped + after.late - before.dropped - before.late;
    return {drained.complete && sent.complete(), sent.exported, sent.lost + lost, sent.pending};
  }
};

/// Tracing of this process. It stays until the process is gone: spans may end while globals are
/// destroyed.
class ProcessTracing {
 public:
  static ProcessTracing& get() {
    static auto* const tracing = new ProcessTracing;
    return *tracing;
  }

  /// Puts `next`, or nothing, in the place of what runs.
  Result<void> replace(std::shared_ptr<Running> next, TracerOptions options)
      EVENTCORE_EXCLUDES(change_) {
    const detail::MutexLock changing(change_);
    if (const auto former = set(nullptr)) {
      static_cast<void>(former->shutdown(Deadline::after(former->exit_timeout)));
    }
    if (!next) return {};
    auto tracer = install_tracer(std::move(options));
    if (!tracer) return tracer.error();
    next->tracer = std::move(*tracer);
    set(std::move(next));
    return {};
  }
  std::shared_ptr<Running> end() EVENTCORE_EXCLUDES(mutex_) { return set(nullptr); }
  [[nodiscard]] std::shared_ptr<Running> running() EVENTCORE_EXCLUDES(mutex_) {
    const detail::MutexLock lock(mutex_);
    return running_;
  }

 private:
  ProcessTracing()
      : watch_([this] {
          // Whoever held them is not in the child.
          new (&mutex_) detail::Mutex;
          new (&change_) detail::Mutex;
        }) {}

  std::shared_ptr<Running> set(std::shared_ptr<Running> next) EVENTCORE_EXCLUDES(mutex_) {
    const detail::MutexLock lock(mutex_);
    return std::exchange(running_, std::move(next));
  }

  detail::Mutex change_;  // one `init_tracing` at a time; before `mutex_`
  detail::Mutex mutex_;
  std::shared_ptr<Running> running_ EVENTCORE_GUARDED_BY(mutex_);
  const detail::ForkWatch watch_;
};

void at_exit() {
  if (const auto running = ProcessTracing::get().end()) {
    static_cast<void>(running->shutdown(Deadline::after(running->exit_timeout)));
  }
}

}  // namespace

Result<void> init_tracing(TracingOptions options) {
  auto exporter = OtlpExporter::open(options.otlp);
  if (!exporter) return exporter.error();
  for (const auto& sink : options.sinks) {
    if (!sink) return make_error(ErrorCode::InvalidArgument, "init_tracing: a sink is null");
  }
  ProcessTracing& tracing = ProcessTracing::get();
  if (!*exporter && options.sinks.empty()) return tracing.replace(nullptr, {});

  const auto report = options.otlp.report ? options.otlp.report : detail::write_to_stderr;
  const detail::Environment environment = detail::process_environment();
  auto next = std::make_shared<Running>();
  next->exit_timeout = options.otlp.exit_timeout;
  next->exporter = std::move(*exporter);
  TracerOptions tracer{
      .sampler = options.sampler ? *options.sampler : detail::sampler_of(environment, report),
      .sinks = std::move(options.sinks),
      .limits = options.limits ? *options.limits : detail::limits_of(environment, report),
      .keep = options.keep};
  if (next->exporter) tracer.sinks.push_back(next->exporter);
  auto replaced = tracing.replace(std::move(next), std::move(tracer));
  // After what the exporter uses has registered its own: handlers run from the last to the first.
  static const int registered = std::atexit(&at_exit);
  static_cast<void>(registered);  // without it, spans are lost at the exit at worst
  return replaced;
}

Result<void> init_tracing(std::string_view service_name, std::string_view otlp_endpoint) {
  TracingOptions options;
  options.otlp.service_name = service_name;
  options.otlp.endpoint = otlp_endpoint;
  return init_tracing(std::move(options));
}

bool is_tracing() { return ProcessTracing::get().running() != nullptr; }

TracingFlush flush_tracing(Deadline deadline) {
  const auto running = ProcessTracing::get().running();
  return running ? running->flush(deadline) : TracingFlush{.is_complete = true};
}

TracingFlush shutdown_tracing(Deadline deadline) {
  const auto running = ProcessTracing::get().end();
  return running ? running->shutdown(deadline) : TracingFlush{.is_complete = true};
}

TracingStats tracing_stats() {
  const auto running = ProcessTracing::get().running();
  if (!running) return {};
  return {running->tracer->stats(), running->exporter ? running->exporter->stats() : OtlpStats{}};
}

}  // namespace eventcore
