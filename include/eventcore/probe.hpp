#pragma once

/// \file
/// `Probe`: how metrics, logs and traces see what executor and stores do.
///
/// One record tells the whole story of a command when it is over; live moments exist only for
/// what must be seen while it lasts. Core knows no metric, log or span.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/error.hpp"
#include "eventcore/position.hpp"
#include "eventcore/trace_context.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// How a command ended.
enum class CommandOutcome : std::uint8_t {
  Committed,          ///< Its events are stored.
  NoEvents,           ///< Accepted, nothing to store.
  Rejected,           ///< Refused by the business rules; not an error.
  Replayed,           ///< Its key was used before; the first result was returned.
  Invalid,            ///< Undeclared stream, limit, unknown type, decode, handler, reused key.
  ConflictExhausted,  ///< The attempts ran out.
  DeadlineExceeded,
  Cancelled,
  Overloaded,
  StoreError,
  InDoubt,
};
inline constexpr std::size_t kCommandOutcomes = 11;

/// The name of `outcome` in snake case. Static storage.
[[nodiscard]] std::string_view to_string(CommandOutcome outcome) noexcept;
/// An execution that failed; a refusal is none.
[[nodiscard]] constexpr bool is_error(CommandOutcome outcome) noexcept {
  return outcome >= CommandOutcome::Invalid;
}

/// Where a command spent its time.
enum class CommandPhase : std::uint8_t { Queue, Read, Fold, Handle, Append, Backoff };
inline constexpr std::size_t kCommandPhases = 6;

/// The name of `phase` in snake case. Static storage.
[[nodiscard]] std::string_view to_string(CommandPhase phase) noexcept;

/// Durations by phase. Measured for one command in 16 unless the executor is asked for all.
struct PhaseTimes {
  bool measured = false;
  std::array<std::chrono::nanoseconds, kCommandPhases> at{};

  [[nodiscard]] std::chrono::nanoseconds operator[](CommandPhase phase) const noexcept {
    return at[static_cast<std::size_t>(phase)];
  }
  [[nodiscard]] std::chrono::nanoseconds& operator[](CommandPhase phase) noexcept {
    return at[static_cast<std::size_t>(phase)];
  }
};

/// One stream of a command's consistency boundary.
struct StreamTouch {
  std::string_view stream;
  StreamVersion version_read;
  std::uint32_t events_written = 0;
  bool discovered = false;
  std::uint64_t hash = 0;  ///< `StreamId::hash` of the stream; 0: not known.
};

/// One failed attempt: which stream moved, and who moved it.
struct ConflictRecord {
  std::string_view stream;
  const Conflict* conflict = nullptr;
};

/// One attempt of a command that is traced.
struct AttemptRecord {
  Instant started;
  Instant ended;
  PhaseTimes phases;  ///< Of this attempt; the pause before it is not part of it.
};

/// What a command is in its trace.
struct CommandTrace {
  TraceContext context;                     ///< Its own: what its handler works under.
  std::array<std::uint8_t, 8> parent_id{};  ///< The span that it is a part of; all zero: none.
  bool is_local_root = false;  ///< No span of this process lasts longer than it in its trace.
  bool is_measured = false;    ///< Its phases and attempts are to be measured.
};

/// Everything about one finished command. Valid during the call only.
struct CommandRecord {
  std::string_view command_type;
  Uuid command_id;
  CommandOutcome outcome = CommandOutcome::Committed;
  const Error* error = nullptr;     ///< With an error outcome.
  std::string_view rejection_code;  ///< With `Rejected`; a fixed name.
  Instant started;
  bool timed = true;  ///< Whether `duration` is known.
  std::chrono::nanoseconds duration{};
  PhaseTimes phases;
  /// Whether the phases stand for those of other commands; else they were measured for a trace.
  bool is_timing_sample = true;
  std::uint32_t attempts = 1;
  std::chrono::nanoseconds backoff{};  ///< Paused between attempts; known of every command.
  std::uint32_t discovery_rounds = 0;  ///< Of its last attempt.
  std::uint32_t events_written = 0;
  std::uint32_t events_folded = 0;  ///< Read and applied; cached state costs none.
  std::uint64_t bytes_written = 0;
  Position first_position;  ///< Of its events; 0 if none were written.
  std::span<const StreamTouch> streams;
  std::span<const ConflictRecord> conflicts;
  TraceContext trace;
  std::string_view correlation_id;
  const CommandTrace* span = nullptr;       ///< If a probe traces commands.
  std::span<const AttemptRecord> timeline;  ///< All attempts, if `span` says that it is measured.
};

/// A command that begins to run. Valid during the call only.
struct CommandStart {
  std::string_view command_type;
  TraceContext trace;
  std::string_view correlation_id;
};

/// One group commit of a store.
struct GroupRecord {
  bool timed = true;           ///< Whether `commit` is known; else only where it is traced.
  std::uint32_t commands = 0;  ///< Stored or checked.
  std::uint32_t rejected = 0;  ///< Conflicts found in this group.
  std::uint32_t events = 0;
  std::uint64_t bytes = 0;
  std::uint32_t queue_depth = 0;              ///< Left in the queue afterwards.
  std::chrono::nanoseconds queue_wait_max{};  ///< Of the group's oldest command.
  std::chrono::nanoseconds commit{};          ///< From the first write to durable.
  Position head;                              ///< After the group.
  /// For its turn, where processes that share a store take turns; part of `commit`.
  std::optional<std::chrono::nanoseconds> lock_wait{};
  std::span<const TraceContext> traces{};  ///< Of its sampled commands, if a probe traces.
};

/// One use of a pool of connections, such as a store's readers.
struct PoolRecord {
  std::string_view pool;            ///< A fixed name.
  std::chrono::nanoseconds wait{};  ///< For a connection.
  std::chrono::nanoseconds use{};   ///< Until it was given back.
  bool timed_out = false;           ///< There was none in time; `use` is 0.
  TraceContext trace{};             ///< Of whom it was used for, if a command that is traced.
};

/// What a probe wants to be told; read once when it is attached.
struct ProbeInterests {
  bool commands = true;
  bool starts = false;  ///< Of commands; they are told of nothing but that.
  bool groups = true;
  bool pools = true;
  bool traces = false;  ///< Gives commands their place in a trace, with `begin_trace`.
  /// How long each command and group took; else only of commands whose phases are measured, and of
  /// one group in 16 of a store without a disk. A clock is what measuring costs most for.
  bool every_duration = true;
};

/// Observes executors and stores. Thread-safety: every member is called concurrently. Must not
/// block, throw or call back.
class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  [[nodiscard]] virtual ProbeInterests interests() const noexcept { return {}; }
  /// A command begins. On the thread that runs it.
  virtual void command_started(const CommandStart& start) noexcept { (void)start; }
  /// A command is handed in by the calling thread, where `parent` is given or current. Returns its
  /// own place in the trace. The first of several probes that trace is asked.
  [[nodiscard]] virtual CommandTrace begin_trace(const TraceContext& parent) noexcept {
    return {.context = parent};
  }
  /// A command is over. On the thread that ran it.
  virtual void command_finished(const CommandRecord& record) noexcept { (void)record; }
  /// A group was committed. On the store's writer, after its operations were completed.
  virtual void group_committed(const GroupRecord& record) noexcept { (void)record; }
  /// A connection was given back, or none was free in time. On the thread that used it.
  virtual void pool_used(const PoolRecord& record) noexcept { (void)record; }
  /// A pool has opened a connection, which took `duration`.
  virtual void connection_opened(std::string_view pool,
                                 std::chrono::nanoseconds duration) noexcept {
    (void)pool;
    (void)duration;
  }
  /// A store lost (`up == false`) or found its medium again.
  virtual void store_availability(bool up) noexcept { (void)up; }
};

/// One probe that tells all `probes`, in order. Null entries are left out.
[[nodiscard]] std::shared_ptr<Probe> combine(std::vector<std::shared_ptr<Probe>> probes);

}  // namespace eventcore
