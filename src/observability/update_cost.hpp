#pragma once

// What it costs here and now to update a metric: measured, so that nobody has to believe a page.

#include <chrono>

#include "eventcore/clock.hpp"

namespace eventcore::observability::detail {

struct UpdateCost {
  std::chrono::duration<double> counter{};
  std::chrono::duration<double> histogram{};
  std::chrono::duration<double> clock{};
};

/// The least of some rounds each, on one thread. Cost: less than a millisecond.
[[nodiscard]] UpdateCost measure_update_cost(const Clock& clock);

}  // namespace eventcore::observability::detail
