#include "memory_limit.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

namespace eventcore::observability::detail {
namespace {

void lower(std::optional<std::uint64_t>& least, std::optional<std::uint64_t> limit) {
  if (limit && (!least || *limit < *least)) least = limit;
}

/// The number in a file; nothing for `max`, or without the file.
std::optional<std::uint64_t> read_number(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (!(file >> value)) return std::nullopt;
  return value;
}

/// The least limit of the group and those above it. A container sees its own group as the top,
/// under another path than `group`: missing folders are left out.
std::optional<std::uint64_t> least_limit(const std::filesystem::path& top, std::string_view group,
                                         const char* file) {
  std::optional<std::uint64_t> least = read_number(top / file);
  std::filesystem::path at = top;
  for (const auto& step : std::filesystem::path(group).relative_path()) {
    at /= step;
    lower(least, read_number(at / file));
  }
  return least;
}

/// Whether a list such as `cpu,memory` holds `memory`.
bool names_memory(std::string_view controllers) {
  return ("," + std::string(controllers) + ",").find(",memory,") != std::string::npos;
}

std::optional<std::uint64_t> physical_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
}

}  // namespace

std::optional<std::uint64_t> read_group_limit(const MemoryLimitFiles& files) {
  std::optional<std::uint64_t> least;
  std::ifstream membership(files.membership);
  for (std::string line; std::getline(membership, line);) {
    // "0::/group" for version 2, "7:cpu,memory:/group" for version 1.
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      lower(least, least_limit(files.groups, group, "memory.max"));
    } else if (names_memory(controllers)) {
      lower(least, least_limit(files.groups / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

std::optional<std::uint64_t> read_memory_limit(const MemoryLimitFiles& files) {
  std::optional<std::uint64_t> least = physical_memory();
  lower(least, read_group_limit(files));
  return least;
}

}  // namespace eventcore::observability::detail
