#pragma once

// What is inside a `MetricsService`: its series, and what is looked at when somebody scrapes.

#include <array>
#include <atomic>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "active_streams.hpp"
#include "cached.hpp"
#include "eventcore/command_executor.hpp"
#include "eventcore/observability/info_metric.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/store_administration.hpp"
#include "given_pools.hpp"
#include "hot_streams.hpp"
#include "lookout.hpp"
#include "memory_limit.hpp"
#include "name_table.hpp"
#include "page_maker.hpp"
#include "process_stats.hpp"
#include "projection_series.hpp"
#include "recent_max.hpp"
#include "watched.hpp"
#include "watched_projection.hpp"

namespace eventcore::observability {

namespace detail {

/// An executor that is asked at a scrape.
struct WatchedExecutor {
  explicit WatchedExecutor(const CommandExecutor& watched) : executor(watched) {}
  const CommandExecutor& executor;
};

/// A store that is asked at a scrape, for its disk, locks and care not at each.
struct WatchedStore {
  WatchedStore(EventStore& store, const std::shared_ptr<Lookout>& lookout, const Clock& clock,
               std::chrono::nanoseconds interval)
      : administration(store.administration()),
        space(lookout, clock, interval, [this] { return std::optional(administration.space()); }),
        blocking_age(lookout, clock, interval,
                     [this] { return administration.blocking_transaction_age(); }),
        care(lookout, clock, interval, [this] {
          auto known = administration.care();
          return known ? std::optional(*std::move(known)) : std::nullopt;
        }) {}
  WatchedStore(const WatchedStore&) = delete;
  WatchedStore& operator=(const WatchedStore&) = delete;

  StoreAdministration& administration;
  Looked<StoreSpace> space;
  Looked<std::chrono::nanoseconds> blocking_age;
  Looked<StoreCare> care;
};

}  // namespace detail

struct MetricsService::State {
  explicit State(MetricsOptions given);

  // Names past a limit are counted for the first of the families that carry them.
  const detail::CommandSeries& command(std::string_view type) {
    return command_types.find(
        type, kOverflowValue, [this](std::string_view name) { return commands.with(name); },
        [this] { commands.total.count_overflow(); });
  }
  const detail::CategorySeries& category_of_stream(std::string_view stream) {
    return categories.find(
        options.category(stream), kOverflowValue,
        [this](std::string_view name) {
          return detail::CategorySeries{events_written.with(name), stream_lengths.with(name)};
        },
        [this] { events_written.count_overflow(); });
  }
  const detail::PoolSeries& pool(std::string_view name) {
    return pools.find(
        name, kOverflowValue, [this](std::string_view pool) { return pool_families.with(pool); },
        [this] { pool_families.timeouts.count_overflow(); });
  }
  const detail::ProjectionSeries& projection(std::string_view name) {
    return projections.find(
        name, kOverflowValue,
        [this](std::string_view projection) { return projection_families.with(projection); },
        [this] { projection_families.processed.count_overflow(); });
  }
  [[nodiscard]] std::string_view category_of_conflict(
      const CommandRecord& record, const ConflictRecord& conflict) const noexcept;

  void observe(const MetricDescription& description, ObserveCallback callback);
  void observe_process();
  void observe_streams();
  void observe_executors();
  void observe_store();
  void observe_care();
  void observe_pools();
  void observe_projections();
  void observe_lag();
  void observe_runners();
  void observe_rebuilds();
  void observe_collectors();
  void show_update_cost();
  [[nodiscard]] std::vector<PoolFigures> measured_pools() const;

  // What command_finished is made of.
  void count_streams(const CommandRecord& record);
  void count_timed(const CommandRecord& record, const detail::CommandSeries& series);
  void count_hot_streams(const CommandRecord& record);
  void count_retries(const CommandRecord& record, const detail::CommandSeries& series);
  void count_measured(const CommandRecord& record);

  const MetricsOptions options;
  MetricRegistry registry{*options.clock};

  detail::CommandFamilies commands{registry};
  detail::StoreSeries store{registry};
  detail::PoolFamilies pool_families{registry};
  detail::ProjectionFamilies projection_families{registry};
  Family<DurationHistogram, CommandPhase> phases =
      detail::builtin<Family<DurationHistogram, CommandPhase>>(registry,
                                                               catalogue::kCommandPhaseSeconds);
  DynamicFamily<Counter, 1> events_written =
      detail::builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kEventsWrittenTotal);
  DynamicFamily<Histogram, 1> stream_lengths =
      detail::builtin<DynamicFamily<Histogram, 1>>(registry, catalogue::kStreamLength);
  DynamicFamily<Counter, 2> http_requests =
      detail::builtin<DynamicFamily<Counter, 2>>(registry, catalogue::kHttpRequestsTotal);
  DynamicFamily<Gauge, 1> health =
      detail::builtin<DynamicFamily<Gauge, 1>>(registry, catalogue::kHealthStatus);
  DynamicFamily<Info, 5> build_info =
      detail::builtin<DynamicFamily<Info, 5>>(registry, catalogue::kBuildInfo);
  detail::PageMaker pages{
      registry, detail::builtin<DurationHistogram>(registry, catalogue::kMetricsScrapeSeconds),
      *options.clock};

  detail::NameTable<detail::CommandSeries, kLabelValuesMax> command_types;
  detail::NameTable<detail::CategorySeries, kLabelValuesMax> categories;
  detail::NameTable<detail::ProjectionSeries, kLabelValuesMax> projections;
  detail::NameTable<detail::PoolSeries, catalogue::kByPool[0].values_max> pools;
  detail::ActiveStreams active_streams;
  detail::HotStreams hot_streams;
  std::array<detail::RecentMax, std::size(LabelDomain<StoreOperation>::values)> recent_max;

  // Atomic: set by the application, read by snapshots. Below 0 and not-a-number: not set.
  std::atomic<std::int64_t> active_streams_given = -1;
  std::atomic<double> memory_given = std::numeric_limits<double>::quiet_NaN();
  detail::GivenPools pools_given{catalogue::kByPool[0].values_max};

  eventcore::detail::Mutex mutex;
  std::optional<Gauge> store_up EVENTCORE_GUARDED_BY(mutex);
  std::optional<Bound<Info>> build EVENTCORE_GUARDED_BY(mutex);

  // What is looked at.
  const std::shared_ptr<detail::Lookout> lookout =
      std::make_shared<detail::Lookout>(*options.clock);
  const std::shared_ptr<detail::Watched<detail::WatchedExecutor>> executors =
      std::make_shared<detail::Watched<detail::WatchedExecutor>>();
  const std::shared_ptr<detail::Watched<detail::WatchedStore>> stores =
      std::make_shared<detail::Watched<detail::WatchedStore>>();
  const std::shared_ptr<detail::Watched<detail::WatchedProjection>> watched_projections =
      std::make_shared<detail::Watched<detail::WatchedProjection>>();
  detail::Cached<detail::ProcessStats> process;
  detail::Cached<std::uint64_t> memory_limit;

  // Last, so that callbacks end before what they read.
  std::vector<ObserverRegistration> observers;
};

}  // namespace eventcore::observability
