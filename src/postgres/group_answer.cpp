// How `Group` turns the database's answer into outcomes.

#include <algorithm>

#include "group.hpp"

namespace eventcore::postgres {
namespace {

// Columns of the function `append`.
enum Column : int {
  kHead,
  kStamp,
  kNumbers,
  kVersions,
  kTypeNumbers,
  kFailed,
  kKeyPositions,
};

// Columns of the details.
enum Detail : int { kPosition, kCommandId, kCommandType, kTime, kEvents };

}  // namespace

void Group::read_answer(const Rows& answer) {
  const Position before{answer.count(0, kHead)};
  time_ = answer.time(0, kStamp);
  is_alone_ = before == heads_.at();
  failed_ = answer.numbers(0, kFailed);
  key_positions_ = answer.numbers(0, kKeyPositions);
  const std::vector<std::int64_t> types = answer.numbers(0, kTypeNumbers);
  for (std::size_t i = 0; i < types.size(); ++i) {
    state_.types.learn(static_cast<std::uint32_t>(types[i]), events_.types()[i]);
  }
  Position next = before + 1;
  read_streams(answer);
  for (Member& member : members_) decide(member, next);
  head_ = {next.value - 1};
  heads_.move(before, head_);
  heads_.trim();
  for (const Stream& stream : streams_) {
    heads_.set(stream.name, stream.number, stream.actual + stream.stored);
  }
}

void Group::read_streams(const Rows& answer) {
  const std::vector<std::int64_t> numbers = answer.numbers(0, kNumbers);
  const std::vector<std::int64_t> versions = answer.numbers(0, kVersions);
  for (std::size_t i = 0; i < streams_.size() && i < versions.size(); ++i) {
    streams_[i].number = static_cast<std::uint64_t>(numbers[i]);
    streams_[i].actual = static_cast<std::uint64_t>(versions[i]);
    const std::uint64_t newest = state_.streams.load(std::memory_order_relaxed);
    state_.streams.store(std::max(newest, streams_[i].number), std::memory_order_relaxed);
  }
}

bool Group::was_left_out(const Member& member) {
  if (failed_.empty()) return false;
  const auto has_failed = [&](std::uint64_t component) {
    return std::find(failed_.begin(), failed_.end(), static_cast<std::int64_t>(component)) !=
           failed_.end();
  };
  if (!is_alone_) {
    return member.touches > 0 && has_failed(component_of(touches_of(member)[0].stream));
  }
  // The ids are numbers of events: the smallest one is where the plan was cut off.
  const std::int64_t cut = *std::min_element(failed_.begin(), failed_.end());
  return static_cast<std::int64_t>(member.planned_before) >= cut;
}

void Group::decide(Member& member, Position& next) {
  if (member.verdict == Verdict::Settled) return;
  AppendOperation& operation = *member.operation;
  // A key that was used before decides, whatever else would have become of the batch.
  if (member.key >= 0 && key_positions_[static_cast<std::size_t>(member.key)] != 0) {
    operation.reject();
    member.verdict = Verdict::Key;
    return;
  }
  if (was_left_out(member)) return decide_again(member);
  if (member.verdict == Verdict::Predecessor) return finish_predecessor(member);
  if (member.verdict == Verdict::Conflict) {
    const Touch& lost = touches_of(member)[member.lost_touch];
    member.actual = streams_[lost.stream].actual + lost.before;
    return finish_conflict(member);
  }
  ++stored_;
  WriteBatch& batch = operation.batch;
  for (std::uint32_t i = 0; i < member.touches; ++i) {
    const Touch& touch = touches_of(member)[i];
    batch.streams()[i].version_before = {streams_[touch.stream].actual + touch.before};
    streams_[touch.stream].stored += batch.streams()[i].events;
  }
  const std::size_t events = batch.event_count();
  const Position last{next.value - 1 + events};
  member.result = {.first = events == 0 ? last : next, .last = last, .time = time_};
  next = last + 1;
  stored_events_ += events;
}

// It was left out: what can't be stored on the versions that the database saw never can, unless an
// earlier batch still moves them.
void Group::decide_again(Member& member) {
  const AppendOperation& operation = *member.operation;
  if (plans_all_again_) {
    member.verdict = Verdict::Again;
    return;
  }
  if (operation.has_rejected_predecessor()) return finish_predecessor(member);
  for (std::uint32_t i = 0; i < member.touches; ++i) {
    const Stream& stream = streams_[touches_of(member)[i].stream];
    if (stream.planned_again || std::as_const(operation.batch)
                                    .streams()[i]
                                    .expected.allows({stream.actual + stream.stored})) {
      continue;
    }
    member.lost_touch = i;
    member.actual = stream.actual + stream.stored;
    return finish_conflict(member);
  }
  member.verdict = Verdict::Again;
  plans_all_again_ = is_alone_;
  for (std::uint32_t i = 0; i < member.touches; ++i) {
    if (std::as_const(operation.batch).streams()[i].events == 0) continue;
    streams_[touches_of(member)[i].stream].planned_again = true;
  }
}

void Group::finish_predecessor(Member& member) {
  settle(member, ErrorCode::VersionConflict, "an append that this one builds on was not stored");
  ++rejected_;
}

void Group::finish_conflict(Member& member) {
  const WriteBatch::Stream& stream =
      std::as_const(member.operation->batch).streams()[member.lost_touch];
  settle(member, ErrorCode::VersionConflict, "the stream is not as expected");
  member.verdict = Verdict::Conflict;
  member.error->stream = stream.id.view();
  member.error->conflict = Conflict{.expected = stream.expected.version(),
                                    .actual = {member.actual},
                                    .winner_position = {},
                                    .winner_id = {},
                                    .winner_command_type = {}};
  ++rejected_;
}

bool Group::has_members_to_plan_again() const noexcept {
  return std::any_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.verdict == Verdict::Again; });
}

bool Group::needs_details() const noexcept {
  return std::any_of(members_.begin(), members_.end(), [](const Member& member) {
    return member.verdict == Verdict::Key ||
           (member.verdict == Verdict::Conflict && member.actual > 0);
  });
}

void Group::write_questions(Parameters& parameters) {
  Array streams(Type::Int8);
  Array versions(Type::Int8);
  Array positions(Type::Int8);
  for (Member& member : members_) {
    member.question = -1;
    const bool by_key = member.verdict == Verdict::Key;
    if (!by_key && (member.verdict != Verdict::Conflict || member.actual == 0)) continue;
    member.question = streams.size();
    streams.add(by_key ? 0 : streams_[touches_of(member)[member.lost_touch].stream].number);
    versions.add(member.actual);
    positions.add(by_key ? key_positions_[static_cast<std::size_t>(member.key)] : 0);
  }
  parameters.add(streams).add(versions).add(positions);
}

void Group::read_details(const Rows& details) {
  for (Member& member : members_) {
    if (member.question < 0 || member.question >= details.size()) continue;
    const int row = member.question;
    const Position position{details.count(row, kPosition)};
    const std::string_view command_type = details.bytes(row, kCommandType);
    if (member.verdict == Verdict::Conflict) {
      member.error->position = position;
      member.error->conflict->winner_position = position;
      member.error->conflict->winner_id = details.uuid(row, kCommandId);
      member.error->conflict->winner_command_type = command_type;
    } else if (command_type == member.operation->batch.info.command_type) {
      const FoundBatch first{position, details.time(row, kTime), details.count(row, kEvents)};
      member.result = first.result();
      member.result.replayed = true;
    } else {
      member.error = std::make_unique<Error>(make_error(
          ErrorCode::KeyReused, "the key belongs to a command of type " + std::string(command_type),
          "", position));
      ++rejected_;
    }
  }
}

void Group::go_without_details(const Error& error) {
  for (Member& member : members_) {
    if (member.verdict == Verdict::Key) member.error = std::make_unique<Error>(error);
  }
}

}  // namespace eventcore::postgres
