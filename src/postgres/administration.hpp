#pragma once

// `Administration`: looking after a PostgreSQL store, over connections of its own.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "eventcore/detail/closing.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/store_administration.hpp"
#include "pipeline.hpp"
#include "reader_pool.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// Appends a batch at its old position and time; see `StoreAdministration::import_batch`.
using ImportBatch = std::function<Result<void>(WriteBatch&, Position, Timestamp)>;

/// Thread-safety: Thread-safe; calls take turns, but for verifying, whose caller is called back:
/// it has a connection of its own.
class Administration final : public StoreAdministration {
 public:
  Administration(StoreState& state, const ReaderPool& readers, ImportBatch import)
      : state_(state), readers_(readers), import_(std::move(import)) {}

  [[nodiscard]] Result<std::vector<StreamSummary>> list_streams(
      const StreamListQuery& query) override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<StoreStats> stats() override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] StoreFigures figures() const override;
  /// Here the database is asked, in place of a file system; what is some seconds old will do.
  [[nodiscard]] StoreSpace space() const override EVENTCORE_EXCLUDES(size_mutex_);
  [[nodiscard]] std::optional<std::chrono::nanoseconds> blocking_transaction_age() const override
      EVENTCORE_EXCLUDES(size_mutex_);
  [[nodiscard]] Result<SchemaVersion> schema_version() override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<VerifyReport> verify(const Progress& progress) override;
  [[nodiscard]] Result<void> check_batches(Position after, Position until) override;
  [[nodiscard]] Result<void> import_batch(WriteBatch& batch, Position first,
                                          Timestamp time) override;
  [[nodiscard]] Result<void> record_care(CareTask task, const CareRecord& record) override
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<StoreCare> care() override EVENTCORE_EXCLUDES(mutex_);

  /// Refuses further calls, stops verifying, waits for calls under way and disconnects.
  /// Errors: DeadlineExceeded.
  [[nodiscard]] Result<void> close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

 private:
  // The size of the tables, and when it was found.
  struct Size {
    std::uint64_t bytes = 0;
    Instant found_at{};
  };

  [[nodiscard]] Result<Rows> run(const char* sql, const Parameters& parameters)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t size(std::chrono::milliseconds may_be_old) const
      EVENTCORE_EXCLUDES(size_mutex_);
  [[nodiscard]] Error read_only() const;

  StoreState& state_;
  const ReaderPool& readers_;
  const ImportBatch import_;

  detail::Mutex mutex_;
  Pipeline connection_ EVENTCORE_GUARDED_BY(mutex_);

  // Metrics ask from any thread.
  mutable detail::Mutex size_mutex_;
  mutable Pipeline size_connection_ EVENTCORE_GUARDED_BY(size_mutex_);
  mutable Size size_ EVENTCORE_GUARDED_BY(size_mutex_);

  detail::CallGate calls_;
};

}  // namespace eventcore::postgres
