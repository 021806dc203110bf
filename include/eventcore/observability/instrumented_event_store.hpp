#pragma once

/// \file
/// `InstrumentedEventStore`: a store whose operations are measured.
///
///     InstrumentedEventStore store(open_memory_store({.probe = metrics}), metrics);
///
/// It feeds latency, operations and errors of the catalogue, failed calls too, and describes the
/// store, its size and its disk in `/metrics`. Group commits are the probe's, which belongs into
/// the options of the store, as above. Events of commands are counted by the executor's probe; this
/// class counts those of batches that no command made.

#include <memory>

#include "eventcore/event_store.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::observability {

/// Measures another store and is one. An operation is timed from submission to completion. Inside
/// another instrumented store it stays silent, so that nothing counts twice.
/// Thread-safety: Thread-safe. Ownership: owns the store, shares the metrics.
/// Cost: two reads of the clock and three updates an operation; no allocation.
class InstrumentedEventStore final : public EventStore, private CompletionObserver {
 public:
  /// Requires: neither is null.
  InstrumentedEventStore(std::unique_ptr<EventStore> store,
                         std::shared_ptr<MetricsService> metrics);

  void submit_append(AppendOperation& operation) override;
  void submit_read(ReadOperation& operation) override;
  [[nodiscard]] Position head() const noexcept override;
  [[nodiscard]] HeadWatcher& head_watcher() noexcept override;
  [[nodiscard]] const StoreDescription& description() const noexcept override;
  [[nodiscard]] StoreAdministration& administration() noexcept override;
  [[nodiscard]] ProjectionStorage& projections() noexcept override;
  [[nodiscard]] Result<void> close(Deadline deadline) override;

 private:
  void append_completed(const AppendOperation& operation, const Result<WriteResult>& result,
                        Instant since) noexcept override;
  void read_completed(const ReadOperation& operation, const Result<EventPage>& result,
                      Instant since) noexcept override;

  const std::shared_ptr<MetricsService> metrics_;
  // After what its last operations need: closing the store completes them.
  const std::unique_ptr<EventStore> store_;
  // Last, so that nobody asks a store that is going.
  const MetricsWatch watch_;
};

}  // namespace eventcore::observability
