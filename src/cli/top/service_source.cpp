#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "../scrape/scraped_service.hpp"
#include "../time_text.hpp"
#include "console_answers.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/redact_secrets.hpp"
#include "top_look.hpp"

namespace eventcore::cli {
namespace {

using namespace observability;
using monitor::detail::Reading;

using Numbers = std::map<std::string, double>;

/// The series of a family by the value of its first label.
Numbers by_first(const MetricsSnapshot& metrics, const MetricDescription& description) {
  Numbers numbers;
  const FamilySnapshot* const family = metrics.find(description.name);
  if (family == nullptr) return numbers;
  for (const SeriesSnapshot& series : family->series) {
    numbers[series.labels->values.front()] += series.value;
  }
  return numbers;
}

/// The same by the last one.
Numbers by_last(const MetricsSnapshot& metrics, const MetricDescription& description) {
  Numbers numbers;
  const FamilySnapshot* const family = metrics.find(description.name);
  if (family == nullptr) return numbers;
  for (const SeriesSnapshot& series : family->series) {
    numbers[series.labels->values.back()] += series.value;
  }
  return numbers;
}

double number_of(const Numbers& numbers, const std::string& name) {
  const auto found = numbers.find(name);
  return found == numbers.end() ? kNoNumber : found->second;
}

/// How much a counter has risen a second; one that is new has risen from 0.
double rate_of(const Numbers& before, const Numbers& after, const std::string& name,
               double seconds) {
  const auto now = after.find(name);
  if (now == after.end() || seconds <= 0) return kNoNumber;
  const auto then = before.find(name);
  return std::max(0.0, now->second - (then == before.end() ? 0 : then->second)) / seconds;
}

/// What concerns commands of one type alone.
MetricsSnapshot only(const MetricsSnapshot& metrics, const std::string& command_type) {
  MetricsSnapshot part;
  for (const FamilySnapshot& family : metrics.families) {
    const auto& labels = family.description->labels;
    if (labels.empty() || labels.front().name != "command_type") continue;
    FamilySnapshot own{.description = family.description, .series = {}};
    for (const SeriesSnapshot& series : family.series) {
      if (series.labels->values.front() == command_type) own.series.push_back(series);
    }
    part.families.push_back(std::move(own));
  }
  return part;
}

/// The state of each projection: the label of the series that is 1.
std::map<std::string, std::string> states_of(const MetricsSnapshot& metrics) {
  std::map<std::string, std::string> states;
  const FamilySnapshot* const family = metrics.find(catalogue::kProjectionState.name);
  if (family == nullptr) return states;
  for (const SeriesSnapshot& series : family->series) {
    if (series.value == 1) states[series.labels->values.front()] = series.labels->values.back();
  }
  return states;
}

std::vector<ProjectionRow> projections_of(const MetricsSnapshot& before,
                                          const MetricsSnapshot& after, double seconds) {
  const Numbers lags = by_first(after, catalogue::kProjectionLagSeconds);
  const Numbers events = by_first(after, catalogue::kProjectionLagEvents);
  const Numbers positions = by_first(after, catalogue::kProjectionCheckpointPosition);
  const Numbers letters = by_first(after, catalogue::kProjectionDeadLetters);
  const Numbers done = by_first(after, catalogue::kProjectionEventsProcessedTotal);
  const Numbers done_before = by_first(before, catalogue::kProjectionEventsProcessedTotal);
  const auto states = states_of(after);
  std::vector<ProjectionRow> rows;
  for (const auto& [name, lag] : lags) {
    ProjectionRow row{.name = name, .state = "-", .lag_seconds = lag};
    if (const auto state = states.find(name); state != states.end()) row.state = state->second;
    row.lag_events = number_of(events, name);
    row.position = number_of(positions, name);
    row.per_second = rate_of(done_before, done, name, seconds);
    if (const double parked = number_of(letters, name); !std::isnan(parked)) {
      row.dead_letters = parked;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<StreamRow> streams_of(const MetricsSnapshot& before, const MetricsSnapshot& after,
                                  double seconds) {
  const Numbers versions = by_first(after, catalogue::kStreamVersions);
  const Numbers earlier = by_first(before, catalogue::kStreamVersions);
  std::vector<StreamRow> rows;
  for (const auto& [name, version] : versions) {
    StreamRow row{.name = name, .version = version};
    // One that was not among the hottest may have been long before.
    if (earlier.count(name) != 0) row.per_second = rate_of(earlier, versions, name, seconds);
    rows.push_back(std::move(row));
  }
  return rows;
}

class ServiceSource final : public TopSource {
 public:
  ServiceSource(ScrapedService service, std::string api)
      : service_(std::move(service)), console_(std::move(api)) {}

  Result<TopLook> look(const std::stop_token& stop) override {
    Result<ServiceLook> seen = service_.look(stop);
    if (!seen) return seen.error();
    const Instant at = system_clock().now();
    TopLook look{.time = short_time(system_clock().wall()), .window = seen->window};
    if (seen->was_restarted) {
      look.note = "the process was started anew";
      before_ = {};
      commands_before_.clear();
    }
    const double seconds =
        seen->window ? std::chrono::duration<double>(seen->window->window).count() : 0;
    look.outcomes = outcomes_of(seen->metrics, seconds);
    look.commands = commands_of(seen->metrics, at);
    look.projections = projections_of(before_, seen->metrics, seconds);
    look.streams = streams_of(before_, seen->metrics, seconds);
    before_ = std::move(seen->metrics);
    console_.add_to(look, stop);
    return look;
  }

  std::string title() const override { return redact_secrets(service_.url()); }

 private:
  std::vector<std::pair<std::string, double>> outcomes_of(const MetricsSnapshot& metrics,
                                                          double seconds) const {
    const Numbers now = by_last(metrics, catalogue::kCommandOutcomesTotal);
    const Numbers then = by_last(before_, catalogue::kCommandOutcomesTotal);
    std::vector<std::pair<std::string, double>> outcomes;
    for (const auto& [name, total] : now) {
      const double rate = rate_of(then, now, name, seconds);
      if (total > 0 && !std::isnan(rate)) outcomes.emplace_back(name, rate);
    }
    return outcomes;
  }

  std::vector<CommandRow> commands_of(const MetricsSnapshot& metrics, Instant at) {
    std::vector<CommandRow> rows;
    for (const auto& [name, total] : by_first(metrics, catalogue::kCommandsTotal)) {
      Reading now = monitor::detail::reading_of(only(metrics, name));
      now.at = at;
      const auto before = commands_before_.find(name);
      if (before != commands_before_.end()) {
        rows.push_back({.name = name,
                        .total = total,
                        .window = monitor::detail::between(before->second, now)});
      }
      commands_before_.insert_or_assign(name, std::move(now));
    }
    return rows;
  }

  ScrapedService service_;
  ConsoleAnswers console_;
  MetricsSnapshot before_;
  std::map<std::string, Reading> commands_before_;
};

}  // namespace

Result<std::unique_ptr<TopSource>> service_source(const std::string& url) {
  // Within the interval, or little more: who watches wants to know that nobody answers.
  Result<ScrapedService> service = ScrapedService::at(
      url, {.timeout = std::chrono::seconds(3), .bearer_token = token_of_environment()});
  if (!service) return service.error();
  std::string api = service->url();
  // The console is where the metrics are.
  api.resize(std::min(api.size(), api.find('/', api.find("//") + 2)));
  return std::unique_ptr<TopSource>(
      std::make_unique<ServiceSource>(*std::move(service), std::move(api)));
}

}  // namespace eventcore::cli
