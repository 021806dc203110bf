#pragma once

// What an application has said about pools of connections. For a pool of the same name it counts
// more than what a store says of itself.

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/store_administration.hpp"

namespace eventcore::observability::detail {

/// Thread-safety: Thread-safe.
class GivenPools {
 public:
  /// A figure of all pools by name.
  using Values = std::map<std::string, double, std::less<>>;

  /// Past `pools_max` names a value goes to the overflow pool.
  explicit GivenPools(std::size_t pools_max) : pools_max_(pools_max) {}

  void set_size(std::string_view pool, double size);
  void set_size_max(std::string_view pool, double size_max);

  /// The sizes of `measured` pools, and of those that were given.
  [[nodiscard]] Values sizes(std::span<const PoolFigures> measured) const;
  [[nodiscard]] Values sizes_max(std::span<const PoolFigures> measured) const;

 private:
  struct Given {
    std::optional<double> size;
    std::optional<double> size_max;
  };
  [[nodiscard]] Given& given(std::string_view pool) EVENTCORE_REQUIRES(mutex_);
  void put_over(Values& values, std::optional<double> Given::*figure) const
      EVENTCORE_EXCLUDES(mutex_);

  const std::size_t pools_max_;

  mutable eventcore::detail::Mutex mutex_;
  std::map<std::string, Given, std::less<>> pools_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::observability::detail
