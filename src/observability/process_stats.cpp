#include "process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace eventcore::observability::detail {
namespace {

/// When the machine was started, in seconds since 1970.
std::optional<double> read_boot_time() {
  std::ifstream stat("/proc/stat");
  for (std::string key; stat >> key;) {
    double value = 0;
    if (key == "btime" && stat >> value) return value;
    stat.ignore(1 << 20, '\n');
  }
  return std::nullopt;
}

}  // namespace

std::optional<MemoryStats> read_memory_stats() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident_pages = 0;
  if (!(statm >> pages >> resident_pages)) return std::nullopt;
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0) return std::nullopt;
  const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
  return MemoryStats{resident_pages * page_bytes, pages * page_bytes,
                     static_cast<double>(limit.rlim_cur)};
}

std::optional<RunStats> read_run_stats() {
  std::ifstream stat("/proc/self/stat");
  std::string line;
  if (!std::getline(stat, line)) return std::nullopt;
  // The second field is the program's name in brackets, which may hold anything.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  const auto skip = [&](int count) {
    for (int i = 0; i < count; ++i) fields >> skipped;
  };
  double user = 0;
  double system = 0;
  double threads = 0;
  double start = 0;
  skip(11);  // fields 3 to 13
  fields >> user >> system;
  skip(4);  // 16 to 19
  fields >> threads;
  skip(1);  // 21
  fields >> start;
  const std::optional<double> boot = read_boot_time();
  if (!fields || !boot) return std::nullopt;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return RunStats{(user + system) / ticks, threads, *boot + start / ticks};
}

std::optional<DescriptorStats> read_descriptor_stats() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  rlimit limit{};
  if (error || getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  DescriptorStats stats;
  stats.max = static_cast<double>(limit.rlim_cur);
  for (; !error && entries != std::filesystem::directory_iterator{}; entries.increment(error)) {
    ++stats.open;
  }
  --stats.open;  // the one that lists them
  return stats;
}

ProcessStats read_process_stats() {
  return {read_memory_stats(), read_run_stats(), read_descriptor_stats()};
}

}  // namespace eventcore::observability::detail
