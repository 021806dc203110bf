#pragma once

// Makes pages of metrics: once for all who ask for the same at the same time.

#include <condition_variable>
#include <memory>
#include <string>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/observability/metrics_page.hpp"
#include "negotiation.hpp"

namespace eventcore::observability::detail {

/// Takes families out of `snapshot` that are none of `names`, neither by their own name, nor by
/// that in OpenMetrics, nor by the name of a sample.
void keep_named(MetricsSnapshot& snapshot, const std::vector<std::string>& names);

/// A page, and whether somebody else has it too.
struct SharedPage {
  std::shared_ptr<MetricsPage> page;
  bool is_shared = false;
};

/// Thread-safety: Thread-safe. No lock is held while a page is made or read.
class PageMaker {
 public:
  /// Times pages in `made`. Requires: `registry` and `clock` outlive it.
  PageMaker(const MetricRegistry& registry, DurationHistogram made, const Clock& clock)
      : registry_(registry), made_(made), clock_(clock) {}

  /// The page for `request`. Blocking: while another thread makes the same page.
  [[nodiscard]] SharedPage page(const ScrapeRequest& request) EVENTCORE_EXCLUDES(mutex_);
  /// How many threads wait for a page that another one makes.
  [[nodiscard]] std::size_t waiting() const EVENTCORE_EXCLUDES(mutex_);

 private:
  /// What tells pages apart.
  struct Form {
    PageFormat format = PageFormat::PrometheusText;
    bool gzip = false;
    std::vector<std::string> names;  // sorted

    friend bool operator==(const Form&, const Form&) = default;
  };
  /// A page that is being made. Guarded by the mutex.
  struct Making {
    Form form;
    bool is_over = false;
    std::size_t waiting = 0;
    std::shared_ptr<MetricsPage> page;  // null if it failed
  };

  static Form form_of(const ScrapeRequest& request);
  [[nodiscard]] MetricsPage make(const Form& form) const;
  /// Ends `making`; whether others wait for its page.
  bool finish(Making& making, std::shared_ptr<MetricsPage> page) EVENTCORE_EXCLUDES(mutex_);

  const MetricRegistry& registry_;
  const DurationHistogram made_;
  const Clock& clock_;

  mutable eventcore::detail::Mutex mutex_;
  std::condition_variable_any over_;
  std::vector<std::shared_ptr<Making>> under_way_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::observability::detail
