#pragma once

/// \file
/// Files for one measurement, removed afterwards.

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "eventcore/sqlite_store.hpp"
#include "workload.hpp"

namespace eventcore::bench {

/// An empty folder. Ownership: removes it with everything in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& parent) {
    static std::atomic<int> count = 0;
    path_ = parent / ("run-" + std::to_string(count.fetch_add(1)));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path file() const { return path_ / "store.db"; }

 private:
  std::filesystem::path path_;
};

/// Opens a durable SQLite store, or ends the program.
[[nodiscard]] inline std::unique_ptr<EventStore> open_scratch(const std::filesystem::path& path) {
  SqliteStoreOptions options;
  options.path = path;
  Result<std::unique_ptr<EventStore>> store = open_sqlite_store(options);
  if (!store) give_up(describe(store.error()));
  return *std::move(store);
}

/// Appends `events` events of 300 bytes, spread over `ids`, in large batches.
void fill_store(EventStore& store, const std::vector<StreamId>& ids, std::uint64_t events);

}  // namespace eventcore::bench
