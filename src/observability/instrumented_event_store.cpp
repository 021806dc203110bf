#include "eventcore/observability/instrumented_event_store.hpp"

#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::observability {

namespace {

MetricsWatch watch_if_given(MetricsService* metrics, EventStore* store) {
  EVENTCORE_ASSERT(store != nullptr && metrics != nullptr,
                   "an instrumented store needs a store and metrics");
  return metrics->watch(*store);
}

}  // namespace

InstrumentedEventStore::InstrumentedEventStore(std::unique_ptr<EventStore> store,
                                               std::shared_ptr<MetricsService> metrics)
    : metrics_(std::move(metrics)),
      store_(std::move(store)),
      watch_(watch_if_given(metrics_.get(), store_.get())) {}

void InstrumentedEventStore::submit_append(AppendOperation& operation) {
  if (operation.observation.observer == nullptr) {
    operation.observation = {this, metrics_->clock().now()};
  }
  store_->submit_append(operation);
}

void InstrumentedEventStore::submit_read(ReadOperation& operation) {
  if (operation.observation.observer == nullptr) {
    operation.observation = {this, metrics_->clock().now()};
  }
  store_->submit_read(operation);
}

Position InstrumentedEventStore::head() const noexcept { return store_->head(); }

HeadWatcher& InstrumentedEventStore::head_watcher() noexcept { return store_->head_watcher(); }

const StoreDescription& InstrumentedEventStore::description() const noexcept {
  return store_->description();
}

StoreAdministration& InstrumentedEventStore::administration() noexcept {
  return store_->administration();
}

ProjectionStorage& InstrumentedEventStore::projections() noexcept { return store_->projections(); }

Result<void> InstrumentedEventStore::close(Deadline deadline) { return store_->close(deadline); }

void InstrumentedEventStore::append_completed(const AppendOperation& operation,
                                              const Result<WriteResult>& result,
                                              Instant since) noexcept {
  const Instant ended = metrics_->clock().now();
  metrics_->record_event_store_operation(StoreOperation::Write, ended - since,
                                         result ? nullptr : &result.error(), ended);
  const WriteBatch& batch = operation.batch;
  if (!result || result->replayed || !batch.info.command_type.empty()) return;
  for (const WriteBatch::Stream& stream : batch.streams()) {
    if (stream.events == 0) continue;
    metrics_->record_events_written(stream.id, stream.events);
    metrics_->update_stream_version(stream.id, stream.version_before + stream.events);
  }
}

void InstrumentedEventStore::read_completed(const ReadOperation& operation,
                                            const Result<EventPage>& result,
                                            Instant since) noexcept {
  const StoreOperation kind = std::holds_alternative<LogQuery>(operation.query)
                                  ? StoreOperation::ReadAll
                                  : StoreOperation::Read;
  const Instant ended = metrics_->clock().now();
  metrics_->record_event_store_operation(kind, ended - since, result ? nullptr : &result.error(),
                                         ended);
}

}  // namespace eventcore::observability
