#pragma once

/// \file
/// `Baseline`: how a program did once, as measurements that a later run is compared with.
///
///     const auto before = read_baseline("release-1.baseline.json");
///     const auto after = baseline_of(monitor->snapshots(), "now");
///     const BaselineComparison result = compare_baselines(*before, after);
///
/// It keeps the samples, not their averages: whether a difference is one can only be told from how
/// much they vary. A process is one series of samples, so a comparison of two of them does not see
/// how much processes of the same program vary; docs/guide/monitor.md says what helps. The file
/// format is in docs/reference/baseline-format.md.

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/monitor/performance_snapshot.hpp"
#include "eventcore/monitor/sample_comparison.hpp"
#include "eventcore/result.hpp"

namespace eventcore::monitor {

/// What was measured, again and again. Not-a-number: there was nothing to measure that time.
struct BaselineMeasure {
  std::string name = {};          ///< Snake case with its unit, such as `avg_latency_ms`.
  Better better = Better::Lower;  ///< `Neither`: shown and not judged.
  double level_min = 1e-9;        ///< Lower levels count as this one; above 0.
  std::vector<double> samples = {};
};

/// Measurements of one program. Thread-safety: Immutable.
struct Baseline {
  std::string name = {};
  std::string source = {};  ///< What was measured: a URL, a command.
  Timestamp recorded_at{};
  /// Length of the windows of a process, which are a series; 0: each sample is a run of its own.
  std::chrono::nanoseconds interval{};
  std::vector<BaselineMeasure> measures = {};

  [[nodiscard]] const BaselineMeasure* find(std::string_view measure) const noexcept;
};

/// Limits of a file.
inline constexpr std::size_t kBaselineBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kBaselineMeasuresMax = 100;
inline constexpr std::size_t kBaselineSamplesMax = 10'000;

/// The measures of a process's windows: CPU a command, latencies, commits, errors and conflicts,
/// which are judged; throughput and memory, which depend on the load and are not.
[[nodiscard]] Baseline baseline_of(std::span<const PerformanceSnapshot> snapshots,
                                   std::string name);

/// Errors: InvalidArgument (not a baseline, or of a newer format; what is wrong).
[[nodiscard]] Result<Baseline> parse_baseline(std::string_view json);
/// Ends with a line end.
[[nodiscard]] std::string to_json(const Baseline& baseline);

/// Errors: InvalidArgument (no such file, too large, not a baseline). Blocking: yes.
[[nodiscard]] Result<Baseline> read_baseline(const std::filesystem::path& path);
/// Replaces a file, whole or not at all. Errors: Unavailable (it can't be written).
/// Blocking: yes, writes and syncs.
[[nodiscard]] Result<void> write_baseline(const Baseline& baseline,
                                          const std::filesystem::path& path);

/// What counts as worse.
struct BaselineRules {
  double change_min = 0.05;
  /// That nothing is called worse or better by chance; shared by all measures that are judged.
  double confidence_min = 0.99;
  bool paired = false;  ///< Sample i of both was taken side by side.
};

struct MeasureComparison {
  std::string name;
  Better better = Better::Lower;
  SampleComparison result;
};

struct BaselineComparison {
  /// Worse if any measure is; else InsufficientData if that holds for all that are judged; else
  /// Better if any is.
  Verdict verdict = Verdict::InsufficientData;
  double measure_confidence = 0;            ///< What each measure has to reach.
  std::vector<MeasureComparison> measures;  ///< Those that both have, in the order of the first.
};

/// Compares `after` with `before`. Cost: as `compare_samples`, for each measure.
[[nodiscard]] BaselineComparison compare_baselines(const Baseline& before, const Baseline& after,
                                                   const BaselineRules& rules = {});

}  // namespace eventcore::monitor
