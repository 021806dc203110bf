#include "eventcore/event_filter.hpp"

#include <algorithm>
#include <utility>

namespace eventcore {

EventFilter& EventFilter::stream(StreamId id) {
  streams_.push_back(std::move(id));
  return *this;
}

EventFilter& EventFilter::prefix(StreamPrefix prefix) {
  prefixes_.push_back(std::move(prefix));
  return *this;
}

EventFilter& EventFilter::pattern(StreamPattern pattern) {
  patterns_.push_back(std::move(pattern));
  return *this;
}

EventFilter& EventFilter::type(std::string name) {
  types_.push_back(std::move(name));
  return *this;
}

bool EventFilter::matches_all_streams() const noexcept {
  return streams_.empty() && prefixes_.empty() && patterns_.empty();
}

bool EventFilter::matches_stream(std::string_view stream) const noexcept {
  if (matches_all_streams()) return true;
  const auto is_stream = [&](const StreamId& id) { return id.view() == stream; };
  const auto matches = [&](const auto& condition) { return condition.matches(stream); };
  return std::any_of(streams_.begin(), streams_.end(), is_stream) ||
         std::any_of(prefixes_.begin(), prefixes_.end(), matches) ||
         std::any_of(patterns_.begin(), patterns_.end(), matches);
}

bool EventFilter::matches_type(std::string_view type) const noexcept {
  return types_.empty() || std::find(types_.begin(), types_.end(), type) != types_.end();
}

}  // namespace eventcore
