#pragma once

/// \file
/// `ProjectionStorage`: what a store keeps about projections: checkpoints, leases, control requests
/// and dead letters.
///
/// `ProjectionRunner` uses it by itself; tools and operators pause, reset and look through it. One
/// lease a projection says who leads; its token grows with each leader and fences: what an older
/// leader saves is refused with `LeaseLost`, however late it wakes up. The usual mistake is to
/// count on the lease alone: a process that was stopped for longer than its lease still believes
/// that it leads. Where the data has a transaction of its own, see read_model.hpp.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/position.hpp"
#include "eventcore/result.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// The right to lead a projection until a time, of the store's clock.
struct ProjectionLease {
  std::uint64_t token = 0;  ///< Larger than that of every lease before; 0: there was none.
  std::string holder;       ///< Who has or had it; empty: it was given back.
  Timestamp expires{};

  [[nodiscard]] bool is_free(Timestamp now) const noexcept {
    return holder.empty() || expires <= now;
  }
  friend bool operator==(const ProjectionLease&, const ProjectionLease&) = default;
};

/// Who wants to lead, for how long.
struct LeaseRequest {
  std::string projection;
  std::string holder;  ///< Different for each runner; not empty.
  std::chrono::nanoseconds duration{};
};

/// The answer to a `LeaseRequest`.
struct LeaseAnswer {
  bool acquired = false;
  ProjectionLease lease;  ///< The new one, or the one that somebody else holds.
};

/// What is stored of one projection.
struct ProjectionRecord {
  std::string name;
  Position position;     ///< The checkpoint: every event up to here is processed.
  Timestamp saved_at{};  ///< When the checkpoint was last saved; 1970 if never.
  ProjectionLease lease;
  bool paused = false;
  std::uint64_t requests = 0;  ///< Counts pause, resume, reset, skip and replay.
  std::uint64_t resets = 0;    ///< Asked for; above `resets_done` one is pending.
  std::uint64_t resets_done = 0;
  Position reset_to;               ///< Of the pending or last reset.
  Position skip;                   ///< The event to leave out when it comes; 0: none.
  Position quiet_until;            ///< Of a rebuild: side effects are suppressed up to here.
  std::uint64_t dead_letters = 0;  ///< Parked or about to be replayed.
  std::uint64_t replays = 0;       ///< About to be replayed.

  [[nodiscard]] bool has_pending_reset() const noexcept { return resets > resets_done; }
  friend bool operator==(const ProjectionRecord&, const ProjectionRecord&) = default;
};

/// Why an event became a dead letter. Stored on disk; never renumber.
enum class DeadLetterReason : std::uint8_t {
  Apply = 1,        ///< The projector failed or threw.
  Decode = 2,       ///< The stored bytes are not what their type says.
  UnknownType = 3,  ///< The projector does not know the type.
  OutOfOrder = 4,   ///< The projector has not seen what must come before (`VersionConflict`).
};
inline constexpr std::size_t kDeadLetterReasons = 4;
/// The name of `reason` in snake case. Static storage.
[[nodiscard]] std::string_view to_string(DeadLetterReason reason) noexcept;

/// What becomes of a dead letter. Stored on disk; never renumber.
enum class DeadLetterState : std::uint8_t {
  Parked = 1,
  Replaying = 2,  ///< The leader will apply it again; then it is removed or parked.
  Discarded = 3,  ///< Somebody decided that it does not matter; kept as a record.
};
/// The name of `state` in snake case. Static storage.
[[nodiscard]] std::string_view to_string(DeadLetterState state) noexcept;

/// An event that a projection went past without applying it.
struct DeadLetter {
  std::string projection;
  Position position;
  DeadLetterReason reason = DeadLetterReason::Apply;
  DeadLetterState state = DeadLetterState::Parked;
  std::string message;  ///< Of the last failure.
  std::uint32_t attempts = 1;
  std::string trace_id;  ///< Of the command that wrote the event, 32 hex digits or empty.
  Timestamp first_failure{};
  Timestamp last_failure{};

  friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

/// A new checkpoint of the leader.
struct CheckpointSave {
  std::string projection;
  std::uint64_t token = 0;
  Position position;
  /// The position may be lower than before; dead letters beyond it are forgotten, for their events
  /// come again.
  bool rewinds = false;
  /// The number of resets that this position takes into account; see `ProjectionRecord::resets`.
  std::uint64_t resets_done = 0;
  /// Written in the same transaction; a letter of the same event is replaced, its first failure
  /// stays.
  std::vector<DeadLetter> dead_letters = {};
};

/// Lists dead letters by projection, then position.
struct DeadLetterQuery {
  std::string projection = {};  ///< Empty: of all projections.
  std::optional<DeadLetterState> state = std::nullopt;
  Position after = {};  ///< Exclusive; with a projection only.
  std::size_t limit = 1'000;
};

/// Projections of one store. A name is up to `limits::kProjectionNameBytes` characters; see
/// `check_projection_name`. Every member fails with InvalidArgument for a projection or letter that
/// does not exist, and with those of a write (Unavailable, ShuttingDown, CommitInDoubt); repeating
/// a call that failed is harmless. Thread-safety: Thread-safe. Blocking: every member reads or
/// writes the store.
class ProjectionStorage {
 public:
  ProjectionStorage() = default;
  ProjectionStorage(const ProjectionStorage&) = delete;
  ProjectionStorage& operator=(const ProjectionStorage&) = delete;
  virtual ~ProjectionStorage() = default;

  /// Which log this is: made once with the store, so that a position of another log is recognised.
  [[nodiscard]] virtual Result<Uuid> log_id() = 0;

  // Leases.

  /// Takes the lease if it is free, was let to expire, or is the caller's; the projection is made
  /// if it is new.
  [[nodiscard]] virtual Result<LeaseAnswer> acquire_lease(const LeaseRequest& request) = 0;
  /// Extends the lease from now on, also an expired one that nobody has taken, and returns its new
  /// end. Errors: LeaseLost.
  [[nodiscard]] virtual Result<Timestamp> renew_lease(std::string_view projection,
                                                      std::uint64_t token,
                                                      std::chrono::nanoseconds duration) = 0;
  /// Gives the lease back. Errors: LeaseLost.
  [[nodiscard]] virtual Result<void> release_lease(std::string_view projection,
                                                   std::uint64_t token) = 0;

  // Checkpoints.

  [[nodiscard]] virtual Result<std::optional<ProjectionRecord>> load(
      std::string_view projection) = 0;
  /// All projections, by name.
  [[nodiscard]] virtual Result<std::vector<ProjectionRecord>> list() = 0;
  /// Saves a checkpoint; it may become durable with the next commit of the store. Errors: LeaseLost
  /// if a newer token was given out; InvalidArgument if the position is lower than the stored one
  /// and the save does not say that it rewinds.
  [[nodiscard]] virtual Result<void> save(const CheckpointSave& save) = 0;

  // Requests to the leader, who sees them within a second.

  [[nodiscard]] virtual Result<void> pause(std::string_view projection) = 0;
  /// Ends a pause; a projection that stopped at a failure tries again.
  [[nodiscard]] virtual Result<void> resume(std::string_view projection) = 0;
  /// Goes back, or on, to `position`; a skip that was asked for is forgotten. Side effects happen
  /// again.
  [[nodiscard]] virtual Result<void> reset(std::string_view projection, Position position) = 0;
  /// Goes back to the beginning, with side effects suppressed for all that was processed before.
  [[nodiscard]] virtual Result<void> rebuild(std::string_view projection) = 0;
  /// Leaves out the event at `position`. Errors: InvalidArgument if the checkpoint is past it.
  [[nodiscard]] virtual Result<void> skip(std::string_view projection, Position position) = 0;
  /// Forgets checkpoint and dead letters; only the token is kept, so that a projection of this name
  /// begins anew with a larger one. Errors: LeaseLost (somebody leads it).
  [[nodiscard]] virtual Result<void> remove(std::string_view projection) = 0;

  // Dead letters.

  [[nodiscard]] virtual Result<std::vector<DeadLetter>> list_dead_letters(
      const DeadLetterQuery& query) = 0;
  [[nodiscard]] virtual Result<std::optional<DeadLetter>> find_dead_letter(
      std::string_view projection, Position position) = 0;
  [[nodiscard]] virtual Result<void> discard_dead_letter(std::string_view projection,
                                                         Position position) = 0;
  /// Asks the leader to apply the event again.
  [[nodiscard]] virtual Result<void> replay_dead_letter(std::string_view projection,
                                                        Position position) = 0;
  /// For the leader: the event was replayed, and its letter goes; or `failed` takes its place.
  /// Errors: LeaseLost.
  [[nodiscard]] virtual Result<void> settle_dead_letter(
      std::string_view projection, std::uint64_t token, Position position,
      const std::optional<DeadLetter>& failed) = 0;
};

/// Whether `name` can name a projection: 1 to `limits::kProjectionNameBytes` of `a-z 0-9 _ - . @`,
/// beginning with a letter. Errors: InvalidArgument.
[[nodiscard]] Result<void> check_projection_name(std::string_view name);

}  // namespace eventcore
