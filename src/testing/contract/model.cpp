#include "model.hpp"

#include <algorithm>
#include <ostream>

namespace eventcore::testing::contract {

void PrintTo(const ModelEvent& event, std::ostream* out) {
  *out << event.position.value << ": " << event.stream << '@' << event.version.value << ' '
       << event.type << ' ' << event.payload;
}

ModelOutcome Model::append(const WriteBatch& batch, bool predecessor_rejected) {
  ModelOutcome outcome;
  if (predecessor_rejected) {
    outcome.error = ErrorCode::VersionConflict;
    return outcome;
  }
  if (const auto known = keys_.find(batch.info.key); known != keys_.end()) {
    if (known->second.command_type != batch.info.command_type) {
      outcome.error = ErrorCode::KeyReused;
    } else {
      outcome.replayed = true;
      outcome.first = known->second.first;
      outcome.last = known->second.last;
    }
    return outcome;
  }
  for (const WriteBatch::Stream& stream : batch.streams()) {
    const StreamVersion actual = version(stream.id.text(), head());
    if (!stream.expected.allows(actual)) {
      outcome.error = ErrorCode::VersionConflict;
      return outcome;
    }
    outcome.versions_before.push_back(actual);
  }
  outcome.first = batch.event_count() == 0 ? head() : head() + 1;
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    const std::string& stream = batch.streams()[event.stream].id.text();
    log_.push_back({head() + 1, version(stream, head()) + 1, stream, std::string(event.type),
                    std::string(event.payload)});
  }
  outcome.last = head();
  if (!batch.info.key.empty() && batch.event_count() > 0) {
    keys_[batch.info.key] = {batch.info.command_type, outcome.first, outcome.last};
  }
  return outcome;
}

StreamVersion Model::version(const std::string& stream, Position at) const {
  const auto count = std::count_if(log_.begin(), log_.end(), [&](const ModelEvent& event) {
    return event.position <= at && event.stream == stream;
  });
  return {static_cast<std::uint64_t>(count)};
}

namespace {

void cut(ModelPage& page, std::size_t events_max) {
  page.more = page.events.size() > events_max;
  if (page.more) page.events.resize(events_max);
}

}  // namespace

ModelPage Model::read(const StreamsQuery& query) const {
  const Position at = query.at.value_or(head());
  ModelPage page;
  for (const StreamRange& range : query.streams) {
    std::vector<ModelEvent> events;
    for (const ModelEvent& event : log_) {
      if (event.position <= at && event.stream == range.stream.text() &&
          event.version > range.after && event.version < range.before) {
        events.push_back(event);
      }
    }
    if (query.order == ReadOrder::StreamBackward) std::reverse(events.begin(), events.end());
    page.events.insert(page.events.end(), events.begin(), events.end());
    page.versions.push_back(version(range.stream.text(), at));
  }
  if (query.order == ReadOrder::Log) {
    std::sort(page.events.begin(), page.events.end(),
              [](const ModelEvent& a, const ModelEvent& b) { return a.position < b.position; });
  }
  cut(page, query.events_max);
  return page;
}

ModelPage Model::read(const LogQuery& query) const {
  ModelPage page;
  for (const ModelEvent& event : log_) {
    if (event.position > query.after && event.position <= query.until.value_or(head()) &&
        query.filter.matches_stream(event.stream) && query.filter.matches_type(event.type)) {
      page.events.push_back(event);
    }
  }
  cut(page, query.events_max);
  return page;
}

}  // namespace eventcore::testing::contract
