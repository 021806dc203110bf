#pragma once

/// \file
/// The comparisons of `eventcore-bench`, one function for each subject.

#include <filesystem>
#include <vector>

#include "comparison.hpp"

namespace eventcore::bench {

/// How much work the comparisons do.
struct Effort {
  double seconds = 1.5;                     ///< Of each timed run.
  std::uint64_t stored_events = 2'000'000;  ///< In "a full store".
  std::filesystem::path folder;             ///< For files; on the disk that is to be measured.
};

[[nodiscard]] std::vector<Comparison> memory_comparisons();
[[nodiscard]] std::vector<Comparison> sqlite_comparisons(const Effort& effort);
[[nodiscard]] std::vector<Comparison> postgres_comparisons(const Effort& effort);
[[nodiscard]] std::vector<Comparison> process_comparisons(const Effort& effort);
[[nodiscard]] std::vector<Comparison> replay_comparisons(const Effort& effort);
[[nodiscard]] std::vector<Comparison> projection_comparisons(const Effort& effort);
[[nodiscard]] std::vector<Comparison> json_comparisons();
[[nodiscard]] std::vector<Comparison> log_comparisons();
[[nodiscard]] std::vector<Comparison> metric_comparisons();
[[nodiscard]] std::vector<Comparison> scrape_comparisons();
[[nodiscard]] std::vector<Comparison> otlp_comparisons();
[[nodiscard]] std::vector<Comparison> monitoring_comparisons(const Effort& effort);
[[nodiscard]] std::vector<Comparison> recorder_comparisons();
[[nodiscard]] std::vector<Comparison> tracing_comparisons();

}  // namespace eventcore::bench
