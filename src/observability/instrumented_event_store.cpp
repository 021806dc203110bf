#include "eventcore/observability/instrumented_event_store.hpp"

#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::observability {

InstrumentedEventStore::InstrumentedEventStore(std::unique_ptr<EventStore> store,
                                               std::shared_ptr<MetricsService> metrics)
    : metrics_(std::move(metrics)), store_(std::move(store)) {
  EVENTCORE_ASSERT(store_ != nullptr && metrics_ != nullptr,
                   "an instrumented store needs a store and metrics");
  metrics_->describe_store(store_->description(), store_->head());
}

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

Result<void> InstrumentedEventStore::close(Deadline deadline) { return store_->close(deadline); }

void InstrumentedEventStore::append_completed(const AppendOperation& operation,
                                              const Result<WriteResult>& result,
                                              Instant since) noexcept {
  metrics_->record_event_store_operation(StoreOperation::Write, metrics_->clock().now() - since,
                                         result ? nullptr : &result.error());
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
  metrics_->record_event_store_operation(kind, metrics_->clock().now() - since,
                                         result ? nullptr : &result.error());
}

}  // namespace eventcore::observability
