#pragma once

// `Group`: the operations that one transaction decides: admits them in order, checks what they
// expect against the heads in memory, appends those that pass, and keeps every outcome until the
// transaction has ended.

#include <algorithm>
#include <memory>
#include <vector>

#include "eventcore/detail/append_queue.hpp"
#include "eventcore/event_store.hpp"
#include "log_file.hpp"
#include "store_state.hpp"

namespace eventcore::sqlite {

/// Thread-safety: One thread at a time, the writer's.
class Group {
 public:
  Group(StoreState& state, LogFile& file) : state_(state), file_(file) {}

  /// Begins an empty group. `time` is that of its events.
  void begin(Timestamp time);
  [[nodiscard]] bool has_room_for(const AppendOperation& operation) const noexcept;
  /// Takes the operation out of the queue and decides it. An error is one of the store: the
  /// transaction has to be rolled back, and the group fails.
  [[nodiscard]] Result<void> admit(AppendOperation& operation);

  [[nodiscard]] bool is_empty() const noexcept { return members_.empty(); }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint32_t stored() const noexcept { return stored_; }
  [[nodiscard]] std::uint32_t rejected() const noexcept { return rejected_; }
  /// Adds the traces of sampled commands to `out`. Before `finish`.
  void add_traces(std::vector<TraceContext>& out) const;

  /// Nothing of the group was stored: every outcome that rests on it becomes `error`.
  void fail(const Error& error);
  /// Whether the log holds the group, when its commit failed; `find` returns the batch of an id.
  template <class Find>
  [[nodiscard]] bool was_stored(Find&& find) const {
    return std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
      return member.operation != nullptr && member.wrote &&
             find(member.operation->batch.info.id) != nullptr;
    });
  }
  /// The transaction is known to be stored; `find` returns the batch of an id. What is not among
  /// them becomes `absent`.
  template <class Find>
  void resolve(Find&& find, const Error& absent);
  /// Operations whose deadline is past, while the transaction's fate is unknown, become `error`.
  void expire(Instant now, const Error& error, detail::AppendQueue& queue);
  /// Hands every outcome to its submitter, in order.
  void finish(detail::AppendQueue& queue);

 private:
  struct Member {
    AppendOperation* operation = nullptr;
    std::unique_ptr<Error> error;
    WriteResult result;
    bool wrote = false;    // events, in the group's transaction
    bool settled = false;  // whatever becomes of the transaction
  };

  [[nodiscard]] Result<bool> replay(Member& member);
  [[nodiscard]] Result<bool> check(Member& member);
  [[nodiscard]] Result<Conflict> conflict(const WriteBatch::Stream& stream, const Head& actual);
  void settle(Member& member, ErrorCode code, const char* message);
  void reject(Member& member, Error error);
  static void hand_over(Member& member, detail::AppendQueue& queue);

  StoreState& state_;
  LogFile& file_;
  Timestamp time_{};
  Instant now_{};
  Position committed_;  // before the group
  std::vector<Member> members_;
  std::vector<HeadTable::Slot> slots_;
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint32_t stored_ = 0;
  std::uint32_t rejected_ = 0;
};

template <class Find>
void Group::resolve(Find&& find, const Error& absent) {
  for (Member& member : members_) {
    if (member.operation == nullptr || !member.wrote) continue;
    if (const FoundBatch* found = find(member.operation->batch.info.id)) {
      member.result = found->result();
    } else {
      member.operation->reject();
      member.error = std::make_unique<Error>(absent);
    }
  }
}

}  // namespace eventcore::sqlite
