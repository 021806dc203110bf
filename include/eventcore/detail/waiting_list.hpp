#pragma once

/// \file
/// `WaitingList`: the operations that a store's writer took out of the queue, first in front.

#include <optional>
#include <utility>

#include "eventcore/clock.hpp"
#include "eventcore/detail/append_queue.hpp"
#include "eventcore/detail/closing.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore::detail {

/// Finishes an operation that nothing will be stored of: nobody may build on it.
inline void refuse(AppendOperation& operation, Error error) noexcept {
  static_cast<void>(operation.admit());
  operation.reject();
  operation.finish(std::move(error));
}

/// Hands a checked operation to the writer, with an id and the time of its submission; or refuses
/// it, when the queue is full or closed.
inline void enqueue(AppendQueue& queue, AppendOperation& operation, const Clock& clock) noexcept {
  if (operation.batch.info.id.is_nil()) operation.batch.info.id = mint_uuid_now(clock);
  operation.submitted_at = clock.now();
  switch (queue.push(operation)) {
    case AppendQueue::Pushed::Accepted:
      return;
    case AppendQueue::Pushed::Closed:
      return refuse(operation, shutting_down());
    case AppendQueue::Pushed::Full:
      break;
  }
  refuse(operation, make_error(ErrorCode::Overloaded, "too many appends are queued"));
}

/// Linked by `AppendOperation::next`. Thread-safety: One thread at a time.
class WaitingList {
 public:
  /// Adds a linked list of operations; null: none.
  void add(AppendOperation* first) noexcept {
    if (first == nullptr) return;
    (first_ == nullptr ? first_ : last_->next) = first;
    ++size_;
    for (last_ = first; last_->next != nullptr; ++size_) last_ = last_->next;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] AppendOperation* front() const noexcept { return first_; }
  AppendOperation* pop() noexcept {
    AppendOperation* operation = std::exchange(first_, first_->next);
    operation->next = nullptr;
    --size_;
    return operation;
  }
  /// Refuses the operations for which `verdict` returns an error.
  template <class Verdict>
  void sift(AppendQueue& queue, Verdict&& verdict) {
    WaitingList kept;
    while (first_ != nullptr) {
      AppendOperation& operation = *pop();
      std::optional<Error> error = verdict(operation);
      if (!error) {
        kept.add(&operation);
        continue;
      }
      queue.release(operation);
      refuse(operation, std::move(*error));
    }
    *this = kept;
  }
  /// Refuses what was taken back or is past its deadline.
  void expire(AppendQueue& queue, Instant now) {
    sift(queue, [now](const AppendOperation& operation) -> std::optional<Error> {
      if (operation.is_rejected() || operation.stop.stop_requested()) {
        return make_error(ErrorCode::Cancelled, "the append was taken back");
      }
      if (!operation.deadline.is_never() && operation.deadline.at <= now) {
        return make_error(ErrorCode::DeadlineExceeded, "the append was not begun in time");
      }
      return std::nullopt;
    });
  }
  void fail(AppendQueue& queue, const Error& error) {
    sift(queue, [&](const AppendOperation&) { return std::optional<Error>(error); });
  }

 private:
  AppendOperation* first_ = nullptr;
  AppendOperation* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace eventcore::detail
