#include "command_rates.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "eventcore/observability/catalogue.hpp"

namespace eventcore::console {
namespace {

using namespace observability;

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const MetricDescription* const metric :
       {&catalogue::kCommandsTotal, &catalogue::kCommandErrorsTotal,
        &catalogue::kCommandOutcomesTotal, &catalogue::kCommandRetriesTotal,
        &catalogue::kCommandConflictsTotal, &catalogue::kCommandDurationSeconds}) {
    result.emplace_back(metric->name);
  }
  return result;
}

template <class Visit>
void for_each_series(const MetricsSnapshot& snapshot, const MetricDescription& metric,
                     Visit visit) {
  const FamilySnapshot* const family = snapshot.find(metric.name);
  if (family == nullptr) return;
  for (const SeriesSnapshot& series : family->series) visit(series.labels->values, series);
}

void add(monitor::detail::Distribution& to, const HistogramValue& from) {
  to.count += from.count();
  to.sum += from.sum;
  if (!from.native) return;
  to.zeros += from.native->zero_count;
  to.zero_threshold = from.native->zero_threshold;
  to.schema = from.native->schema;
  for (const NativeHistogram::Bucket& bucket : from.native->buckets) {
    to.buckets[bucket.index] += bucket.count;
  }
}

}  // namespace

CommandRates::CommandRates(const MetricsService& metrics) : metrics_(metrics), before_(take()) {}

CommandRates::Look CommandRates::take() const {
  const MetricsSnapshot snapshot = metrics_.registry().snapshot({.names = names(), .native = true});
  Look look;
  look.at = metrics_.clock().now();
  const auto sum = [&](const MetricDescription& metric, double Totals::*total) {
    for_each_series(snapshot, metric, [&](const auto& labels, const SeriesSnapshot& series) {
      look.types[labels.front()].*total += series.value;
    });
  };
  sum(catalogue::kCommandsTotal, &Totals::commands);
  sum(catalogue::kCommandErrorsTotal, &Totals::errors);
  sum(catalogue::kCommandRetriesTotal, &Totals::retries);
  sum(catalogue::kCommandConflictsTotal, &Totals::conflicts);
  for_each_series(snapshot, catalogue::kCommandOutcomesTotal,
                  [&](const auto& labels, const SeriesSnapshot& series) {
                    look.outcomes[labels.back()] += series.value;
                    if (labels.back() == to_string(CommandOutcome::Rejected)) {
                      look.types[labels.front()].rejections += series.value;
                    }
                  });
  for_each_series(snapshot, catalogue::kCommandDurationSeconds,
                  [&](const auto& labels, const SeriesSnapshot& series) {
                    if (series.histogram)
                      add(look.types[labels.front()].duration, *series.histogram);
                  });
  return look;
}

Json CommandRates::look() {
  Look now = take();
  const double seconds = std::chrono::duration<double>(now.at - before_.at).count();
  const auto rate = [&](double before, double after) {
    return rounded(seconds > 0 ? (after - before) / seconds : 0);
  };
  std::vector<std::pair<double, Json>> rows;
  for (const auto& [type, after] : now.types) {
    const Totals& before = before_.types[type];
    const auto quantile_ms = [&, &totals = after](double q) {
      return rounded(monitor::detail::quantile(before.duration, totals.duration, q) * 1e3);
    };
    rows.emplace_back(after.commands - before.commands,
                      Json{{"command_type", type},
                           {"per_second", rate(before.commands, after.commands)},
                           {"p50_ms", quantile_ms(0.5)},
                           {"p95_ms", quantile_ms(0.95)},
                           {"p99_ms", quantile_ms(0.99)},
                           {"errors_per_second", rate(before.errors, after.errors)},
                           {"rejections_per_second", rate(before.rejections, after.rejections)},
                           {"conflicts_per_second", rate(before.conflicts, after.conflicts)},
                           {"retries_per_second", rate(before.retries, after.retries)},
                           {"total", rounded(after.commands)},
                           {"errors_total", rounded(after.errors)}});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  Json list = Json::array();
  for (auto& [count, row] : rows) list.push_back(std::move(row));
  outcomes_ = Json::object();
  for (const auto& [outcome, total] : now.outcomes) {
    outcomes_[outcome] = {{"total", rounded(total)},
                          {"per_second", rate(before_.outcomes[outcome], total)}};
  }
  before_ = std::move(now);
  return list;
}

}  // namespace eventcore::console
