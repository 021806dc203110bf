#include "eventcore/explanation.hpp"

#include <chrono>
#include <utility>

#include "eventcore/projection_storage.hpp"
#include "eventcore/trace_context.hpp"

namespace eventcore {
namespace {

/// How far clocks of hosts that mint command ids may be apart before a search takes longer.
constexpr std::chrono::hours kClockSkew{1};

std::optional<Timestamp> minting_time(const Uuid& id) {
  if (id.bytes[6] >> 4U != 7) return std::nullopt;
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i != 6; ++i) milliseconds = milliseconds << 8U | id.bytes[i];
  if (milliseconds > INT64_MAX / 1'000'000) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(milliseconds));
}

/// The event at `position` with its batch; an empty page past the head.
Result<EventPage> read_position(EventStore& store, Position position) {
  return store.read(LogQuery{
      .after = {position.value - 1}, .until = position, .events_max = 1, .with_batch = true});
}

}  // namespace

std::uint64_t Explanation::events_written(std::string_view stream) const {
  std::uint64_t count = 0;
  for (const EventPage& page : pages) {
    for (const StoredEvent& event : page.events) count += event.stream == stream ? 1 : 0;
  }
  return count;
}

Result<Explanation> explain_batch(EventStore& store, Position first, std::uint32_t events) {
  Explanation explanation;
  LogQuery query{
      .after = {first.value - 1}, .until = Position{first.value + events - 1}, .with_batch = true};
  for (bool more = true; more;) {
    Result<EventPage> page = store.read(query);
    if (!page) return page.error();
    more = page->more;
    query.after = page->scanned_to;
    if (!page->events.empty()) explanation.pages.push_back(*std::move(page));
  }
  if (explanation.pages.empty()) {
    return make_error(ErrorCode::Corrupt, "there is no event at this position", {}, first);
  }
  explanation.batch = explanation.pages.front().events.front().batch;
  Result<StoredDecision> decision = decode_decision(explanation.batch->decision);
  if (!decision) return decision.error();
  explanation.decision = *std::move(decision);
  const auto projections = store.projections().list();
  if (!projections) return projections.error();
  for (const ProjectionRecord& projection : *projections) {
    const bool applied = projection.position >= explanation.last();
    (applied ? explanation.applied_by : explanation.awaited_by).push_back(projection.name);
  }
  return explanation;
}

Result<std::optional<Explanation>> explain_position(EventStore& store, Position position) {
  const Result<EventPage> page = read_position(store, position);
  if (!page) return page.error();
  if (page->events.empty()) return std::optional<Explanation>();
  const StoredBatch& batch = *page->events.front().batch;
  Result<Explanation> explanation = explain_batch(store, batch.first, batch.events);
  if (!explanation) return explanation.error();
  return std::optional(*std::move(explanation));
}

Result<FoundBatches> find_batches(EventStore& store, const BatchSearch& search) {
  FoundBatches found{.batches = {}, .searched_to = search.after, .head = store.head()};
  LogQuery query{.after = search.after, .until = found.head, .with_batch = true};
  while (found.searched_to < found.head) {
    const Result<EventPage> page = store.read(query);
    if (!page) return page.error();
    for (const StoredEvent& event : page->events) {
      if (event.ordinal != 0 || !search.wanted(*event.batch)) continue;
      if (found.batches.size() == search.batches_max) return found;
      found.batches.push_back({event.batch->first, event.batch->events});
      found.searched_to = event.position;
    }
    found.searched_to = page->more ? page->scanned_to : found.head;
    query.after = found.searched_to;
    if (!search.deadline.is_never() && system_clock().now() >= search.deadline.at) break;
  }
  return found;
}

Result<Position> position_before(EventStore& store, Timestamp time) {
  Position older = {0};
  Position newer = store.head() + 1;
  // Every event up to `older` is older than `time`, every event from `newer` on is not.
  while (newer - older > 1) {
    const Position middle = older + (newer - older) / 2;
    const Result<EventPage> page =
        store.read(LogQuery{.after = {middle.value - 1}, .until = middle, .events_max = 1});
    if (!page) return page.error();
    if (page->events.empty()) {
      return make_error(ErrorCode::Corrupt, "there is no event at this position", {}, middle);
    }
    (page->events.front().time < time ? older : newer) = middle;
  }
  return older;
}

Result<Position> search_begin(EventStore& store, const Uuid& id) {
  const std::optional<Timestamp> minted = minting_time(id);
  if (!minted) return Position{0};
  return position_before(store, *minted - kClockSkew);
}

std::optional<std::array<std::uint8_t, 16>> parse_trace_id(std::string_view text) {
  const std::string header =
      text.size() == 32 ? "00-" + std::string(text) + "-0000000000000001-00" : std::string(text);
  const std::optional<TraceContext> context = TraceContext::parse(header);
  if (!context) return std::nullopt;
  return context->trace_id;
}

}  // namespace eventcore
