#pragma once

/// \file
/// `ProcessLook`: two looks at the `/metrics` of a process, some seconds apart, as numbers that
/// checks compare with thresholds.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/observability/metric_description.hpp"
#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::cli::doctor {

using observability::MetricDescription;

/// One series: its value at the second look, and by how much it differs from the first.
struct Row {
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;
  double rise = 0;
  bool is_new = false;  ///< The first look did not have it.

  [[nodiscard]] std::string_view label(std::string_view name) const;
};

/// What a histogram has counted between the looks.
struct WindowHistogram {
  std::vector<double> bounds;
  std::vector<double> counts;  ///< By bound, and one past the last.
  double sum = 0;

  [[nodiscard]] double count() const;
  /// As PromQL's `histogram_quantile`; not-a-number without counts.
  [[nodiscard]] double quantile(double q) const;
};

/// Thread-safety: Immutable.
class ProcessLook {
 public:
  using Labels = std::map<std::string, std::string, std::less<>>;

  /// `seconds` lie between the looks; at `now` was the second.
  ProcessLook(std::string url, observability::MetricsSnapshot before,
              observability::MetricsSnapshot after, double seconds, Timestamp now);

  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  [[nodiscard]] double seconds() const noexcept { return seconds_; }
  /// In seconds since 1970, as timestamps in metrics are.
  [[nodiscard]] double now() const noexcept { return now_; }

  /// The series of a family whose labels include `wanted`.
  [[nodiscard]] std::vector<Row> rows(const MetricDescription& family,
                                      const Labels& wanted = {}) const;
  /// The first of them; not-a-number if there is none.
  [[nodiscard]] double value(const MetricDescription& family, const Labels& wanted = {}) const;
  /// How much those of a counter have risen, all together.
  [[nodiscard]] double rise(const MetricDescription& family, const Labels& wanted = {}) const;
  [[nodiscard]] WindowHistogram histogram(const MetricDescription& family,
                                          const Labels& wanted = {}) const;
  /// The values of a label in a family.
  [[nodiscard]] std::vector<std::string> values_of(const MetricDescription& family,
                                                   std::string_view label) const;

 private:
  std::string url_;
  observability::MetricsSnapshot before_;
  observability::MetricsSnapshot after_;
  double seconds_;
  double now_;
};

}  // namespace eventcore::cli::doctor
