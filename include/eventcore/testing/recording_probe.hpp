#pragma once

/// \file
/// `RecordingProbe`: keeps copies of everything that executor and store report.
///
/// Records are valid during a probe's call only; the copies here own their bytes. Ask for them
/// when the work is over, or wait for them with `wait_for_commands`.

#include <condition_variable>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/probe.hpp"

namespace eventcore::testing {

/// An owned `StreamTouch`.
struct RecordedTouch {
  std::string stream;
  StreamVersion version_read;
  std::uint32_t events_written = 0;
  bool discovered = false;
};

/// An owned `ConflictRecord`.
struct RecordedConflict {
  std::string stream;
  Conflict conflict;
};

/// An owned `CommandRecord`.
struct RecordedCommand {
  std::string command_type;
  Uuid command_id;
  CommandOutcome outcome = CommandOutcome::Committed;
  std::optional<Error> error;
  std::string rejection_code;
  Instant started;
  std::chrono::nanoseconds duration{};
  PhaseTimes phases;
  std::uint32_t attempts = 1;
  std::chrono::nanoseconds backoff{};
  std::uint32_t discovery_rounds = 0;
  std::uint32_t events_written = 0;
  std::uint32_t events_folded = 0;
  std::uint64_t bytes_written = 0;
  Position first_position;
  std::vector<RecordedTouch> streams;
  std::vector<RecordedConflict> conflicts;
  TraceContext trace;
  std::string correlation_id;
};

/// An owned `PoolRecord`.
struct RecordedPoolUse {
  std::string pool;
  std::chrono::nanoseconds wait{};
  std::chrono::nanoseconds use{};
  bool timed_out = false;
};

/// Thread-safety: Thread-safe. Cost: a lock and some allocations a record; for tests only.
class RecordingProbe final : public Probe {
 public:
  explicit RecordingProbe(ProbeInterests interests = {}) : interests_(interests) {}

  /// All commands so far, in the order in which they ended.
  [[nodiscard]] std::vector<RecordedCommand> commands() const;
  /// Those of one type.
  [[nodiscard]] std::vector<RecordedCommand> commands(std::string_view command_type) const;
  /// How many commands ended with `outcome`.
  [[nodiscard]] std::size_t count(CommandOutcome outcome) const;
  [[nodiscard]] std::vector<GroupRecord> groups() const;
  [[nodiscard]] std::vector<RecordedPoolUse> pool_uses() const;
  /// How many connections pools have opened.
  [[nodiscard]] std::size_t connections_opened() const;
  /// The reports of `store_availability`, in order.
  [[nodiscard]] std::vector<bool> availability() const;
  /// Waits until `count` commands have ended; false if the deadline came first. Blocking: as said.
  [[nodiscard]] bool wait_for_commands(std::size_t count, Deadline deadline) const;
  void clear();

  [[nodiscard]] ProbeInterests interests() const noexcept override { return interests_; }
  void command_finished(const CommandRecord& record) noexcept override;
  void group_committed(const GroupRecord& record) noexcept override;
  void pool_used(const PoolRecord& record) noexcept override;
  void connection_opened(std::string_view pool,
                         std::chrono::nanoseconds duration) noexcept override;
  void store_availability(bool up) noexcept override;

 private:
  const ProbeInterests interests_;

  mutable detail::Mutex mutex_;
  mutable std::condition_variable_any arrived_;
  std::vector<RecordedCommand> commands_ EVENTCORE_GUARDED_BY(mutex_);
  std::vector<GroupRecord> groups_ EVENTCORE_GUARDED_BY(mutex_);
  std::vector<RecordedPoolUse> pool_uses_ EVENTCORE_GUARDED_BY(mutex_);
  std::size_t connections_opened_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::vector<bool> availability_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::testing
