#include "group.hpp"

#include <utility>

namespace eventcore::sqlite {
namespace {

// A transaction larger than this would keep the writers behind it waiting.
constexpr std::uint64_t kGroupBytesMax = std::uint64_t{16} * 1024 * 1024;

}  // namespace

void Group::begin(Timestamp time) {
  time_ = time;
  now_ = state_.options.clock->now();
  committed_ = state_.head();
  members_.clear();
  events_ = 0;
  bytes_ = 0;
  stored_ = 0;
  rejected_ = 0;
}

bool Group::has_room_for(const AppendOperation& operation) const noexcept {
  if (events_ == 0) return members_.size() < state_.options.queue_operations_max;
  return events_ + operation.batch.event_count() <= state_.options.group_events_max &&
         bytes_ + operation.batch.byte_count() <= kGroupBytesMax;
}

void Group::settle(Member& member, ErrorCode code, const char* message) {
  member.operation->reject();
  member.error = std::make_unique<Error>(make_error(code, message));
  member.settled = true;
}

void Group::reject(Member& member, Error error) {
  member.operation->reject();
  member.error = std::make_unique<Error>(std::move(error));
  ++rejected_;
}

Result<void> Group::admit(AppendOperation& operation) {
  Member& member = members_.emplace_back();
  member.operation = &operation;
  if (!operation.admit()) {
    settle(member, ErrorCode::Cancelled, "the append was taken back before it was begun");
    return {};
  }
  if (operation.stop.stop_requested()) {
    settle(member, ErrorCode::Cancelled, "the append was stopped before it was begun");
    return {};
  }
  if (operation.deadline.at <= now_ && !operation.deadline.is_never()) {
    settle(member, ErrorCode::DeadlineExceeded, "the append was not begun in time");
    return {};
  }
  WriteBatch& batch = operation.batch;
  if (!batch.info.key.empty()) {
    auto replayed = replay(member);
    if (!replayed) return replayed.error();
    if (*replayed) return {};
  }
  auto passed = check(member);
  if (!passed) return passed.error();
  if (!*passed) return {};

  ++stored_;
  member.result = {.first = file_.head(), .last = file_.head(), .time = time_, .replayed = false};
  if (batch.event_count() == 0) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      batch.streams()[i].version_before = {state_.heads.current(slots_[i]).version};
    }
    return {};
  }
  if (file_.append(batch, slots_, time_) != SQLITE_OK) return file_.error("can't write to");
  member.wrote = true;
  member.result.first = member.result.first + 1;
  member.result.last = file_.head();
  events_ += batch.event_count();
  bytes_ += batch.byte_count();
  return {};
}

// A key that was used before decides, whatever else would have become of the batch.
Result<bool> Group::replay(Member& member) {
  const BatchInfo& info = member.operation->batch.info;
  auto found = file_.find_key(info.key);
  if (!found) return found.error();
  if (!*found) return false;
  const FoundBatch& first = **found;
  if (first.command_type != info.command_type) {
    reject(member, make_error(ErrorCode::KeyReused,
                              "the key belongs to a command of type " + first.command_type, "",
                              first.first));
  } else {
    member.operation->reject();
    member.result = first.result();
    member.result.replayed = true;
  }
  member.settled = first.first <= committed_;
  return true;
}

Result<bool> Group::check(Member& member) {
  slots_.clear();
  for (const WriteBatch::Stream& stream : std::as_const(member.operation->batch).streams()) {
    auto slot = file_.find_stream(stream.id);
    if (!slot) return slot.error();
    slots_.push_back(*slot);
    const Head& actual = state_.heads.current(*slot);
    if (stream.expected.allows({actual.version})) continue;
    auto found = conflict(stream, actual);
    if (!found) return found.error();
    Error error = make_error(ErrorCode::VersionConflict, "the stream is not as expected",
                             stream.id.view(), {actual.position});
    error.conflict = std::move(*found);
    reject(member, std::move(error));
    return false;
  }
  if (member.operation->has_rejected_predecessor()) {
    reject(member, make_error(ErrorCode::VersionConflict,
                              "an append that this one builds on was not stored"));
    return false;
  }
  return true;
}

Result<Conflict> Group::conflict(const WriteBatch::Stream& stream, const Head& actual) {
  auto writer = file_.writer_of(actual.position);
  if (!writer) return writer.error();
  return Conflict{.expected = stream.expected.version(),
                  .actual = {actual.version},
                  .winner_position = {actual.position},
                  .winner_id = writer->id,
                  .winner_command_type = std::move(writer->command_type)};
}

void Group::fail(const Error& error) {
  for (Member& member : members_) {
    if (member.settled || member.operation == nullptr) continue;
    member.operation->reject();
    member.error = std::make_unique<Error>(error);
  }
}

void Group::expire(Instant now, const Error& error, detail::AppendQueue& queue) {
  for (Member& member : members_) {
    if (member.operation == nullptr || member.operation->deadline.at > now) continue;
    if (!member.settled) {
      member.operation->reject();
      member.error = std::make_unique<Error>(error);
    }
    hand_over(member, queue);
  }
}

void Group::add_traces(std::vector<TraceContext>& out) const {
  for (const Member& member : members_) {
    if (member.operation == nullptr || member.error != nullptr) continue;
    const TraceContext& trace = member.operation->batch.info.trace;
    if (trace.is_sampled()) out.push_back(trace);
  }
}

void Group::hand_over(Member& member, detail::AppendQueue& queue) {
  AppendOperation* operation = std::exchange(member.operation, nullptr);
  queue.release(*operation);
  if (member.error) {
    operation->finish(std::move(*member.error));
  } else {
    operation->finish(member.result);
  }
}

void Group::finish(detail::AppendQueue& queue) {
  for (Member& member : members_) {
    if (member.operation != nullptr) hand_over(member, queue);
  }
  members_.clear();
}

}  // namespace eventcore::sqlite
