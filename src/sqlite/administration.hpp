#pragma once

// `Administration`: looking after a SQLite store, over a connection of its own.

#include "eventcore/store_administration.hpp"
#include "log_reader.hpp"
#include "store_state.hpp"
#include "writer_thread.hpp"

namespace eventcore::sqlite {

/// Thread-safety: Thread-safe; one call at a time works.
class Administration final : public StoreAdministration {
 public:
  Administration(StoreState& state, WriterThread& writer)
      : state_(state), writer_(writer), reader_(state) {}

  [[nodiscard]] Result<std::vector<StreamSummary>> list_streams(
      const StreamListQuery& query) override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<StoreStats> stats() override EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<VerifyReport> verify(const Progress& progress) override
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> check_batches(Position after, Position until) override
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> import_batch(WriteBatch& batch, Position first,
                                          Timestamp time) override;
  [[nodiscard]] Result<void> record_backup(Position position, Timestamp time) override;

  /// Refuses further calls and lets go of the file. Waits for a call under way.
  void close() EVENTCORE_EXCLUDES(mutex_);

 private:
  [[nodiscard]] Result<void> connect() EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<std::optional<std::uint64_t>> fact(std::string_view name)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<std::optional<Timestamp>> time_of(Position position)
      EVENTCORE_REQUIRES(mutex_);

  StoreState& state_;
  WriterThread& writer_;

  detail::Mutex mutex_;
  LogReader reader_ EVENTCORE_GUARDED_BY(mutex_);
  bool closed_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::sqlite
