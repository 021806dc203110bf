#include "given_pools.hpp"

#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability::detail {

void GivenPools::set_size(std::string_view pool, double size) {
  const eventcore::detail::MutexLock lock(mutex_);
  given(pool).size = size;
}

void GivenPools::set_size_max(std::string_view pool, double size_max) {
  const eventcore::detail::MutexLock lock(mutex_);
  given(pool).size_max = size_max;
}

GivenPools::Given& GivenPools::given(std::string_view pool) {
  if (const auto known = pools_.find(pool); known != pools_.end()) return known->second;
  const bool is_new = pools_.size() < pools_max_ && pool.size() <= kLabelValueBytes;
  return pools_[std::string(is_new ? pool : kOverflowValue)];
}

GivenPools::Values GivenPools::sizes(std::span<const PoolFigures> measured) const {
  Values values;
  for (const PoolFigures& pool : measured) {
    values.insert_or_assign(std::string(pool.name), static_cast<double>(pool.size));
  }
  put_over(values, &Given::size);
  return values;
}

GivenPools::Values GivenPools::sizes_max(std::span<const PoolFigures> measured) const {
  Values values;
  for (const PoolFigures& pool : measured) {
    values.insert_or_assign(std::string(pool.name), static_cast<double>(pool.size_max));
  }
  put_over(values, &Given::size_max);
  return values;
}

void GivenPools::put_over(Values& values, std::optional<double> Given::*figure) const {
  const eventcore::detail::MutexLock lock(mutex_);
  for (const auto& [name, given] : pools_) {
    const std::optional<double>& value = given.*figure;
    if (value) values.insert_or_assign(name, *value);
  }
}

}  // namespace eventcore::observability::detail
