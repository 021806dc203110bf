#pragma once

/// \file
/// `write_metrics_file`: metrics of a job that ends before anybody scrapes it.
///
/// The textfile collector of Prometheus' node exporter shows what such a job has left in its
/// folder. It reads files whose names end in `.prom`, each a page of its own: jobs with the same
/// metrics need a label that tells them apart, or only the last one's are right.

#include <filesystem>

#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/result.hpp"

namespace eventcore::observability {

/// Writes all of `metrics` as text 0.0.4 to `path`, whole or not at all: readers see the former
/// file until the new one is complete and on the disk.
/// Errors: InvalidArgument (the path has no file name), Unavailable (the file can't be written);
/// both name the path. Blocking: yes, writes and syncs.
[[nodiscard]] Result<void> write_metrics_file(const MetricsService& metrics,
                                              const std::filesystem::path& path);

}  // namespace eventcore::observability
