#pragma once

// What the kernel knows about this process, from /proc.

#include <optional>

namespace eventcore::observability::detail {

struct MemoryStats {
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double virtual_bytes_max = 0;  // 2^64 without a limit
};

struct RunStats {
  double cpu_seconds = 0;
  double threads = 0;
  double start_time_seconds = 0;  // since 1970
};

struct DescriptorStats {
  double open = 0;
  double max = 0;
};

/// All of it, read once; each part is nothing where /proc does not say.
struct ProcessStats {
  std::optional<MemoryStats> memory;
  std::optional<RunStats> run;
  std::optional<DescriptorStats> descriptors;
};
[[nodiscard]] ProcessStats read_process_stats();

// Each is nothing where /proc does not say.
[[nodiscard]] std::optional<MemoryStats> read_memory_stats();
[[nodiscard]] std::optional<RunStats> read_run_stats();
[[nodiscard]] std::optional<DescriptorStats> read_descriptor_stats();

}  // namespace eventcore::observability::detail
