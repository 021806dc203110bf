#include "eventcore/execution_result.hpp"

#include <algorithm>

#include "append_node.hpp"

namespace eventcore {

Uuid ExecutionResult::command_id() const noexcept {
  if (node_->replay && !node_->replay->events.empty()) {
    return node_->replay->events.front().batch->id;
  }
  return node_->batch.info.id;
}

Position ExecutionResult::position() const noexcept { return node_->result()->last; }

Timestamp ExecutionResult::time() const noexcept { return node_->result()->time; }

std::size_t ExecutionResult::event_count() const noexcept {
  return node_->replay ? node_->replay->events.size() : node_->batch.event_count();
}

std::vector<WrittenEvent> ExecutionResult::events_written() const {
  std::vector<WrittenEvent> written;
  written.reserve(event_count());
  const Uuid id = command_id();
  if (node_->replay) {
    for (const StoredEvent& event : node_->replay->events) {
      written.push_back(
          {event.stream, event.type, event.version, event.position, {id, event.ordinal}});
    }
    return written;
  }
  const WriteBatch& batch = node_->batch;
  std::vector<StreamVersion> versions;
  for (const WriteBatch::Stream& stream : batch.streams())
    versions.push_back(stream.version_before);
  const Position first = node_->result()->first;
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    StreamVersion& version = versions[event.stream];
    version = version + 1;
    written.push_back({batch.streams()[event.stream].id.view(),
                       event.type,
                       version,
                       first + i,
                       {id, static_cast<std::uint32_t>(i)}});
  }
  return written;
}

std::vector<StreamId> ExecutionResult::affected_streams() const {
  std::vector<StreamId> affected;
  for (const WrittenEvent& event : events_written()) {
    const auto known = std::find_if(affected.begin(), affected.end(),
                                    [&](const StreamId& id) { return id.view() == event.stream; });
    if (known == affected.end()) affected.push_back(StreamId::parse(event.stream).value());
  }
  return affected;
}

}  // namespace eventcore
