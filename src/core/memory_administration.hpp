#pragma once

// `MemoryAdministration`: the administration of a memory store.

#include <memory>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/store_administration.hpp"
#include "memory_log.hpp"

namespace eventcore::detail {

/// Thread-safety: Thread-safe.
class MemoryAdministration final : public StoreAdministration {
 public:
  explicit MemoryAdministration(std::shared_ptr<MemoryLog> log) : log_(std::move(log)) {}

  Result<std::vector<StreamSummary>> list_streams(const StreamListQuery& query) override;
  Result<StoreStats> stats() override;
  StoreFigures figures() const override;
  StoreSpace space() const override { return {.size_bytes = log_->size_bytes()}; }
  Result<VerifyReport> verify(const Progress& progress) override;
  /// Nothing is read back from anywhere: there are no checksums.
  Result<void> check_batches(Position, Position) override { return {}; }
  Result<void> import_batch(WriteBatch& batch, Position first, Timestamp time) override;
  Result<void> record_care(CareTask task, const CareRecord& record) override;
  Result<StoreCare> care() override;

 private:
  void sort_new_streams() EVENTCORE_REQUIRES(mutex_);

  const std::shared_ptr<MemoryLog> log_;

  Mutex mutex_;
  std::vector<const MemoryStream*> sorted_ EVENTCORE_GUARDED_BY(mutex_);  // by id
  StoreCare care_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::detail
