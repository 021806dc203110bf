#include "eventcore/tracing/tracing_probe.hpp"

#include <utility>

#include "command_spans.hpp"
#include "finished_span.hpp"

namespace eventcore {
namespace {

using detail::child_of;
using detail::FinishedSpan;
using detail::TracerGate;

const TracerGate* gate() noexcept { return detail::current_gate.load(std::memory_order_acquire); }

class CommandTracing final : public Probe {
 public:
  explicit CommandTracing(TracingProbeOptions options) : options_(std::move(options)) {}

  ProbeInterests interests() const noexcept override {
    return {.traces = true, .every_duration = false};
  }

  CommandTrace begin_trace(const TraceContext& parent) noexcept override {
    const TracerGate* const now = gate();
    if (now == nullptr) return {.context = parent};
    CommandTrace trace;
    trace.is_measured = detail::start_span(*now, parent, trace.context);
    if (parent.is_valid()) trace.parent_id = parent.span_id;
    trace.is_local_root = !parent.is_valid() || !detail::is_under_way(parent);
    return trace;
  }

  void command_finished(const CommandRecord& record) noexcept override {
    if (record.span == nullptr || !record.span->is_measured) return;
    const TracerGate* const now = gate();
    if (now == nullptr) return;
    detail::write_command_spans(*now, record, options_.db_system);
  }

  void group_committed(const GroupRecord& record) noexcept override {
    if (record.traces.empty() || record.commit.count() <= 0) return;
    const TracerGate* const now = gate();
    if (now == nullptr) return;
    const Instant end = now->clock->now();
    FinishedSpan span(*now, child_of(record.traces.front(), "commit group", SpanKind::Client),
                      end - record.commit, end);
    for (const TraceContext& follower : record.traces.subspan(1)) span.link(follower);
    span.attribute("db.system.name", std::string_view(options_.db_system));
    span.attribute("db.operation.name", "commit");
    span.attribute("db.operation.batch.size", record.events);
    span.attribute("eventcore.group.commands", record.commands);
    span.attribute("eventcore.group.conflicts", record.rejected);
    span.attribute("eventcore.group.bytes", record.bytes);
    span.attribute("eventcore.queue.depth", record.queue_depth);
    span.attribute("eventcore.queue.wait_max_ns", record.queue_wait_max.count());
    if (record.lock_wait) span.attribute("eventcore.lock_wait_ns", record.lock_wait->count());
  }

  void pool_used(const PoolRecord& record) noexcept override {
    if (!record.trace.is_sampled() || record.wait.count() <= 0) return;
    const TracerGate* const now = gate();
    if (now == nullptr) return;
    const Instant end = now->clock->now() - record.use;
    FinishedSpan span(*now, child_of(record.trace, "wait for connection", SpanKind::Client),
                      end - record.wait, end);
    span.attribute("db.system.name", std::string_view(options_.db_system));
    span.attribute("db.client.connection.pool.name", record.pool);
    span.attribute("eventcore.connection.use_ns", record.use.count());
    if (record.timed_out) {
      span.fail(make_error(ErrorCode::DeadlineExceeded, "no connection was free in time"));
    }
  }

 private:
  const TracingProbeOptions options_;
};

class ProjectionTracing final : public ProjectionProbe {
 public:
  bool traces() const noexcept override { return gate() != nullptr; }

  // A trace of its own, so that neither the writers' grow for ever nor a loop becomes one trace.
  TraceContext begin_batch(const ProjectionBatchStart& start) noexcept override {
    const TracerGate* const now = gate();
    if (now == nullptr) return {};
    TraceContext context;
    static_cast<void>(detail::start_span(*now, {}, context));
    // Sampled too if a writer is, where samplers follow parents: the sampled ones come first.
    const bool follows =
        !start.writers.empty() && now->sampler.samples(start.writers.front(), context.trace_id);
    if (follows) context.flags |= 1U;
    return context;
  }

  void end_batch(const ProjectionBatchEnd& end) noexcept override {
    const TracerGate* const now = gate();
    if (now == nullptr || !end.trace.is_valid()) return;
    if (!end.trace.is_sampled() && !now->records_all) return;
    const Instant applied = end.began + end.apply;
    {
      const FinishedSpan handle(*now, child_of(end.trace, "apply"), end.began,
                                end.began + end.handle);
    }
    if (end.checkpoint.count() > 0) {
      const FinishedSpan save(*now, child_of(end.trace, "checkpoint", SpanKind::Client), applied,
                              applied + end.checkpoint);
    }
    FinishedSpan span(*now,
                      {.name = "process ",
                       .name_rest = end.projection,
                       .kind = SpanKind::Consumer,
                       .context = end.trace,
                       .is_local_root = true},
                      end.began, applied + end.checkpoint);
    for (const TraceContext& writer : end.writers) span.link(writer);
    span.attribute("eventcore.projection", end.projection);
    span.attribute("messaging.system", "eventcore");
    span.attribute("messaging.operation.type", "process");
    span.attribute("messaging.batch.message_count", end.events);
    span.attribute("eventcore.position.first", end.first.value);
    span.attribute("eventcore.position.last", end.last.value);
    if (end.error != nullptr) span.fail(*end.error);
  }
};

}  // namespace

std::shared_ptr<Probe> tracing_probe(TracingProbeOptions options) {
  return std::make_shared<CommandTracing>(std::move(options));
}

std::shared_ptr<ProjectionProbe> tracing_projection_probe() {
  return std::make_shared<ProjectionTracing>();
}

}  // namespace eventcore
