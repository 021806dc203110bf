#pragma once

/// \file
/// `LoggingProbe` and `LoggingProjectionProbe`: records of what executors, stores and projections
/// do.
///
///     auto log = std::make_shared<LoggingProbe>();
///     auto probe = combine({metrics, log});          // for the executor and for the store
///
/// docs/reference/log-records.md lists the records. None holds a payload: of failures of user code,
/// whose words may repeat one, only the kind is told. Nothing is written before `init_logging`.

#include "eventcore/probe.hpp"
#include "eventcore/projection_probe.hpp"

namespace eventcore {

/// Commands (target `eventcore::command`), appends, groups and availability of stores
/// (`eventcore::store`). Thread-safety: Thread-safe. Cost: some nanoseconds a command if its level
/// is off or its limit a second reached, else that of a record.
class LoggingProbe final : public Probe {
 public:
  [[nodiscard]] ProbeInterests interests() const noexcept override;
  void command_started(const CommandStart& start) noexcept override;
  void command_finished(const CommandRecord& record) noexcept override;
  void group_committed(const GroupRecord& record) noexcept override;
  void pool_used(const PoolRecord& record) noexcept override;
  void connection_opened(std::string_view pool,
                         std::chrono::nanoseconds duration) noexcept override;
  void store_availability(bool up) noexcept override;
};

/// Projections (target `eventcore::projection`). Thread-safety: Thread-safe.
class LoggingProjectionProbe final : public ProjectionProbe {
 public:
  void batch_applied(const ProjectionBatchRecord& record) noexcept override;
  void failed(const ProjectionFailureRecord& record) noexcept override;
  void retried(std::string_view projection, std::chrono::nanoseconds pause) noexcept override;
  void dead_lettered(const DeadLetter& letter) noexcept override;
  void dead_letter_replayed(std::string_view projection, Position position,
                            bool failed) noexcept override;
  void skipped(std::string_view projection, Position position) noexcept override;
  void lease_acquired(std::string_view projection, std::uint64_t token) noexcept override;
  void lease_lost(std::string_view projection, std::uint64_t token) noexcept override;
};

/// What a log may say of `error`: its message, but for errors with the words of user code or of
/// stored data in them, of which the kind is told in fixed words. Never a payload. Lasts as long as
/// `error`.
[[nodiscard]] std::string_view loggable_message(const Error& error) noexcept;

}  // namespace eventcore
