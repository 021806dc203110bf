#pragma once

/// \file
/// `ExecutionResult`: what became of an executed command.
///
/// `Executed<C>` adds the command's own refusal. Details are computed when asked for, from the
/// stored batch that the result keeps alive.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/position.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/stream_id.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

namespace detail {

class AppendNode;
class CommandOperation;

/// Shared ownership of an append node.
class AppendNodePtr {
 public:
  AppendNodePtr() = default;
  /// Takes over one reference.
  explicit AppendNodePtr(AppendNode* node) noexcept : node_(node) {}
  AppendNodePtr(const AppendNodePtr& other) noexcept;
  AppendNodePtr(AppendNodePtr&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  AppendNodePtr& operator=(AppendNodePtr other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~AppendNodePtr();

  AppendNode* get() const noexcept { return node_; }
  AppendNode* operator->() const noexcept { return node_; }
  AppendNode& operator*() const noexcept { return *node_; }
  explicit operator bool() const noexcept { return node_ != nullptr; }

 private:
  AppendNode* node_ = nullptr;
};

}  // namespace detail

/// One stored event of a command. Views live as long as the `ExecutionResult`.
struct WrittenEvent {
  std::string_view stream;
  std::string_view type;
  StreamVersion version;
  Position position;
  EventId id;
};

/// An execution that is not an error. Thread-safety: Immutable. Cost: copying is a reference count.
class ExecutionResult {
 public:
  /// `Committed`, `NoEvents` or `Rejected`; a replay has the outcome `Committed`.
  [[nodiscard]] CommandOutcome outcome() const noexcept { return outcome_; }
  /// Events of the command are stored: by this execution, or by an earlier one with its key.
  [[nodiscard]] bool committed() const noexcept { return outcome_ == CommandOutcome::Committed; }
  [[nodiscard]] bool rejected() const noexcept { return outcome_ == CommandOutcome::Rejected; }
  /// The idempotency key was used before; this is the first result.
  [[nodiscard]] bool replayed() const noexcept { return replayed_; }
  /// 1: the first attempt succeeded.
  [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }
  /// Where the time went, if this execution was measured.
  [[nodiscard]] const PhaseTimes& phases() const noexcept { return phases_; }

  [[nodiscard]] Uuid command_id() const noexcept;
  /// The last stored event; without events the head that the decision was checked against. A
  /// read model that has reached it has seen this command.
  [[nodiscard]] Position position() const noexcept;
  /// When the events were stored.
  [[nodiscard]] Timestamp time() const noexcept;
  [[nodiscard]] std::size_t event_count() const noexcept;
  /// The stored events in order. Cost: linear, computed by each call.
  [[nodiscard]] std::vector<WrittenEvent> events_written() const;
  /// The streams that got events, each once, in the order of their first event.
  [[nodiscard]] std::vector<StreamId> affected_streams() const;

 private:
  friend class detail::CommandOperation;

  detail::AppendNodePtr node_;
  CommandOutcome outcome_ = CommandOutcome::NoEvents;
  bool replayed_ = false;
  std::uint32_t attempts_ = 1;
  PhaseTimes phases_;
};

/// The result of one command type: with its refusal R.
template <class R>
class ExecutedWith : public ExecutionResult {
 public:
  ExecutedWith(ExecutionResult result, std::optional<R> rejection)
      : ExecutionResult(std::move(result)), rejection_(std::move(rejection)) {}

  /// Why the command was refused; empty unless `rejected()`.
  [[nodiscard]] const std::optional<R>& rejection() const noexcept { return rejection_; }

 private:
  std::optional<R> rejection_;
};

}  // namespace eventcore
