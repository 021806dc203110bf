#include "eventcore/otlp/otlp_metrics_exporter.hpp"

#include <condition_variable>
#include <thread>
#include <utility>

#include "../core/quiet_thread.hpp"
#include "after_fork.hpp"
#include "eventcore/detail/mutex.hpp"
#include "metrics_encoder.hpp"
#include "sender_over_forks.hpp"

namespace eventcore {
namespace {

using std::chrono::milliseconds;

/// A thread that calls a function each interval. Thread-safety: Thread-safe.
class Ticker {
 public:
  Ticker(milliseconds interval, std::function<void()> tick)
      : interval_(interval),
        tick_(std::move(tick)),
        thread_(detail::quiet_thread("eventcore-meter", [this] { run(); })) {}
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker() {
    {
      const detail::MutexLock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

 private:
  void run() {
    detail::MutexLock lock(mutex_);
    Instant next = std::chrono::steady_clock::now() + interval_;
    while (!stopping_) {
      if (std::chrono::steady_clock::now() < next) {
        changed_.wait_until(lock, next);
        continue;
      }
      // Late ones are not made up for.
      next = std::max(next + interval_, std::chrono::steady_clock::now());
      lock.unlock();
      tick_();
      lock.lock();
    }
  }

  const milliseconds interval_;
  const std::function<void()> tick_;
  detail::Mutex mutex_;
  std::condition_variable_any changed_;
  bool stopping_ EVENTCORE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

class MetricsExporter final : public OtlpMetricsExporter {
 public:
  MetricsExporter(detail::OtlpSettings settings, MetricsSource source, milliseconds interval)
      : exit_timeout_(settings.exit_timeout),
        source_(std::move(source)),
        sender_(std::move(settings)),
        ticker_(std::make_unique<Ticker>(interval, [this] { take(); })) {
    watch_.emplace([this] { detail::keep_for_ever(ticker_.release()); });
  }
  ~MetricsExporter() override {
    static_cast<void>(shutdown(Deadline::after(exit_timeout_)));
    watch_.reset();
  }

  OtlpDelivery flush(Deadline deadline) override {
    take();
    return sender_->flush(deadline);
  }
  OtlpDelivery shutdown(Deadline deadline) override {
    const std::unique_ptr<Ticker> ending = take_ticker();
    if (ending) take();
    return sender_->shutdown(deadline);
  }
  [[nodiscard]] OtlpStats stats() const override { return sender_->stats(); }

 private:
  std::unique_ptr<Ticker> take_ticker() {
    const detail::MutexLock lock(mutex_);
    return std::move(ticker_);
  }

  /// Puts a snapshot into the queue. The source is called without a lock.
  void take() noexcept {
    try {
      std::string metrics;
      const observability::MetricsSnapshot snapshot = source_();
      detail::append_metrics(metrics, snapshot, since_, system_clock().wall());
      if (metrics.empty()) return;
      sender_->put(1, [&](std::string& batch, std::size_t) { batch += metrics; });
    } catch (...) {
      return;  // no memory, or the source has failed: the next one may work
    }
  }

  const milliseconds exit_timeout_;
  const MetricsSource source_;
  const Timestamp since_ = system_clock().wall();
  detail::SenderOverForks sender_;
  detail::Mutex mutex_;
  std::unique_ptr<Ticker> ticker_;
  std::optional<detail::ForkWatch> watch_;
};

}  // namespace

Result<std::unique_ptr<OtlpMetricsExporter>> OtlpMetricsExporter::open(
    const OtlpOptions& options, MetricsSource source, std::optional<milliseconds> interval) {
  const detail::Environment environment = detail::process_environment();
  auto settings = detail::resolve(OtlpSignal::Metrics, options, environment);
  if (!settings) return settings.error();
  std::optional<detail::OtlpSettings> found = *std::move(settings);
  if (!found) return std::unique_ptr<OtlpMetricsExporter>{};
  if (!interval) {
    interval = detail::milliseconds_of(environment, "OTEL_METRIC_EXPORT_INTERVAL", found->report);
  }
  constexpr milliseconds kInterval{60'000};
  // An item is a snapshot: it is sent at once, and one more may wait for it.
  found->batch_max = 1;
  found->queue_max = 2;
  return std::unique_ptr<OtlpMetricsExporter>{std::make_unique<MetricsExporter>(
      *std::move(found), std::move(source), interval.value_or(kInterval))};
}

}  // namespace eventcore
