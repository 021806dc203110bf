#pragma once

/// \file
/// Replays a retail file: executes its commands, several at a time.
///
/// Each command has its own idempotency key, so a replay may be killed at any moment and started
/// again: what is stored already is found by its key and changes nothing.

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include <eventcore/command_executor.hpp>

#include "replay/retail_file.hpp"

namespace shop {

/// What became of the steps so far.
struct ReplayTally {
  std::size_t stored = 0;
  std::size_t repeated = 0;  ///< Were in the store before.
  std::size_t refused = 0;   ///< By the business rules.
  std::size_t failed = 0;

  [[nodiscard]] std::size_t done() const noexcept { return stored + repeated + refused + failed; }
};

struct ReplayOptions {
  std::size_t concurrency = 16;  ///< Commands under way at once.
  /// How much faster than the invoices' own dates; absent: as fast as possible.
  std::optional<double> speed = std::nullopt;
  std::stop_token stop = {};  ///< Begins no further command; those under way are finished.
  /// Called now and then by the thread in `replay`.
  std::function<void(const ReplayTally&)> progress = {};
  /// Called for each step that is refused or fails, one call at a time.
  std::function<void(const ReplayStep&, const std::string& reason)> problem = {};
};

struct ReplayOutcome {
  ReplayTally tally;
  bool stopped = false;  ///< Steps are left because a stop was requested.
  /// The first error. One that concerns the store ends the replay; others only their own step.
  std::optional<eventcore::Error> error;
};

/// Executes `steps` in order. Blocking: until all that began is over.
[[nodiscard]] ReplayOutcome replay(std::span<const ReplayStep> steps,
                                   eventcore::CommandExecutor& executor,
                                   const ReplayOptions& options);

}  // namespace shop
