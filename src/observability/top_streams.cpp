#include "top_streams.hpp"

#include <algorithm>

#include "eventcore/assert.hpp"

namespace eventcore::observability::detail {

TopStreams::TopStreams(std::size_t streams_max) : streams_max_(streams_max) {
  EVENTCORE_ASSERT(streams_max <= kMax, "at most 10 streams are shown by version");
}

void TopStreams::offer(std::uint64_t hash, std::string_view stream,
                       std::uint64_t version) noexcept {
  if (streams_max_ == 0 || version <= threshold_.load(std::memory_order_relaxed)) return;
  if (raise(hash, version)) return;
  if (!mutex_.try_lock()) return;
  if (!raise(hash, version)) admit(hash, stream, version);
  mutex_.unlock();
}

/// Raises the version of a known stream; false if it is not known.
bool TopStreams::raise(std::uint64_t hash, std::uint64_t version) noexcept {
  for (Place& place : places_) {
    if (place.hash.load(std::memory_order_relaxed) != hash) continue;
    // Acquire: pairs with the exchange in `admit`; the second look at the hash is not older.
    std::uint64_t seen = place.version.load(std::memory_order_acquire);
    while (place.hash.load(std::memory_order_relaxed) == hash) {
      if (seen >= version) return true;
      if (place.version.compare_exchange_weak(seen, version, std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
        return true;
      }
    }
  }
  return false;
}

/// Gives the place with the least version to a stream that has none.
void TopStreams::admit(std::uint64_t hash, std::string_view stream, std::uint64_t version) {
  const auto end = places_.begin() + static_cast<std::ptrdiff_t>(streams_max_);
  const auto least = [&] {
    return std::min_element(places_.begin(), end, [](const Place& a, const Place& b) {
      return a.version.load(std::memory_order_relaxed) < b.version.load(std::memory_order_relaxed);
    });
  };
  Place& place = *least();
  const std::uint64_t former = place.hash.load(std::memory_order_relaxed);
  std::uint64_t lowest = place.version.load(std::memory_order_relaxed);
  if (version > lowest) {
    place.hash.store(0, std::memory_order_relaxed);
    if (place.version.compare_exchange_strong(lowest, version, std::memory_order_acq_rel)) {
      names_[static_cast<std::size_t>(&place - places_.data())] = stream;
      place.hash.store(hash, std::memory_order_release);
    } else {
      place.hash.store(former, std::memory_order_relaxed);  // its stream has just grown
    }
  }
  threshold_.store(least()->version.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

std::vector<std::pair<std::string, std::uint64_t>> TopStreams::list() const {
  std::vector<std::pair<std::string, std::uint64_t>> streams;
  const eventcore::detail::MutexLock lock(mutex_);
  for (std::size_t i = 0; i < streams_max_; ++i) {
    const std::uint64_t version = places_[i].version.load(std::memory_order_relaxed);
    if (version != 0) streams.emplace_back(names_[i], version);
  }
  return streams;
}

}  // namespace eventcore::observability::detail
