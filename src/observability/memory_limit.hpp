#pragma once

// How much memory this process may use: the least limit of its control group and the groups above
// (both versions of them), and what the machine has.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace eventcore::observability::detail {

/// Where the kernel says so.
struct MemoryLimitFiles {
  std::filesystem::path membership = "/proc/self/cgroup";
  std::filesystem::path groups = "/sys/fs/cgroup";
};

/// Nothing where neither the kernel nor the machine says.
[[nodiscard]] std::optional<std::uint64_t> read_memory_limit(const MemoryLimitFiles& files = {});
/// Of the control groups alone; nothing without a limit.
[[nodiscard]] std::optional<std::uint64_t> read_group_limit(const MemoryLimitFiles& files);

}  // namespace eventcore::observability::detail
