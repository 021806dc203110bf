#include "update_cost.hpp"

#include <algorithm>

#include "eventcore/observability/catalogue.hpp"
#include "service_series.hpp"

namespace eventcore::observability::detail {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr int kRounds = 8;
constexpr int kUpdates = 256;
// Each of the three is over after so long, however slow the machine is.
constexpr std::chrono::microseconds kTimeMax{250};

template <class Update>
Seconds least_of_rounds(const Update& update) {
  Seconds least = Seconds::max();
  const auto begin = std::chrono::steady_clock::now();
  auto last = begin;
  for (int round = 0; round < kRounds && last - begin < kTimeMax; ++round) {
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < kUpdates; ++i) update(i);
    last = std::chrono::steady_clock::now();
    least = std::min(least, Seconds(last - before) / kUpdates);
  }
  return least;
}

}  // namespace

UpdateCost measure_update_cost(const Clock& clock) {
  MetricRegistry scratch(clock);
  const auto counter = builtin<Counter>(scratch, catalogue::kAppendBytesTotal);
  const auto histogram = builtin<DurationHistogram>(scratch, catalogue::kCommitSeconds);
  UpdateCost cost;
  cost.counter = least_of_rounds([&](int) { counter.increment(); });
  cost.histogram = least_of_rounds(
      [&](int i) { histogram.record(std::chrono::microseconds(10) * (1 + i % 64)); });
  cost.clock = least_of_rounds([&](int) { static_cast<void>(clock.now()); });
  return cost;
}

}  // namespace eventcore::observability::detail
