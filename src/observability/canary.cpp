#include "eventcore/observability/canary.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "../core/lease_holder.hpp"
#include "eventcore/observability/catalogue.hpp"

namespace eventcore::observability {

namespace {

// How soon a wait for a projection notices that the canary is stopped.
constexpr std::chrono::milliseconds kSlice{100};

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

struct Watched {
  ProjectionRunner* runner;
  std::string name;
};

}  // namespace

class Canary::State {
 public:
  State(EventStore& store, std::shared_ptr<MetricsService> metrics, const CanaryOptions& options,
        StreamId stream)
      : store_(store), metrics_(std::move(metrics)), options_(options), stream_(std::move(stream)) {
    touch();
  }

  [[nodiscard]] Result<void> show() {
    MetricRegistry& registry = metrics_->registry();
    const auto add = [&](const MetricDescription& description, ObserveCallback callback) {
      auto shown = registry.observe(description, std::move(callback));
      if (!shown) return Result<void>(shown.error());
      shown_.push_back(*std::move(shown));
      return Result<void>();
    };
    if (auto done = add(catalogue::kCanaryPeriodSeconds,
                        [this](Observations& to) { to.report(seconds(options_.period)); });
        !done) {
      return done;
    }
    if (auto done = add(catalogue::kCanaryLastSuccessTimestampSeconds,
                        [this](Observations& to) {
                          to.report(seconds(std::chrono::nanoseconds(last_success_ns_.load())));
                        });
        !done) {
      return done;
    }
    auto visible = registry.add<DurationHistogram>(catalogue::kCanaryVisibleSeconds);
    if (!visible) return visible.error();
    auto projected =
        registry.add<DynamicFamily<DurationHistogram, 1>>(catalogue::kCanaryProjectedSeconds);
    if (!projected) return projected.error();
    auto failures = registry.add<Family<Counter, CanaryStage>>(catalogue::kCanaryFailuresTotal);
    if (!failures) return failures.error();
    visible_.emplace(*visible);
    projected_.emplace(*projected);
    failures_.emplace(*failures);
    return {};
  }

  void watch(ProjectionRunner& runner) { watched_.push_back({&runner, runner.projector().key()}); }

  void start() {
    touch();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void stop() noexcept {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] Result<CanaryFlight> fly(const std::stop_token& stop) {
    const Clock& clock = metrics_->clock();
    const Instant began = clock.now();
    const EventToWrite event{.stream = stream_, .type = std::string(kEventType), .payload = "{}"};
    const auto written = store_.write_events({&event, 1}, Deadline::after(options_.patience));
    if (!written) return failed(CanaryStage::Append, written.error());

    LogQuery query;
    query.after = {written->first.value - 1};
    query.until = written->last;
    const auto page = store_.read(std::move(query), Deadline::after(options_.patience));
    if (!page) return failed(CanaryStage::Visible, page.error());
    if (page->events.empty() || page->events.front().position != written->first) {
      return failed(CanaryStage::Visible,
                    make_error(ErrorCode::Corrupt, "the event is stored, and not in the log",
                               stream_.view(), written->first));
    }
    CanaryFlight flight{.position = written->last, .visible = clock.now() - began};
    visible_->record(flight.visible);
    touch();
    if (watched_.empty()) return flight;

    const Watched& watched = watched_[next_.fetch_add(1) % watched_.size()];
    if (auto passed = wait(*watched.runner, written->last, stop); !passed) {
      if (stop.stop_requested()) return flight;
      return failed(CanaryStage::Projected, passed.error());
    }
    flight.projection = watched.name;
    flight.projected = clock.now() - began;
    projected_->with(watched.name).record(flight.projected);
    return flight;
  }

 private:
  void touch() noexcept { last_success_ns_ = metrics_->clock().wall().time_since_epoch().count(); }

  [[nodiscard]] Error failed(CanaryStage stage, Error error) {
    failures_->at(stage).increment();
    return error;
  }

  [[nodiscard]] Result<void> wait(ProjectionRunner& runner, Position position,
                                  const std::stop_token& stop) const {
    // A projection that hangs must not hold up the next flight.
    const Deadline end = Deadline::after(std::min(options_.patience, options_.period));
    for (;;) {
      const Deadline slice{std::min(end.at, Deadline::after(kSlice).at)};
      auto passed = runner.wait_for(position, slice);
      if (passed || passed.error().code != ErrorCode::DeadlineExceeded ||
          end.expired(system_clock()) || stop.stop_requested()) {
        return passed;
      }
    }
  }

  void run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    auto next = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
      ignore_error(fly(stop), "it is counted");
      // What took longer than the period is not made up for.
      next = std::max(next + options_.period, std::chrono::steady_clock::now());
      std::unique_lock lock(mutex);
      stopped.wait_until(lock, stop, next, [] { return false; });
    }
  }

  EventStore& store_;
  const std::shared_ptr<MetricsService> metrics_;
  const CanaryOptions options_;
  const StreamId stream_;
  std::optional<DurationHistogram> visible_;
  std::optional<DynamicFamily<DurationHistogram, 1>> projected_;
  std::optional<Family<Counter, CanaryStage>> failures_;
  std::vector<Watched> watched_;
  std::atomic<std::size_t> next_ = 0;              // atomic: flights may be concurrent
  std::atomic<std::int64_t> last_success_ns_ = 0;  // atomic: scrapes read it
  std::vector<ObserverRegistration> shown_;        // after what its callbacks read
  std::jthread thread_;
};

Canary::Canary(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Canary>> Canary::open(EventStore& store,
                                             std::shared_ptr<MetricsService> metrics,
                                             CanaryOptions options) {
  if (options.period < std::chrono::milliseconds(1) || options.patience.count() <= 0) {
    return make_error(
        ErrorCode::InvalidArgument,
        "a canary's period is at least a millisecond, its patience more than nothing");
  }
  if (options.name.empty()) options.name = eventcore::detail::host_name();
  if (options.name.empty()) options.name = "host";
  auto stream = StreamId::of(std::string(kCategory) + "-", options.name);
  if (!stream) return stream.error();
  auto state = std::make_unique<State>(store, std::move(metrics), options, *std::move(stream));
  if (auto shown = state->show(); !shown) return shown.error();
  return std::unique_ptr<Canary>(new Canary(std::move(state)));
}

Canary::~Canary() { stop(); }

void Canary::watch(ProjectionRunner& runner) { state_->watch(runner); }

void Canary::start() { state_->start(); }

void Canary::stop() noexcept { state_->stop(); }

Result<CanaryFlight> Canary::fly() { return state_->fly({}); }

}  // namespace eventcore::observability
