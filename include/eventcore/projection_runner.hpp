#pragma once

/// \file
/// `ProjectionRunner`: feeds a projector from the log, in order, and never past an event.
///
///     auto runner = ProjectionRunner::open(*store, std::make_shared<SoldByProduct>());
///     (*runner)->start();                                      // or: drain(deadline), on this
///     thread …
///     (*runner)->wait_for(result->last_position(), deadline);  // read your own writes
///
/// Of all runners of a projection, in this process and in others, one leads; the others wait. The
/// usual mistake is to take `caught_up` for "includes my command": use `wait_for`. What operators
/// ask for (`ProjectionStorage::pause`, `reset`, `skip`, …) is seen within a second.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/projection_probe.hpp"
#include "eventcore/projection_storage.hpp"
#include "eventcore/projector.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

namespace detail {
class ProjectionThread;
}

/// What happens to an event that fails. Pauses between attempts double from `pause_first` up to
/// `pause_max`; requests and stops interrupt them.
struct FailurePolicy {
  enum class Then : std::uint8_t {
    Stop,        ///< The projection is `Faulted` until somebody resumes, skips or resets.
    DeadLetter,  ///< The event is stored as a dead letter, and the projection goes on behind it.
  };

  std::uint32_t attempts = 5;  ///< At least 1.
  std::chrono::nanoseconds pause_first = std::chrono::milliseconds{100};
  std::chrono::nanoseconds pause_max = std::chrono::seconds{30};
  Then then = Then::Stop;
  /// False: an error with `Retry::SameCall` (Unavailable, Overloaded, DeadlineExceeded) is retried
  /// for ever. What the projector writes to is down then, and every event behind would fail too.
  bool counts_unavailable = false;
};

/// How a runner works.
struct ProjectionRunnerOptions {
  FailurePolicy failure = {};
  std::string holder = {};  ///< Of the lease, unique; empty: host, process and a UUID.
  std::chrono::nanoseconds lease = std::chrono::seconds{15};  ///< Renewed at a third of it.
  std::chrono::nanoseconds request_poll = std::chrono::milliseconds{800};
  /// `Projector::key` of the live version that this one is rebuilt beside. While that exists this
  /// one stays behind it, with side effects suppressed; see `switch_projections`. Empty: none.
  std::string rebuild_of = {};
  std::size_t batch_events = 4'096;  ///< Of one `apply` and one transaction; at most a page.
  std::size_t batch_bytes = std::size_t{16} * 1024 * 1024;
  /// Over events that the filter leaves out the checkpoint is saved after so many, or so long.
  std::uint64_t idle_positions = 100'000;
  std::chrono::nanoseconds idle_time = std::chrono::seconds{1};
  /// Pauses after errors of the store, doubling up to `store_pause_max`; for ever.
  std::chrono::nanoseconds store_pause_first = std::chrono::milliseconds{50};
  std::chrono::nanoseconds store_pause_max = std::chrono::seconds{5};
  std::shared_ptr<ProjectionProbe> probe = nullptr;
};

/// What a runner does; always exactly one.
enum class ProjectionState : std::uint8_t {
  Starting,  ///< Waits for the lease, or reads its checkpoint.
  Running,   ///< Applies events; it was caught up before.
  CaughtUp,
  Replaying,  ///< Applies history, and has not been caught up since it began or was reset.
  Retrying,   ///< An event, the store or the read model failed; it will try again.
  Paused,
  Faulted,  ///< Stopped at a failure; `last_error` says which.
  Stopped,
};
inline constexpr std::size_t kProjectionStates = 8;
/// The name of `state` in snake case. Static storage.
[[nodiscard]] std::string_view to_string(ProjectionState state) noexcept;

/// How far a replay is: of the log for a new projection, of a reset, or of a rebuild.
struct ProjectionProgress {
  Position from;     ///< Where it began in this process.
  Position at;       ///< Where it is.
  Position target;   ///< The head, or where the live version or the one before a rebuild was.
  double ratio = 0;  ///< Of all positions up to the target; 1: there.
  std::chrono::nanoseconds left{0};  ///< At the rate since it began; 0 before that is known.
  /// What is made is not complete before: a rebuild, a reset, or a projection that is new. False:
  /// it goes on where it was left.
  bool rebuild = false;
};

/// A runner at one moment; counts are since it was made.
struct ProjectionStatus {
  ProjectionState state = ProjectionState::Stopped;
  bool leader = false;
  std::uint64_t token = 0;  ///< Of its newest lease.
  Position checkpoint;      ///< Applied up to here, and committed in the read model.
  Position durable;         ///< Saved in the store up to here.
  Position head;            ///< As last seen.
  std::uint64_t processed = 0;
  std::uint64_t in_flight = 0;  ///< Events of the batch that is being applied.
  std::array<std::uint64_t, kDeadLetterReasons> failures{};  ///< By `DeadLetterReason`, less 1.
  std::uint64_t store_errors = 0;  ///< Of store and read model, and of what was unavailable.
  std::uint64_t retries = 0;
  std::uint64_t skipped = 0;              ///< Events left out because an operator said so.
  std::uint64_t dead_letters = 0;         ///< Stored.
  std::uint64_t replayed = 0;             ///< Dead letters applied.
  std::optional<Timestamp> last_poll;     ///< Reading the log.
  std::optional<Timestamp> last_success;  ///< Of a read or a batch.
  std::optional<Timestamp> last_event;    ///< When an event was last processed.
  std::string last_error;                 ///< Empty if there was none.
  std::optional<ProjectionProgress> progress = std::nullopt;  ///< Of a replay under way.
  bool side_effects_suppressed = false;                       ///< For the event that comes next.
};

/// Runs one projector. It owns a thread from `start` to `stop`, and one that keeps the lease while
/// it leads. Thread-safety: Thread-safe. Ownership: shares the projector; the store must outlive
/// it.
class ProjectionRunner {
 public:
  /// Errors: InvalidArgument (a name or an option breaks a rule).
  [[nodiscard]] static Result<std::unique_ptr<ProjectionRunner>> open(
      EventStore& store, std::shared_ptr<Projector> projector,
      ProjectionRunnerOptions options = {});
  ProjectionRunner(const ProjectionRunner&) = delete;
  ProjectionRunner& operator=(const ProjectionRunner&) = delete;
  /// Stops, and waits for a batch under way.
  ~ProjectionRunner();

  /// Starts the thread. Requires: it was not started before.
  void start();
  /// Ends the thread: the batch under way is completed and its checkpoint saved, and the lease is
  /// given back. Errors: DeadlineExceeded (`apply` still runs; the thread ends after it).
  [[nodiscard]] Result<void> stop(Deadline deadline = {});
  /// Tries again after a fault.
  void restart();

  /// Processes everything up to the head at the time of the call, on the calling thread, or, after
  /// `start`, waits until it is processed. Errors: DeadlineExceeded, Cancelled (stopped),
  /// LeaseLost, Unavailable (paused), and those of a fault.
  [[nodiscard]] Result<void> drain(Deadline deadline = {});
  /// Waits until everything up to `position` is processed, here or by the leader elsewhere.
  /// Errors: DeadlineExceeded, Cancelled (stopped), HandlerFailed (faulted).
  [[nodiscard]] Result<void> wait_for(Position position, Deadline deadline = {});

  /// Cost: a short lock.
  [[nodiscard]] ProjectionStatus status() const;
  [[nodiscard]] const Projector& projector() const noexcept;
  [[nodiscard]] EventStore& store() const noexcept;

 private:
  explicit ProjectionRunner(std::unique_ptr<detail::ProjectionThread> thread);

  const std::unique_ptr<detail::ProjectionThread> thread_;
};

}  // namespace eventcore
