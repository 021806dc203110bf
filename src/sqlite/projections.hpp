#pragma once

// `Projections`: the projections of a SQLite store. Reads have a connection of their own; writes
// are jobs of the writer thread, each in one transaction with what it has to look at.

#include <functional>

#include "connection.hpp"
#include "eventcore/projection_storage.hpp"
#include "store_state.hpp"
#include "writer_thread.hpp"

namespace eventcore::sqlite {

/// Thread-safety: Thread-safe; reads take turns.
class Projections final : public ProjectionStorage {
 public:
  Projections(StoreState& state, WriterThread& writer) : state_(state), writer_(writer) {}

  Result<Uuid> log_id() override EVENTCORE_EXCLUDES(mutex_);
  Result<LeaseAnswer> acquire_lease(const LeaseRequest& request) override;
  Result<Timestamp> renew_lease(std::string_view projection, std::uint64_t token,
                                std::chrono::nanoseconds duration) override;
  Result<void> release_lease(std::string_view projection, std::uint64_t token) override;
  Result<std::optional<ProjectionRecord>> load(std::string_view projection) override
      EVENTCORE_EXCLUDES(mutex_);
  Result<std::vector<ProjectionRecord>> list() override EVENTCORE_EXCLUDES(mutex_);
  Result<void> save(const CheckpointSave& save) override;
  Result<void> pause(std::string_view projection) override;
  Result<void> resume(std::string_view projection) override;
  Result<void> reset(std::string_view projection, Position position) override;
  Result<void> rebuild(std::string_view projection) override;
  Result<void> skip(std::string_view projection, Position position) override;
  Result<void> remove(std::string_view projection) override;
  Result<std::vector<DeadLetter>> list_dead_letters(const DeadLetterQuery& query) override
      EVENTCORE_EXCLUDES(mutex_);
  Result<std::optional<DeadLetter>> find_dead_letter(std::string_view projection,
                                                     Position position) override
      EVENTCORE_EXCLUDES(mutex_);
  Result<void> discard_dead_letter(std::string_view projection, Position position) override;
  Result<void> replay_dead_letter(std::string_view projection, Position position) override;
  Result<void> settle_dead_letter(std::string_view projection, std::uint64_t token,
                                  Position position,
                                  const std::optional<DeadLetter>& failed) override;

  /// Refuses further reads and lets go of the file.
  void close() noexcept EVENTCORE_EXCLUDES(mutex_);

 private:
  using Change = std::function<Result<void>(Connection&, ProjectionRecord&)>;

  /// Changes the record of a projection in a job of the writer.
  [[nodiscard]] Result<void> change(std::string_view projection, bool synced, const Change& change);
  [[nodiscard]] Result<void> write(WriterThread::Job job, bool synced);
  [[nodiscard]] Result<void> set_letter_state(std::string_view projection, Position position,
                                              DeadLetterState state);
  /// Whether the file has the tables; one that was only read may be of an older version.
  [[nodiscard]] Result<bool> connect() EVENTCORE_REQUIRES(mutex_);

  StoreState& state_;
  WriterThread& writer_;

  detail::Mutex mutex_;
  Connection connection_ EVENTCORE_GUARDED_BY(mutex_);
  Statement list_ EVENTCORE_GUARDED_BY(mutex_);
  bool ready_ EVENTCORE_GUARDED_BY(mutex_) = false;
  bool closed_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::sqlite
