#pragma once

/// \file
/// `FlightRecorder`: the commands of the last minutes that somebody will ask about.
///
/// A probe that keeps, of each minute, the slowest commands, the failed ones and those that tried
/// most often, with their phases, attempts and the streams that they fought over, whether their
/// traces are sampled or not:
///
///     auto recorder = std::make_shared<monitor::FlightRecorder>();
///     CommandExecutor executor(store, {.probe = combine({metrics, recorder})});
///     auto dump = monitor::FatalSignalDump::install(recorder, "shop.flight.json");
///
/// `eventcore flight FILE` reads what it writes. The usual mistake is to take it for a log: of a
/// thousand failures in a minute it keeps the last few, and says how many there were.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/result.hpp"

namespace eventcore::monitor {

/// What a recorder remembers. Memory: 3 KiB for each of 3 × `minutes` × `per_minute` commands,
/// taken at construction: 1.4 MiB by default.
struct FlightRecorderOptions {
  std::size_t minutes = 10;     ///< 1 to 60.
  std::size_t per_minute = 16;  ///< Of each kind: slowest, failed, retried; 1 to 256.
  /// Quicker commands are never among the slowest.
  std::chrono::nanoseconds slow_min{0};
  const Clock* clock = &system_clock();
};

/// What a recorder has done.
struct FlightRecorderStats {
  std::uint64_t recorded = 0;  ///< Commands written down, also those that made way for others.
  std::uint64_t failed = 0;    ///< Commands that failed.
  std::uint64_t missed = 0;    ///< Not written down because another thread was at it.
};

/// Keeps remarkable commands. Thread-safety: Thread-safe. Blocking: no: who would have to wait
/// leaves the command out, and `missed` counts it. Cost: a few nanoseconds for a command that is
/// not remarkable; about a microsecond for one that is.
class FlightRecorder final : public Probe {
 public:
  explicit FlightRecorder(FlightRecorderOptions options = {});
  ~FlightRecorder() override;

  [[nodiscard]] ProbeInterests interests() const noexcept override;
  void command_finished(const CommandRecord& record) noexcept override;

  /// Everything it remembers, as one JSON object; `eventcore flight` shows it for people.
  [[nodiscard]] std::string json(std::string_view reason = "asked") const;
  [[nodiscard]] FlightRecorderStats stats() const noexcept;

 private:
  friend class FatalSignalDump;
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes what a recorder remembers to a file when the process dies of SIGSEGV, SIGBUS, SIGILL,
/// SIGFPE or SIGABRT; the process then dies of that signal as it would have done. There can be one
/// at a time. A process that overflows a stack writes nothing unless that thread has an alternate
/// signal stack. Thread-safety: One thread at a time.
class FatalSignalDump {
 public:
  /// The file is written when it comes to that; until then a former one stays.
  /// Errors: InvalidArgument (the path is too long, empty, or there is one already), Unavailable
  /// (the file can't be written there).
  [[nodiscard]] static Result<std::unique_ptr<FatalSignalDump>> install(
      std::shared_ptr<const FlightRecorder> recorder, const std::string& path);
  FatalSignalDump(const FatalSignalDump&) = delete;
  FatalSignalDump& operator=(const FatalSignalDump&) = delete;
  /// Restores the former signal handlers.
  ~FatalSignalDump();

 private:
  explicit FatalSignalDump(std::shared_ptr<const FlightRecorder> recorder);
  static void handle(int signal) noexcept;

  const std::shared_ptr<const FlightRecorder> recorder_;
};

}  // namespace eventcore::monitor
