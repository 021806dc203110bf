#pragma once

// The streams with the highest versions that were seen, at most ten of them.
//
// 1. A place holds a hash, a version and, under the mutex, a name. Its version only rises.
// 2. A known stream's version is raised without the mutex: the version is read, then the hash is
//    checked, then the version is exchanged. Whoever gives the place to another stream takes the
//    hash away first and puts a greater version there, so that a late exchange fails.
// 3. `threshold_` is at most the least version among the places once all are taken: what is not
//    above it is turned away by one load.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventcore/detail/mutex.hpp"

namespace eventcore::observability::detail {

/// Thread-safety: Thread-safe. Blocking: `offer` never waits; a newcomer that would have to is
/// considered at its next offer.
class TopStreams {
 public:
  static constexpr std::size_t kMax = 10;

  /// Requires: `streams_max` is at most `kMax`.
  explicit TopStreams(std::size_t streams_max);

  void offer(std::uint64_t hash, std::string_view stream, std::uint64_t version) noexcept;
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> list() const;

 private:
  bool raise(std::uint64_t hash, std::uint64_t version) noexcept;
  void admit(std::uint64_t hash, std::string_view stream, std::uint64_t version)
      EVENTCORE_REQUIRES(mutex_);

  struct Place {
    std::atomic<std::uint64_t> hash = 0;  // atomic: searched without the mutex
    std::atomic<std::uint64_t> version = 0;
  };

  const std::size_t streams_max_;

  std::array<Place, kMax> places_;
  std::atomic<std::uint64_t> threshold_ = 0;  // atomic: read without the mutex

  mutable eventcore::detail::Mutex mutex_;
  std::array<std::string, kMax> names_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::observability::detail
