#include "service_state.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "eventcore/assert.hpp"
#include "update_cost.hpp"

namespace eventcore::observability {

using detail::builtin;

namespace {

// One scrape asks for the same files several times.
constexpr std::chrono::milliseconds kMoment{100};

template <std::size_t... I>
std::array<detail::RecentMax, sizeof...(I)> recent_maxima(std::chrono::nanoseconds window,
                                                          std::index_sequence<I...>) {
  return {((void)I, detail::RecentMax(window))...};
}

template <class E>
constexpr std::string_view label_text(E value) noexcept {
  return LabelDomain<E>::values[static_cast<std::size_t>(value)];
}

double seconds(std::chrono::duration<double> duration) noexcept { return duration.count(); }

}  // namespace

MetricsService::State::State(MetricsOptions given)
    : options(given),
      active_streams(given.active_window, given.active_streams_max),
      hot_streams(given.top_streams),
      recent_max(recent_maxima(
          given.scrape_interval,
          std::make_index_sequence<std::size(LabelDomain<StoreOperation>::values)>())),
      process(*given.clock, kMoment, [] { return std::optional(detail::read_process_stats()); }),
      memory_limit(*given.clock, given.slow_collector_interval,
                   [] { return detail::read_memory_limit(); }) {
  EVENTCORE_ASSERT(options.hot_stream_interval >= 1, "one write in at least 1 is counted");
  observe_process();
  observe_streams();
  observe_executors();
  observe_store();
  observe_pools();
  observe_projections();
  observe_collectors();
  if (options.measure_update_cost) show_update_cost();
}

void MetricsService::State::observe(const MetricDescription& description,
                                    ObserveCallback callback) {
  Result<ObserverRegistration> registration = registry.observe(description, std::move(callback));
  EVENTCORE_ASSERT(registration.has_value(), registration.error().message);
  observers.push_back(*std::move(registration));
}

void MetricsService::State::observe_process() {
  const auto show = [this](const MetricDescription& description, auto part, auto field) {
    observe(description, [this, part, field](Observations& out) {
      const auto stats = process.get();
      if (stats && (*stats).*part) out.report((*((*stats).*part)).*field);
    });
  };
  using Stats = detail::ProcessStats;
  using detail::DescriptorStats;
  using detail::MemoryStats;
  using detail::RunStats;
  show(catalogue::kProcessResidentMemoryBytes, &Stats::memory, &MemoryStats::resident_bytes);
  show(catalogue::kProcessVirtualMemoryBytes, &Stats::memory, &MemoryStats::virtual_bytes);
  show(catalogue::kProcessVirtualMemoryMaxBytes, &Stats::memory, &MemoryStats::virtual_bytes_max);
  show(catalogue::kProcessCpuSecondsTotal, &Stats::run, &RunStats::cpu_seconds);
  show(catalogue::kProcessThreads, &Stats::run, &RunStats::threads);
  show(catalogue::kProcessStartTimeSeconds, &Stats::run, &RunStats::start_time_seconds);
  show(catalogue::kProcessOpenFds, &Stats::descriptors, &DescriptorStats::open);
  show(catalogue::kProcessMaxFds, &Stats::descriptors, &DescriptorStats::max);
  observe(catalogue::kMemoryUsageBytes, [this](Observations& out) {
    const double given = memory_given.load(std::memory_order_relaxed);
    if (!std::isnan(given)) return out.report(given);
    const auto stats = process.get();
    if (stats && stats->memory) out.report(stats->memory->resident_bytes);
  });
  observe(catalogue::kMemoryLimitBytes, [this](Observations& out) {
    if (const auto limit = memory_limit.get()) out.report(static_cast<double>(*limit));
  });
}

void MetricsService::State::observe_streams() {
  observe(catalogue::kActiveStreams, [this](Observations& out) {
    const std::int64_t given = active_streams_given.load(std::memory_order_relaxed);
    out.report(given >= 0 ? static_cast<double>(given)
                          : static_cast<double>(active_streams.count(options.clock->now())));
  });
  observe(catalogue::kStreamVersions, [this](Observations& out) {
    for (const detail::StreamCount& hot : hot_streams.list()) {
      // Cut off, two ids could be one.
      if (hot.version == 0 || hot.stream.size() > kLabelValueBytes) continue;
      out.report(static_cast<double>(hot.version), {hot.stream});
    }
  });
}

void MetricsService::State::observe_executors() {
  observe(catalogue::kCommandsInFlight, [this](Observations& out) {
    std::uint64_t sum = 0;
    executors->each(
        [&](const detail::WatchedExecutor& watched) { sum += watched.executor.in_flight(); });
    out.report(static_cast<double>(sum));
  });
  observe(catalogue::kMetricsTimingWeight, [this](Observations& out) {
    std::optional<std::uint32_t> weight;
    executors->each([&](const detail::WatchedExecutor& watched) {
      weight = std::max(weight.value_or(0), watched.executor.timing_weight());
    });
    if (!weight) return;
    out.report(options.time_every_command ? 1 : *weight, {"command"});
    out.report(*weight, {"phases"});
  });
}

void MetricsService::State::observe_store() {
  const auto figure = [this](const MetricDescription& description, auto value) {
    observe(description, [this, value](Observations& out) {
      stores->newest([&](const detail::WatchedStore& watched) {
        const std::optional<double> shown = value(watched.administration.figures());
        if (shown) out.report(*shown);
      });
    });
  };
  figure(catalogue::kStoreEvents, [](const StoreFigures& figures) {
    return std::optional(static_cast<double>(figures.events));
  });
  figure(catalogue::kStoreStreams, [](const StoreFigures& figures) {
    return std::optional(static_cast<double>(figures.streams));
  });
  figure(catalogue::kStoreLastAppendTimestampSeconds, [](const StoreFigures& figures) {
    std::optional<double> time;
    if (figures.last_append) time = seconds(figures.last_append->time_since_epoch());
    return time;
  });
  const auto space = [this](const MetricDescription& description, auto value) {
    observe(description, [this, value](Observations& out) {
      stores->newest([&](detail::WatchedStore& watched) {
        const auto known = watched.space.get();
        const std::optional<std::uint64_t> shown = known ? value(*known) : std::nullopt;
        if (shown) out.report(static_cast<double>(*shown));
      });
    });
  };
  space(catalogue::kStoreSizeBytes,
        [](const StoreSpace& known) { return std::optional(known.size_bytes); });
  space(catalogue::kStoreDiskSizeBytes,
        [](const StoreSpace& known) { return known.disk_size_bytes; });
  space(catalogue::kStoreDiskFreeBytes,
        [](const StoreSpace& known) { return known.disk_free_bytes; });
  observe(catalogue::kStoreBlockingTransactionAgeSeconds, [this](Observations& out) {
    stores->newest([&](detail::WatchedStore& watched) {
      if (const auto age = watched.blocking_age.get()) out.report(seconds(*age));
    });
  });
  observe_care();
  observe(catalogue::kStoreRecentMaxSeconds, [this](Observations& out) {
    const Instant now = options.clock->now();
    for (std::size_t i = 0; i < recent_max.size(); ++i) {
      out.report(seconds(recent_max[i].read(now)), {LabelDomain<StoreOperation>::values[i]});
    }
  });
}

void MetricsService::State::observe_care() {
  const auto each_task = [this](const MetricDescription& description, auto value) {
    observe(description, [this, value](Observations& out) {
      stores->newest([&](detail::WatchedStore& watched) {
        const auto care = watched.care.get();
        if (!care) return;
        for (std::size_t i = 0; i < kCareTasks; ++i) {
          const auto task = static_cast<CareTask>(i);
          if (const auto shown = value(care->of(task))) out.report(*shown, {label_text(task)});
        }
      });
    });
  };
  each_task(catalogue::kStoreCareAgeSeconds, [this](const CareHistory& history) {
    std::optional<double> age;
    if (history.last_success) age = seconds(options.clock->wall() - history.last_success->time);
    return age;
  });
  each_task(catalogue::kStoreCareFailed, [](const CareHistory& history) {
    std::optional<double> failed;
    if (history != CareHistory{}) failed = history.is_failing() ? 1 : 0;
    return failed;
  });
  const auto last = [this](const MetricDescription& description, CareTask task, auto value) {
    observe(description, [this, task, value](Observations& out) {
      stores->newest([&](detail::WatchedStore& watched) {
        const auto care = watched.care.get();
        if (!care || !care->of(task).last_success) return;
        out.report(static_cast<double>(value(watched, *care->of(task).last_success)));
      });
    });
  };
  last(catalogue::kStoreBackupSizeBytes, CareTask::Backup,
       [](auto&, const CareRecord& backup) { return backup.size_bytes; });
  last(catalogue::kStoreBackupPendingEvents, CareTask::Backup,
       [](detail::WatchedStore& watched, const CareRecord& backup) {
         const std::uint64_t events = watched.administration.figures().events;
         return events - std::min(events, backup.position.value);
       });
  last(catalogue::kStoreVerifyFindings, CareTask::Verify,
       [](auto&, const CareRecord& verified) { return verified.findings; });
}

std::vector<PoolFigures> MetricsService::State::measured_pools() const {
  std::vector<PoolFigures> measured;
  stores->newest([&](const detail::WatchedStore& watched) {
    measured = watched.administration.figures().pools;
  });
  return measured;
}

void MetricsService::State::observe_pools() {
  const auto report = [](Observations& out, const detail::GivenPools::Values& values) {
    for (const auto& [name, value] : values) out.report(value, {name});
  };
  observe(catalogue::kConnectionPoolSize,
          [this, report](Observations& out) { report(out, pools_given.sizes(measured_pools())); });
  observe(catalogue::kConnectionPoolMaxSize, [this, report](Observations& out) {
    report(out, pools_given.sizes_max(measured_pools()));
  });
  const auto measured = [this](const MetricDescription& description, auto value) {
    observe(description, [this, value](Observations& out) {
      for (const PoolFigures& pool : measured_pools()) {
        out.report(static_cast<double>(value(pool)), {pool.name});
      }
    });
  };
  measured(catalogue::kConnectionPoolInUse, [](const PoolFigures& pool) { return pool.in_use; });
  measured(catalogue::kConnectionPoolIdle,
           [](const PoolFigures& pool) { return pool.size - std::min(pool.in_use, pool.size); });
  measured(catalogue::kConnectionPoolPendingRequests,
           [](const PoolFigures& pool) { return pool.pending; });
}

void MetricsService::State::observe_collectors() {
  observe(catalogue::kMetricsCollectorAgeSeconds, [this](Observations& out) {
    const auto report = [&out](MetricsCollector collector, auto& cached) {
      // Read when due, so that the age is that of what this page shows.
      static_cast<void>(cached.get());
      if (const auto age = cached.age()) out.report(seconds(*age), {label_text(collector)});
    };
    report(MetricsCollector::Process, process);
    report(MetricsCollector::MemoryLimit, memory_limit);
    stores->newest([&](detail::WatchedStore& watched) {
      report(MetricsCollector::Disk, watched.space);
      report(MetricsCollector::Locks, watched.blocking_age);
      report(MetricsCollector::Care, watched.care);
    });
    std::optional<std::chrono::nanoseconds> oldest;
    watched_projections->each([&](detail::WatchedProjection& watched) {
      static_cast<void>(watched.figures.get());
      oldest = std::max(oldest, watched.figures.age());
    });
    if (oldest) out.report(seconds(*oldest), {label_text(MetricsCollector::Projections)});
  });
}

void MetricsService::State::show_update_cost() {
  const auto cost =
      builtin<Family<Gauge, MetricsUpdate>>(registry, catalogue::kMetricsUpdateCostSeconds);
  const detail::UpdateCost measured = detail::measure_update_cost(*options.clock);
  cost.at(MetricsUpdate::Counter).set(measured.counter.count());
  cost.at(MetricsUpdate::Histogram).set(measured.histogram.count());
  cost.at(MetricsUpdate::Clock).set(measured.clock.count());
}

}  // namespace eventcore::observability
