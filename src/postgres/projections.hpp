#pragma once

// `Projections`: the projections of a PostgreSQL store, over a connection of their own. A change
// reads the record, applies its rule and writes the record if nobody else has changed it meanwhile.

#include <functional>
#include <string>
#include <vector>

#include "connection.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/projection_storage.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// Leases end by the server's clock, whichever host looks, unless the store was opened with
/// another clock than the system's. Thread-safety: Thread-safe; callers take turns.
class Projections final : public ProjectionStorage {
 public:
  explicit Projections(StoreState& state);

  Result<Uuid> log_id() override EVENTCORE_EXCLUDES(mutex_);
  Result<LeaseAnswer> acquire_lease(const LeaseRequest& request) override
      EVENTCORE_EXCLUDES(mutex_);
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

  /// Refuses further calls and lets go of the connection. Blocking: until a call under way ends.
  void close() noexcept EVENTCORE_EXCLUDES(mutex_);

 private:
  // The statements, with the name of the schema in them.
  struct Statements {
    explicit Statements(const std::string& schema);
    std::string list_projections;
    std::string add_projection;
    std::string change_projection;
    std::string list_dead_letters;
    std::string read_log_id;
  };
  struct Stored {
    ProjectionRecord record;
    std::int64_t revision = 0;
    Timestamp now;  ///< Of the clock that leases end by.
  };
  // What a change does to dead letters.
  struct Letters {
    std::optional<Position> forget_after = {};
    std::optional<Position> remove = {};
    std::vector<DeadLetter> put = {};
  };
  using Change = std::function<Result<void>(Stored&, Letters&)>;

  [[nodiscard]] Result<Rows> run(const std::string& sql, const Parameters& parameters)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<std::vector<Stored>> read(std::string_view projection)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<std::vector<DeadLetter>> read_letters(const DeadLetterQuery& query)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<void> change(std::string_view projection, bool synced, const Change& change)
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> change_locked(std::string_view projection, bool synced,
                                           const Change& change) EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<bool> write(const Stored& stored, const Letters& letters, bool synced)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<void> merge(std::vector<DeadLetter>& letters) EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<void> set_letter_state(std::string_view projection, Position position,
                                              DeadLetterState state);

  StoreState& state_;
  const Statements sql_;

  detail::Mutex mutex_;
  Connection connection_ EVENTCORE_GUARDED_BY(mutex_);
  bool closed_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::postgres
