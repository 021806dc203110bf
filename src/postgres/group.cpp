#include "group.hpp"

#include <algorithm>
#include <utility>

namespace eventcore::postgres {
namespace {

// A transaction larger than this would keep the writers behind it waiting.
constexpr std::uint64_t kGroupBytesMax = std::uint64_t{16} * 1024 * 1024;

}  // namespace

void Group::begin() {
  now_ = state_.options.clock->now();
  members_.clear();
  places_.clear();
  touches_.clear();
  streams_.clear();
  stream_places_.clear();
  keys_.clear();
  key_places_.clear();
  key_members_.clear();
  key_positions_.clear();
  failed_.clear();
  plans_all_again_ = false;
  events_.clear();
  bytes_ = 0;
  stored_ = 0;
  rejected_ = 0;
  stored_events_ = 0;
  head_ = state_.head();
}

bool Group::has_room_for(const AppendOperation& operation) const {
  // The second batch of a key can't be decided before the first one is.
  if (key_places_.contains(operation.batch.info.key)) return false;
  if (events_.size() == 0) return members_.size() < state_.options.queue_operations_max;
  return events_.size() + operation.batch.event_count() <= state_.options.group_events_max &&
         bytes_ + operation.batch.byte_count() <= kGroupBytesMax;
}

void Group::settle(Member& member, ErrorCode code, const char* message) {
  member.operation->reject();
  member.error = std::make_unique<Error>(make_error(code, message));
  member.verdict = Verdict::Settled;
}

void Group::admit(AppendOperation& operation, bool again) {
  Member& member = members_.emplace_back();
  member.operation = &operation;
  if (!again && !operation.admit()) {
    return settle(member, ErrorCode::Cancelled, "the append was taken back before it was begun");
  }
  if (operation.stop.stop_requested()) {
    return settle(member, ErrorCode::Cancelled, "the append was stopped before it was begun");
  }
  if (operation.deadline.at <= now_ && !operation.deadline.is_never()) {
    return settle(member, ErrorCode::DeadlineExceeded, "the append was not begun in time");
  }
  places_.emplace(&operation, members_.size() - 1);
  plan(member);
}

bool Group::is_settled() const noexcept {
  return std::all_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.verdict == Verdict::Settled; });
}

std::uint32_t Group::stream_of(const StreamId& id) {
  const auto next = static_cast<std::uint32_t>(streams_.size());
  const auto [place, is_new] = stream_places_.emplace(id.view(), next);
  if (!is_new) return place->second;
  Stream& stream = streams_.emplace_back();
  stream.name = id.view();
  stream.parent = next;
  stream.component = events_.size();
  const StreamHeads::Known known = heads_.find(stream.name);
  stream.number = known.number;
  if (known.version) {
    stream.assumed = static_cast<std::int64_t>(*known.version);
  } else {
    stream.flags = kLookUp;
  }
  return next;
}

std::uint32_t Group::root_of(std::uint32_t stream) noexcept {
  while (streams_[stream].parent != stream) {
    streams_[stream].parent = streams_[streams_[stream].parent].parent;
    stream = streams_[stream].parent;
  }
  return stream;
}

void Group::connect(std::uint32_t a, std::uint32_t b) noexcept {
  const std::uint32_t root = root_of(b);
  const std::uint32_t other = root_of(a);
  streams_[other].parent = root;
  streams_[root].component = std::min(streams_[root].component, streams_[other].component);
}

void Group::plan(Member& member) {
  const WriteBatch& batch = member.operation->batch;
  member.planned_before = events_.size();
  member.first_touch = static_cast<std::uint32_t>(touches_.size());
  member.touches = static_cast<std::uint32_t>(batch.streams().size());
  for (const WriteBatch::Stream& stream : batch.streams()) {
    const std::uint32_t place = stream_of(stream.id);
    touches_.push_back({.stream = place, .before = streams_[place].events});
    connect(place, touches_[member.first_touch].stream);
  }
  if (!batch.info.key.empty()) {
    member.key = static_cast<std::int32_t>(keys_.size());
    keys_.push_back(batch.info.key);
    key_places_.emplace(keys_.back(), member.key);
    key_members_.push_back(static_cast<std::uint32_t>(members_.size() - 1));
  }
  if (joins_predecessors(member)) {
    member.verdict = Verdict::Predecessor;
    return;
  }
  for (std::uint32_t i = 0; i < member.touches; ++i) {
    Stream& stream = streams_[touches_of(member)[i].stream];
    if (passes(stream, batch.streams()[i].expected)) continue;
    member.verdict = Verdict::Conflict;
    member.lost_touch = i;
    return;
  }
  plan_events(member);
}

// Whether one of the operations that this one builds on is not to be stored. Those of this group
// share its fate.
bool Group::joins_predecessors(Member& member) {
  bool rejected = member.operation->has_rejected_predecessor();
  for (const AppendOperation* predecessor : member.operation->predecessors) {
    const auto place = places_.find(predecessor);
    if (place == places_.end()) continue;
    const Member& earlier = members_[place->second];
    if (earlier.verdict != Verdict::Store) rejected = true;
    if (member.touches > 0 && earlier.touches > 0) {
      connect(touches_of(earlier)[0].stream, touches_of(member)[0].stream);
    }
  }
  return rejected;
}

bool Group::passes(Stream& stream, ExpectedVersion expected) {
  switch (expected.kind()) {
    case ExpectedVersion::Kind::Any:
      return true;
    case ExpectedVersion::Kind::StreamExists:
      // Streams never go away, so a version that is known to be higher than 0 need not be compared.
      if (stream.events > 0 || stream.assumed > 0) return true;
      stream.flags |= stream.assumed == 0 ? kExactly : kExists;
      return stream.assumed != 0;
    case ExpectedVersion::Kind::NoStream:
    case ExpectedVersion::Kind::Exact:
      break;
  }
  const auto version = static_cast<std::int64_t>(expected.version().value);
  const auto planned = static_cast<std::int64_t>(stream.events);
  if (stream.assumed < 0) {
    if (version < planned) return false;
    stream.assumed = version - planned;
  }
  stream.flags |= kExactly;
  return stream.assumed + planned == version;
}

void Group::plan_events(Member& member) {
  WriteBatch& batch = member.operation->batch;
  if (batch.event_count() == 0) return;
  std::vector<std::uint32_t> places;
  std::vector<std::uint64_t> offsets;
  for (std::uint32_t i = 0; i < member.touches; ++i) {
    const Touch& touch = touches_of(member)[i];
    const std::int64_t assumed = streams_[touch.stream].assumed;
    // Of a stream whose version is neither known nor expected the decision says 0.
    batch.streams()[i].version_before = {
        assumed < 0 ? 0 : static_cast<std::uint64_t>(assumed) + touch.before};
    places.push_back(touch.stream);
    offsets.push_back(touch.before);
  }
  events_.add(batch, places, offsets, state_.types);
  for (std::size_t i = 0; i < places.size(); ++i) streams_[places[i]].events = offsets[i];
  bytes_ += batch.byte_count();
}

void Group::write_plan(Parameters& parameters, Position first, Timestamp time) {
  parameters.add(heads_.at().value).add(first.value).add(time.time_since_epoch().count());
  Array names(Type::Text);
  Array numbers(Type::Int8);
  Array assumed(Type::Int8);
  Array flags(Type::Int4);
  Array components(Type::Int8);
  bool looks_up = false;
  for (std::uint32_t i = 0; i < streams_.size(); ++i) {
    names.add(streams_[i].name);
    numbers.add(streams_[i].number);
    assumed.add(streams_[i].assumed);
    flags.add(streams_[i].flags);
    components.add(component_of(i));
    looks_up = looks_up || streams_[i].flags % 2 != 0;
  }
  parameters.add(names).add(numbers).add(assumed).add(flags).add(components).add(looks_up);
  events_.write_types(parameters);
  Array keys(Type::Text);
  Array key_components(Type::Int8);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const Member& member = members_[key_members_[i]];
    keys.add(keys_[i]);
    if (member.touches == 0) {
      key_components.add(std::int64_t{-1});
    } else {
      key_components.add(component_of(touches_of(member)[0].stream));
    }
  }
  parameters.add(keys).add(key_components);
  events_.write(parameters, [this](std::uint32_t stream) { return component_of(stream); });
}

void Group::fail(const Error& error) {
  for (Member& member : members_) {
    if (member.verdict == Verdict::Settled || member.operation == nullptr) continue;
    member.operation->reject();
    member.error = std::make_unique<Error>(error);
    member.verdict = Verdict::Settled;
  }
}

void Group::resolve(const std::unordered_map<Uuid, FoundBatch>& stored, const Error& absent) {
  for (Member& member : members_) {
    if (member.operation == nullptr || member.verdict == Verdict::Settled) continue;
    const auto found = stored.find(member.operation->batch.info.id);
    if (found == stored.end()) {
      member.operation->reject();
      member.error = std::make_unique<Error>(absent);
    } else {
      member.result = found->second.result();
    }
    member.verdict = Verdict::Settled;
  }
}

void Group::expire(Instant now, const Error& error, detail::AppendQueue* queue) {
  for (Member& member : members_) {
    if (member.operation == nullptr || member.operation->deadline.at > now) continue;
    if (member.verdict != Verdict::Settled) {
      member.operation->reject();
      member.error = std::make_unique<Error>(error);
    }
    hand_over(member, queue);
  }
}

void Group::add_traces(std::vector<TraceContext>& out) const {
  for (const Member& member : members_) {
    if (member.operation == nullptr || member.error != nullptr) continue;
    if (member.verdict == Verdict::Again) continue;
    const TraceContext& trace = member.operation->batch.info.trace;
    if (trace.is_sampled()) out.push_back(trace);
  }
}

void Group::hand_over(Member& member, detail::AppendQueue* queue) {
  AppendOperation* operation = std::exchange(member.operation, nullptr);
  if (queue != nullptr) queue->release(*operation);
  if (member.error) {
    operation->finish(std::move(*member.error));
  } else {
    operation->finish(member.result);
  }
}

detail::WaitingList Group::finish(detail::AppendQueue* queue) {
  detail::WaitingList again;
  for (Member& member : members_) {
    if (member.operation == nullptr) continue;
    if (member.verdict == Verdict::Again) {
      member.operation->next = nullptr;
      again.add(std::exchange(member.operation, nullptr));
    } else {
      hand_over(member, queue);
    }
  }
  members_.clear();
  return again;
}

}  // namespace eventcore::postgres
