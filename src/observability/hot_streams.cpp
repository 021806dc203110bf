#include "hot_streams.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "eventcore/assert.hpp"

namespace eventcore::observability::detail {

HotStreams::HotStreams(std::size_t streams_max) : streams_max_(streams_max) {
  EVENTCORE_ASSERT(streams_max <= kMax, "at most 10 streams are told by name");
}

/// Where threads have their storage differs by the size of a stack at least; the high bits of a
/// product depend on all bits of it.
std::size_t HotStreams::own_sketch() noexcept {
  thread_local const char mark = 0;
  const auto address = reinterpret_cast<std::uintptr_t>(&mark);
  return static_cast<std::size_t>((std::uint64_t{address} * 0x9E3779B97F4A7C15U) >> 32) % kSketches;
}

std::vector<StreamCount> HotStreams::added_up() const {
  std::unordered_map<std::uint64_t, StreamCount> streams;
  std::unordered_map<std::uint64_t, std::uint64_t> others;  // of the sketches that know the stream
  std::uint64_t others_of_all = 0;
  for (const Sketch& sketch : sketches_) {
    const eventcore::detail::MutexLock lock(sketch.mutex);
    const std::uint64_t others_here = sketch.streams.count_of_others();
    others_of_all += others_here;
    for (const StreamCount& place : sketch.streams.places()) {
      StreamCount& sum = streams[place.hash];
      if (sum.stream.empty()) sum.stream = place.stream;
      sum.count += place.count;
      sum.error += place.error;
      sum.conflicts += place.conflicts;
      sum.version = std::max(sum.version, place.version);
      others[place.hash] += others_here;
    }
  }
  std::vector<StreamCount> all;
  all.reserve(streams.size());
  for (auto& [hash, sum] : streams) {
    const std::uint64_t elsewhere = others_of_all - others[hash];
    sum.count += elsewhere;
    sum.error += elsewhere;
    all.push_back(std::move(sum));
  }
  return all;
}

std::vector<StreamCount> HotStreams::list() const {
  if (streams_max_ == 0) return {};
  std::vector<StreamCount> all = added_up();
  const auto rank = [](const StreamCount& one) {
    return std::tuple(one.count - one.error, one.version);
  };
  std::sort(all.begin(), all.end(), [&](const StreamCount& a, const StreamCount& b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a.stream < b.stream;
  });
  if (all.size() > streams_max_) all.resize(streams_max_);
  return all;
}

}  // namespace eventcore::observability::detail
