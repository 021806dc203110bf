#pragma once

/// \file
/// `ExecuteOptions`: how to execute one command: deadline, idempotency key, correlation, headers.
///
///     executor.execute(PlaceOrder{...}, {.deadline = 2s, .idempotency_key = "order:" + id});
///
/// An idempotency key stands for one request of a caller. A command whose key was used before is
/// not run: its result is the first commit's, with `replayed()`, whatever else it asks for. So
/// make the key from all that tells two requests apart. The usual mistake is to reuse one for
/// another request.

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "eventcore/headers.hpp"
#include "eventcore/trace_context.hpp"

namespace eventcore {

/// How to execute one command.
struct ExecuteOptions {
  /// From the call to the result; absent: the executor's default. Zero or less fails at once.
  std::optional<std::chrono::nanoseconds> deadline = std::nullopt;
  /// Stops the command unless its events are already being committed.
  std::stop_token stop = {};
  /// Commands with the same key and command type have one result: the first commit's. The same
  /// key with another command type is `KeyReused`. Kept for ever; only commits are remembered.
  std::string idempotency_key = {};
  std::string correlation_id = {};
  std::string causation_id = {};
  /// Stored with every event.
  Headers headers = {};
  /// Stored with the events and current while user code runs; absent: the caller's current one.
  std::optional<TraceContext> trace = std::nullopt;
};

}  // namespace eventcore
