#pragma once

/// \file
/// `Outbox`: hands events to a system outside, in order, each at least once.
///
///     class Invoices : public Outbox {
///      public:
///       Invoices() : Outbox({.name = "invoices", .filter = EventFilter().type("OrderPlaced")}) {}
///
///      protected:
///       Result<void> deliver(const OutboxMessage& message) override {
///         return http_.post("/invoices", {{"Idempotency-Key", message.id}}, …);
///       }
///     };
///
/// It is a projector: a `ProjectionRunner` runs it, retries with pauses, and leaves what is refused
/// as a dead letter or stops, as its `FailurePolicy` says. The event was committed by its command,
/// so nothing is sent that did not happen, and nothing that happened is not sent. After a crash
/// messages come again, with the same id: the receiver leaves out ids that it knows. The usual
/// mistake is to answer `Unavailable` for a message that the receiver will never take: it holds up
/// all behind it for ever. Example: examples/outbox.cpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include "eventcore/event_page.hpp"
#include "eventcore/projector.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// One event to deliver. Valid during the call only.
struct OutboxMessage {
  const StoredEvent& event;  ///< With its batch.
  std::string id;  ///< Of the event: the same each time, and of no other. Idempotency key.
  /// Of the leader; grows with each. A receiver that refuses messages of smaller tokens is safe
  /// from a leader that was stopped, replaced and continued.
  std::uint64_t token = 0;
  std::uint32_t attempt = 1;  ///< From 1; above, delivering it has failed before.
  bool replay = false;        ///< A dead letter, which comes out of order.
  std::stop_token stop;       ///< Asked to stop, or no longer the leader: give up, with any error.
};

/// Delivers the events of its filter under the trace of the command that wrote them. A rebuild
/// delivers nothing that was delivered before; a reset delivers again. Thread-safety: One thread at
/// a time, that of its runner.
class Outbox : public Projector {
 public:
  /// Messages between two checkpoints, and so the most that come again after a crash, unless the
  /// description says otherwise.
  static constexpr std::size_t kBatchEvents = 32;

  explicit Outbox(ProjectorDescription description);

  [[nodiscard]] Result<void> apply(std::span<const StoredEvent> events,
                                   const ProjectionContext& context) final;

 protected:
  /// Returns when the receiver has the message for certain; "I know this id" is a success. Errors:
  /// those that `Retry::SameCall` goes with, such as Unavailable (not reachable, overloaded), are
  /// retried for ever; others count as attempts, see `FailurePolicy`. An exception is a failure.
  [[nodiscard]] virtual Result<void> deliver(const OutboxMessage& message) = 0;
};

}  // namespace eventcore
