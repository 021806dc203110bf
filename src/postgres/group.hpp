#pragma once

// `Group`: the operations that one call of the function `append` decides.
//
// Every operation is decided in order on the versions that this store assumes, with those of the
// group before it on top: a plan. The database carries the plan out except for components, streams
// that are connected by batches, whose versions are others by now. Of those, what can't be stored
// any more is rejected on the versions that the database saw, and the rest is planned again. So a
// verdict is provisional until the answer is there, and nothing is told before.
//
// A component has the number of events that were planned before its first batch for an id. Where
// nobody else has appended, not only the component is left out but all that was planned after it,
// so that the log keeps the order of submission.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventcore/detail/waiting_list.hpp"
#include "eventcore/event_store.hpp"
#include "group_events.hpp"
#include "rows.hpp"
#include "store_state.hpp"
#include "stream_heads.hpp"

namespace eventcore::postgres {

/// A batch found in the log.
struct FoundBatch {
  Position first;
  Timestamp time;
  std::uint64_t events = 0;

  [[nodiscard]] WriteResult result() const noexcept {
    return {.first = first, .last = {first.value + events - 1}, .time = time, .replayed = false};
  }
};

/// Thread-safety: One thread at a time, the writer's.
class Group {
 public:
  Group(StoreState& state, StreamHeads& heads) : state_(state), heads_(heads) {}

  void begin();
  /// False: the operation belongs to a later group.
  [[nodiscard]] bool has_room_for(const AppendOperation& operation) const;
  /// Takes the operation into the group. One that comes again was admitted before.
  void admit(AppendOperation& operation, bool again);

  [[nodiscard]] bool is_empty() const noexcept { return members_.empty(); }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint32_t stored() const noexcept { return stored_; }
  [[nodiscard]] std::uint32_t rejected() const noexcept { return rejected_; }
  /// Adds the traces of sampled commands to `out`. Before `finish`.
  void add_traces(std::vector<TraceContext>& out) const;
  /// Nothing has to be asked of the database.
  [[nodiscard]] bool is_settled() const noexcept;

  /// Adds the plan to the parameters of `append`.
  void write_plan(Parameters& parameters, Position first, Timestamp time);
  /// Turns the answer into outcomes.
  void read_answer(const Rows& answer);
  [[nodiscard]] Position head() const noexcept { return head_; }
  [[nodiscard]] Timestamp time() const noexcept { return time_; }
  [[nodiscard]] bool has_members_to_plan_again() const noexcept;
  [[nodiscard]] bool has_stored_events() const noexcept { return stored_events_ > 0; }

  /// What the outcomes still lack: who won, and what keys stand for.
  [[nodiscard]] bool needs_details() const noexcept;
  void write_questions(Parameters& parameters);
  void read_details(const Rows& details);
  /// There is no answer: conflicts name no winner, and what a key stands for becomes `error`.
  void go_without_details(const Error& error);

  /// Nothing of the group was stored: every outcome that rests on it becomes `error`.
  void fail(const Error& error);
  /// Ids of the batches that were to be stored.
  [[nodiscard]] const Array& ids() const noexcept { return events_.ids(); }
  /// The fate of the group's transaction is known; `stored` are the batches found of `ids`.
  void resolve(const std::unordered_map<Uuid, FoundBatch>& stored, const Error& absent);
  /// Operations whose deadline is past, while that fate is unknown, become `error`.
  void expire(Instant now, const Error& error, detail::AppendQueue* queue);
  /// Hands every outcome to its submitter, in order, and returns what is to be planned again.
  /// Without a queue, the operations were in none.
  [[nodiscard]] detail::WaitingList finish(detail::AppendQueue* queue);

 private:
  enum class Verdict : std::uint8_t { Store, Conflict, Predecessor, Key, Settled, Again };
  struct Touch {
    std::uint32_t stream = 0;  // of the group
    std::uint64_t before = 0;  // events of the group on it before this batch
  };
  struct Member {
    AppendOperation* operation = nullptr;
    Verdict verdict = Verdict::Store;
    std::uint32_t first_touch = 0;
    std::uint32_t touches = 0;
    std::uint64_t planned_before = 0;  // events of the group
    std::int32_t key = -1;             // index of its key
    std::uint32_t lost_touch = 0;      // with Conflict: the stream that moved, by touch
    std::uint64_t actual = 0;          // with Conflict: its version
    std::int32_t question = -1;        // with Conflict and Key: its row of details
    std::unique_ptr<Error> error;
    WriteResult result;
  };
  // One stream of the group.
  struct Stream {
    std::string_view name;
    std::uint64_t number = 0;
    std::int64_t assumed = -1;  // version before the group; -1: nothing is assumed
    std::int32_t flags = 0;
    std::uint64_t events = 0;     // of the plan
    std::uint64_t stored = 0;     // of those
    std::uint32_t parent = 0;     // towards its component's root
    std::uint64_t component = 0;  // of a root: its component's id
    std::uint64_t actual = 0;     // as answered
    bool planned_again = false;
  };
  enum Flag : std::int32_t { kLookUp = 1, kExactly = 2, kExists = 4 };

  [[nodiscard]] std::uint32_t stream_of(const StreamId& id);
  [[nodiscard]] std::uint32_t root_of(std::uint32_t stream) noexcept;
  [[nodiscard]] std::uint64_t component_of(std::uint32_t stream) noexcept {
    return streams_[root_of(stream)].component;
  }
  void connect(std::uint32_t a, std::uint32_t b) noexcept;
  void settle(Member& member, ErrorCode code, const char* message);
  void plan(Member& member);
  [[nodiscard]] bool joins_predecessors(Member& member);
  [[nodiscard]] bool passes(Stream& stream, ExpectedVersion expected);
  void plan_events(Member& member);
  void read_streams(const Rows& answer);
  [[nodiscard]] bool was_left_out(const Member& member);
  void decide(Member& member, Position& next);
  void decide_again(Member& member);
  void finish_predecessor(Member& member);
  void finish_conflict(Member& member);
  [[nodiscard]] std::span<const Touch> touches_of(const Member& member) const noexcept {
    return {touches_.data() + member.first_touch, member.touches};
  }
  static void hand_over(Member& member, detail::AppendQueue* queue);

  StoreState& state_;
  StreamHeads& heads_;
  Instant now_{};
  std::vector<Member> members_;
  std::unordered_map<const AppendOperation*, std::size_t> places_;  // of members with successors
  std::vector<Touch> touches_;
  std::vector<Stream> streams_;
  std::unordered_map<std::string_view, std::uint32_t> stream_places_;
  std::vector<std::string_view> keys_;
  std::unordered_map<std::string_view, std::int32_t> key_places_;
  std::vector<std::uint32_t> key_members_;
  std::vector<std::int64_t> key_positions_;
  std::vector<std::int64_t> failed_;  // components
  bool is_alone_ = false;             // nobody else has appended
  bool plans_all_again_ = false;
  GroupEvents events_;
  std::uint64_t bytes_ = 0;
  std::uint32_t stored_ = 0;
  std::uint32_t rejected_ = 0;
  std::uint64_t stored_events_ = 0;
  Position head_;
  Timestamp time_{};
};

}  // namespace eventcore::postgres
