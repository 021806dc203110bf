#pragma once

// `MemoryProjections`: the projections of a memory store.

#include <map>
#include <string>
#include <utility>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/projection_storage.hpp"

namespace eventcore::detail {

/// Thread-safety: Thread-safe.
class MemoryProjections final : public ProjectionStorage {
 public:
  explicit MemoryProjections(const Clock& clock);

  Result<Uuid> log_id() override { return log_id_; }
  Result<LeaseAnswer> acquire_lease(const LeaseRequest& request) override;
  Result<Timestamp> renew_lease(std::string_view projection, std::uint64_t token,
                                std::chrono::nanoseconds duration) override;
  Result<void> release_lease(std::string_view projection, std::uint64_t token) override;
  Result<std::optional<ProjectionRecord>> load(std::string_view projection) override;
  Result<std::vector<ProjectionRecord>> list() override;
  Result<void> save(const CheckpointSave& save) override;
  Result<void> pause(std::string_view projection) override;
  Result<void> resume(std::string_view projection) override;
  Result<void> reset(std::string_view projection, Position position) override;
  Result<void> rebuild(std::string_view projection) override;
  Result<void> skip(std::string_view projection, Position position) override;
  Result<void> remove(std::string_view projection) override;
  Result<std::vector<DeadLetter>> list_dead_letters(const DeadLetterQuery& query) override;
  Result<std::optional<DeadLetter>> find_dead_letter(std::string_view projection,
                                                     Position position) override;
  Result<void> discard_dead_letter(std::string_view projection, Position position) override;
  Result<void> replay_dead_letter(std::string_view projection, Position position) override;
  Result<void> settle_dead_letter(std::string_view projection, std::uint64_t token,
                                  Position position,
                                  const std::optional<DeadLetter>& failed) override;

 private:
  using LetterKey = std::pair<std::string, Position>;

  [[nodiscard]] ProjectionRecord* find(std::string_view projection) EVENTCORE_REQUIRES(mutex_);
  // Calls `change(record)` for a projection that exists.
  template <class Change>
  auto change(std::string_view projection, Change&& change) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> set_letter_state(std::string_view projection, Position position,
                                              DeadLetterState state) EVENTCORE_EXCLUDES(mutex_);
  void put_letter(DeadLetter letter) EVENTCORE_REQUIRES(mutex_);
  void forget_letters_after(const std::string& projection, Position position)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] ProjectionRecord counted(ProjectionRecord record) const EVENTCORE_REQUIRES(mutex_);

  const Clock& clock_;
  const Uuid log_id_;

  mutable Mutex mutex_;
  std::map<std::string, ProjectionRecord, std::less<>> records_ EVENTCORE_GUARDED_BY(mutex_);
  std::map<LetterKey, DeadLetter> letters_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::detail
