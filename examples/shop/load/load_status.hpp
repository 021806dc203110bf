#pragma once

/// \file
/// What a load run tells while it lasts and at its end.

#include <chrono>
#include <string>

#include "load/load.hpp"

namespace shop {

/// `orders/s 198  p95 6.1 ms  refusals 12  failures 0`: what happened between two moments.
[[nodiscard]] std::string status_text(const LoadCounts& before, const LoadCounts& after,
                                      std::chrono::duration<double> between);

/// A few lines about a whole run.
[[nodiscard]] std::string summary_text(const LoadCounts& counts,
                                       std::chrono::duration<double> elapsed);

}  // namespace shop
