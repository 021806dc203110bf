#pragma once

/// \file
/// Where a server of the tests keeps its files.

#include <filesystem>

namespace eventcore::testing {

/// A fresh folder among the system's temporary ones, which servers may write to. Making one removes
/// those of processes that were killed.
///
/// Ownership: removes it with everything in it.
class ServerFolder {
 public:
  ServerFolder();
  ServerFolder(const ServerFolder&) = delete;
  ServerFolder& operator=(const ServerFolder&) = delete;
  ~ServerFolder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// A path below `parent`, which is made, for a folder that goes when this one does. Once.
  [[nodiscard]] std::filesystem::path place_elsewhere(const std::filesystem::path& parent);

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace eventcore::testing
