#pragma once

/// \file
/// `AppendNode`: one append of an executor. Shared by the command, the store while it has it,
/// later appends that depend on it, and the command's result.

#include <atomic>
#include <optional>
#include <vector>

#include "eventcore/event_store.hpp"
#include "eventcore/execution_result.hpp"

namespace eventcore::detail {

class CommandOperation;

/// Thread-safety: see `AppendOperation`; the reference count is thread-safe.
class AppendNode final : public AppendOperation {
 public:
  /// A node with one reference, its memory reused where possible.
  [[nodiscard]] static AppendNodePtr make();

  void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;

  /// Makes `owner` the one that is told of the completion, and gives the store its reference.
  void arm(CommandOperation* owner) noexcept;
  /// The owner does not wait any longer; false if its signal is already on the way.
  [[nodiscard]] bool detach() noexcept {
    return owner_.exchange(nullptr, std::memory_order_acq_rel) != nullptr;
  }

  /// The store has answered. Requires: armed, and not detached.
  [[nodiscard]] bool is_completed() const noexcept {
    return owner_.load(std::memory_order_acquire) == nullptr;
  }
  /// The store's answer. Requires: the owner was signalled.
  [[nodiscard]] const Result<WriteResult>& result() const noexcept { return *result_; }
  /// Its events are stored, by this append. Requires: as `result`.
  [[nodiscard]] bool is_stored() const noexcept { return *result_ && !(*result_)->replayed; }
  [[nodiscard]] bool has_result() const noexcept { return result_.has_value(); }

  std::vector<AppendNodePtr> dependencies;  ///< Keeps `predecessors` alive.
  std::optional<EventPage> replay;          ///< The events of the first use of the key.

 private:
  friend class NodePool;
  AppendNode() = default;
  void completed(Result<WriteResult> result) noexcept override;

  std::atomic<std::uint32_t> references_ = 1;
  std::atomic<CommandOperation*> owner_ = nullptr;  // atomic: completion against deadline
  std::optional<Result<WriteResult>> result_;
};

}  // namespace eventcore::detail
