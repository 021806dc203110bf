#include "memory_alternative.hpp"

#include "eventcore/codec.hpp"

namespace eventcore::bench {

std::vector<CopyOutStore::Event> CopyOutStore::read(const StreamId& stream) {
  const std::lock_guard lock(mutex_);
  return streams_[stream.text()];
}

void CopyOutStore::append(const StreamId& stream, const Recorded& event) {
  Event stored{"recorded", {}};
  if (!encode_event(event, stored.payload)) give_up("the event can't be encoded");
  const std::lock_guard lock(mutex_);
  streams_[stream.text()].push_back(std::move(stored));
}

void CopyOutStore::execute(const RecordTwo& command) {
  std::size_t versions[2];
  const StreamId* const ids[2] = {&command.first, &command.second};
  std::string padded;
  for (int i = 0; i < 2; ++i) {
    Tally tally;
    const std::vector<Event> events = read(*ids[i]);
    for (const Event& event : events) {
      padded.assign(event.payload);
      padded.resize(event.payload.size() + limits::kPayloadPadding);
      const auto decoded =
          decode_event<Recorded>(1, std::string_view(padded).substr(0, event.payload.size()));
      if (!decoded) give_up(describe(decoded.error()));
      Tally::apply(tally, Tally::Events(*decoded), {});
    }
    versions[i] = events.size();
  }
  Event stored{"recorded", {}};
  if (!encode_event(*command.event, stored.payload)) give_up("the event can't be encoded");
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < 2; ++i) {
    std::vector<Event>& events = streams_[ids[i]->text()];
    if (events.size() != versions[i]) give_up("nobody else writes here");
    events.push_back(stored);
  }
}

}  // namespace eventcore::bench
