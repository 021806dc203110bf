#include "space_saving.hpp"

#include <algorithm>
#include <bit>

#include "eventcore/assert.hpp"

namespace eventcore::observability::detail {

SpaceSaving::SpaceSaving(std::size_t places_max)
    : places_max_(places_max), slots_(std::bit_ceil(places_max * 4)) {
  EVENTCORE_ASSERT(places_max >= 1 && places_max <= 16'384, "a sketch has 1 to 16,384 places");
  places_.reserve(places_max);
}

void SpaceSaving::add_write(std::uint64_t hash, std::string_view stream, std::uint64_t version,
                            std::uint64_t weight) {
  StreamCount& place = counted(hash, stream, weight);
  place.version = std::max(place.version, version);
}

void SpaceSaving::add_conflict(std::uint64_t hash, std::string_view stream) {
  ++counted(hash, stream, 1).conflicts;
}

std::uint64_t SpaceSaving::count_of_others() const noexcept {
  if (places_.size() < places_max_) return 0;
  const auto least = std::min_element(places_.begin(), places_.end(),
                                      [](auto& a, auto& b) { return a.count < b.count; });
  return least->count;
}

/// The stream's place, with this occurrence.
StreamCount& SpaceSaving::counted(std::uint64_t hash, std::string_view stream,
                                  std::uint64_t weight) {
  if (const std::uint16_t place = slots_[find_slot(hash)]; place != 0) {
    places_[place - 1].count += weight;
    return places_[place - 1];
  }
  std::size_t index = places_.size();
  if (index < places_max_) {
    places_.emplace_back();
  } else {
    index = least_place();
    erase_slot(places_[index].hash);
  }
  StreamCount& place = places_[index];
  place.stream.assign(stream);
  place.hash = hash;
  place.error = place.count;
  place.count += weight;
  place.conflicts = 0;
  place.version = 0;
  slots_[find_slot(hash)] = static_cast<std::uint16_t>(index + 1);
  return place;
}

/// Where the stream's place is noted, or would be.
std::size_t SpaceSaving::find_slot(std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != 0 && places_[slots_[slot] - 1].hash != hash) slot = (slot + 1) & mask;
  return slot;
}

/// Frees a slot and moves later ones of its run up, so that no search stops too early.
void SpaceSaving::erase_slot(std::uint64_t hash) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = find_slot(hash);
  for (std::size_t i = (hole + 1) & mask; slots_[i] != 0; i = (i + 1) & mask) {
    const std::size_t home = places_[slots_[i] - 1].hash & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = 0;
}

/// A place that counts least. Counts only grow: the round is walked once before a new least is due.
std::size_t SpaceSaving::least_place() noexcept {
  for (std::size_t steps = 0;; ++steps) {
    if (steps == places_.size()) least_ = count_of_others();
    const std::size_t index = hand_;
    hand_ = (hand_ + 1) % places_.size();
    if (places_[index].count <= least_) return index;
  }
}

}  // namespace eventcore::observability::detail
