// What a `MetricsService` knows of projections.

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "service_state.hpp"

namespace eventcore::observability {
namespace {

double seconds(std::chrono::duration<double> duration) noexcept { return duration.count(); }

using Projections = detail::Watched<detail::WatchedProjection>;

// Calls `show(name, status)` for each runner, leaders last: of several reports for a series the
// last one counts.
template <class Show>
void each_runner(const Projections& projections, const Show& show) {
  std::vector<std::pair<std::string, ProjectionStatus>> runners;
  projections.each([&](const detail::WatchedProjection& watched) {
    runners.emplace_back(watched.name, watched.runner.status());
  });
  std::stable_partition(runners.begin(), runners.end(),
                        [](const auto& runner) { return !runner.second.leader; });
  for (const auto& [name, status] : runners) show(name, status);
}

// The rebuild under way; nullptr if there is none.
const ProjectionProgress* rebuild_of(const ProjectionStatus& status) noexcept {
  const auto& progress = status.progress;
  const bool runs =
      status.leader && progress && progress->rebuild && progress->at < progress->target;
  return runs ? &*progress : nullptr;
}

}  // namespace

void MetricsService::State::observe_projections() {
  observe_lag();
  observe_runners();
  observe_rebuilds();
}

void MetricsService::State::observe_lag() {
  const auto figure = [this](const MetricDescription& description, auto value) {
    observe(description, [this, value](Observations& out) {
      watched_projections->each([&](detail::WatchedProjection& watched) {
        const auto figures = watched.figures.get();
        const std::optional<double> shown = figures ? value(*figures) : std::nullopt;
        if (shown) out.report(*shown, {watched.name});
      });
    });
  };
  const auto number = [](auto value) { return std::optional(static_cast<double>(value)); };
  using Figures = detail::ProjectionFigures;
  figure(catalogue::kProjectionLagEvents,
         [=](const Figures& figures) { return number(figures.lag.events); });
  figure(catalogue::kProjectionCheckpointPosition,
         [=](const Figures& figures) { return number(figures.lag.checkpoint.value); });
  figure(catalogue::kProjectionHeadPosition,
         [=](const Figures& figures) { return number(figures.lag.head.value); });
  figure(catalogue::kProjectionCheckpointBeyondHead,
         [=](const Figures& figures) { return number(figures.lag.beyond_head ? 1 : 0); });
  figure(catalogue::kProjectionDeadLetters,
         [=](const Figures& figures) { return number(figures.lag.dead_letters); });
  figure(catalogue::kProjectionOldestDeadLetterTimestampSeconds, [](const Figures& figures) {
    std::optional<double> time;
    if (figures.oldest_dead_letter) time = seconds(figures.oldest_dead_letter->time_since_epoch());
    return time;
  });
  observe(catalogue::kProjectionLagSeconds, [this](Observations& out) {
    projections.each([&](const std::string& name, const detail::ProjectionSeries& series) {
      const double given = series.lag_given->load(std::memory_order_relaxed);
      if (!std::isnan(given)) out.report(given, {name});
    });
    watched_projections->each([&](detail::WatchedProjection& watched) {
      const auto figures = watched.figures.get();
      if (figures) out.report(seconds(figures->age(options.clock->wall())), {watched.name});
    });
  });
}

void MetricsService::State::observe_runners() {
  const auto show = [this](const MetricDescription& description, auto value) {
    observe(description, [this, value](Observations& out) {
      each_runner(*watched_projections,
                  [&](const std::string& name, const ProjectionStatus& status) {
                    out.report(static_cast<double>(value(status)), {name});
                  });
    });
  };
  show(catalogue::kProjectionLeader, [](const ProjectionStatus& status) { return status.leader; });
  show(catalogue::kProjectionInFlightEvents,
       [](const ProjectionStatus& status) { return status.in_flight; });
  const auto show_time = [this](const MetricDescription& description, auto time) {
    observe(description, [this, time](Observations& out) {
      each_runner(*watched_projections,
                  [&](const std::string& name, const ProjectionStatus& status) {
                    if (status.*time)
                      out.report(seconds((status.*time)->time_since_epoch()), {name});
                  });
    });
  };
  show_time(catalogue::kProjectionLastProcessedEventTimestampSeconds,
            &ProjectionStatus::last_event);
  show_time(catalogue::kProjectionLastPollTimestampSeconds, &ProjectionStatus::last_poll);
  show_time(catalogue::kProjectionLastSuccessTimestampSeconds, &ProjectionStatus::last_success);
  observe(catalogue::kProjectionVersionInfo, [this](Observations& out) {
    watched_projections->each([&](const detail::WatchedProjection& watched) {
      out.report(1, {watched.name, watched.version});
    });
  });
  observe(catalogue::kProjectionState, [this](Observations& out) {
    each_runner(*watched_projections, [&](const std::string& name, const ProjectionStatus& status) {
      for (std::size_t i = 0; i < kProjectionStates; ++i) {
        const bool is = i == static_cast<std::size_t>(status.state);
        out.report(is ? 1 : 0, {name, LabelDomain<ProjectionState>::values[i]});
      }
    });
  });
}

void MetricsService::State::observe_rebuilds() {
  observe(catalogue::kProjectionRebuildRunning, [this](Observations& out) {
    each_runner(*watched_projections, [&](const std::string& name, const ProjectionStatus& status) {
      out.report(rebuild_of(status) != nullptr ? 1 : 0, {name});
    });
  });
  const auto show = [this](const MetricDescription& description, auto value) {
    observe(description, [this, value](Observations& out) {
      each_runner(
          *watched_projections, [&](const std::string& name, const ProjectionStatus& status) {
            const ProjectionProgress* rebuild = rebuild_of(status);
            const std::optional<double> shown = rebuild != nullptr ? value(*rebuild) : std::nullopt;
            if (shown) out.report(*shown, {name});
          });
    });
  };
  const auto number = [](std::uint64_t value) { return std::optional(static_cast<double>(value)); };
  using Rebuild = ProjectionProgress;
  show(catalogue::kProjectionRebuildDoneEvents,
       [=](const Rebuild& rebuild) { return number(rebuild.at - rebuild.from); });
  show(catalogue::kProjectionRebuildRemainingEvents,
       [=](const Rebuild& rebuild) { return number(rebuild.target - rebuild.at); });
  show(catalogue::kProjectionRebuildTargetPosition,
       [=](const Rebuild& rebuild) { return number(rebuild.target.value); });
  show(catalogue::kProjectionRebuildProgressRatio,
       [](const Rebuild& rebuild) { return std::optional(rebuild.ratio); });
  show(catalogue::kProjectionRebuildEtaSeconds, [](const Rebuild& rebuild) {
    return rebuild.at > rebuild.from ? std::optional(seconds(rebuild.left)) : std::nullopt;
  });
}

MetricsWatch MetricsService::watch(const ProjectionRunner& runner) {
  // So that its series are there before the first event.
  state_->projection(runner.projector().key());
  return state_->watched_projections->add(runner, state_->lookout, *state_->options.clock);
}

void MetricsService::batch_applied(const ProjectionBatchRecord& record) noexcept {
  const detail::ProjectionSeries& series = state_->projection(record.projection);
  series.processed.add(record.events);
  series.batch_events.record(static_cast<double>(record.events));
  if (!record.timed) return;
  series.handle.record(record.handle);
  series.batch.record(record.apply + record.checkpoint);
  series.checkpoint.record(record.checkpoint);
}

void MetricsService::failed(const ProjectionFailureRecord& record) noexcept {
  const auto failure =
      record.infrastructure
          ? ProjectionFailure::Store
          : static_cast<ProjectionFailure>(static_cast<std::uint8_t>(record.reason) - 1);
  state_->projection(record.projection).errors.at(failure).increment();
}

void MetricsService::retried(std::string_view projection, std::chrono::nanoseconds) noexcept {
  state_->projection(projection).retries.increment();
}

void MetricsService::dead_lettered(const DeadLetter& letter) noexcept {
  const auto cause = static_cast<DeadLetterCause>(static_cast<std::uint8_t>(letter.reason) - 1);
  state_->projection(letter.projection).dead_letters.at(cause).increment();
}

void MetricsService::dead_letter_replayed(std::string_view projection, Position,
                                          bool failed) noexcept {
  state_->projection(projection)
      .replays.at(failed ? ReplayResult::Error : ReplayResult::Ok)
      .increment();
}

void MetricsService::skipped(std::string_view projection, Position) noexcept {
  state_->projection(projection).skipped.at(SkipReason::Requested).increment();
}

}  // namespace eventcore::observability
