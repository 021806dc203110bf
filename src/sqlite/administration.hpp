#pragma once

// `Administration`: looking after a SQLite store, over a connection of its own.

#include <cstddef>

#include "eventcore/detail/closing.hpp"
#include "eventcore/store_administration.hpp"
#include "log_reader.hpp"
#include "reader_pool.hpp"
#include "store_state.hpp"
#include "writer_thread.hpp"

namespace eventcore::sqlite {

/// Thread-safety: Thread-safe; listings and statistics take turns, verifying has a connection of
/// its own, because its caller is called back.
class Administration final : public StoreAdministration {
 public:
  Administration(StoreState& state, WriterThread& writer, const ReaderPool& readers)
      : state_(state), writer_(writer), readers_(readers), reader_(state) {}

  [[nodiscard]] Result<std::vector<StreamSummary>> list_streams(
      const StreamListQuery& query) override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<StoreStats> stats() override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] StoreFigures figures() const override;
  [[nodiscard]] StoreSpace space() const override;
  [[nodiscard]] Result<SchemaVersion> schema_version() override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<VerifyReport> verify(const Progress& progress) override
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> check_batches(Position after, Position until) override
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> import_batch(WriteBatch& batch, Position first,
                                          Timestamp time) override;
  [[nodiscard]] Result<void> record_care(CareTask task, const CareRecord& record) override;
  [[nodiscard]] Result<StoreCare> care() override EVENTCORE_EXCLUDES(mutex_);

  /// Refuses further calls, stops verifying, waits for calls under way and lets go of the file.
  /// Errors: DeadlineExceeded.
  [[nodiscard]] Result<void> close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

 private:
  [[nodiscard]] Result<void> catch_up();
  [[nodiscard]] Result<void> connect() EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<StoreCare> read_care() EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<std::optional<Timestamp>> time_of(Position position)
      EVENTCORE_REQUIRES(mutex_);

  StoreState& state_;
  WriterThread& writer_;
  const ReaderPool& readers_;

  detail::Mutex mutex_;
  LogReader reader_ EVENTCORE_GUARDED_BY(mutex_);

  detail::CallGate calls_;
};

}  // namespace eventcore::sqlite
