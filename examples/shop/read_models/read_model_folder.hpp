#pragma once

/// \file
/// `ReadModelFolder`: read models as SQLite files.
///
/// Files belong to a host. So each folder is followed for itself: its
/// projections carry its name (`instance`) and have leases and checkpoints of their own. Processes
/// that use one folder share it: one of them writes, all read, and another one goes on when it
/// ends. Processes on other hosts, or with other folders, have read models of their own.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <eventcore/result.hpp>

#include "read_models/read_model_place.hpp"

namespace shop {

/// Ownership: a temporary folder goes with this object.
class ReadModelFolder final : public ReadModelPlace {
 public:
  /// Creates it if it is missing. Errors: Unavailable.
  [[nodiscard]] static eventcore::Result<ReadModelFolder> open(const std::filesystem::path& path);
  /// For a store that is gone with its process. Errors: Unavailable.
  [[nodiscard]] static eventcore::Result<ReadModelFolder> temporary();
  ReadModelFolder(ReadModelFolder&& other) noexcept;
  ReadModelFolder& operator=(ReadModelFolder&&) = delete;
  ~ReadModelFolder() override;

  /// 16 hex digits of host and path. Files carry it too: in a folder that was moved or copied,
  /// nobody takes the files of another instance for its own.
  [[nodiscard]] const std::string& instance() const noexcept override { return instance_; }
  /// The file of a projection.
  [[nodiscard]] std::filesystem::path file(const std::string& key) const {
    return path_ / (key + ".db");
  }
  [[nodiscard]] eventcore::Result<std::unique_ptr<Tables>> open_tables(
      const std::string& key, std::string_view schema) override;
  [[nodiscard]] std::unique_ptr<ReadDatabase> open_reads(const std::string& key) override;

 private:
  ReadModelFolder(std::filesystem::path path, bool is_temporary);

  std::filesystem::path path_;
  std::string instance_;
  bool is_temporary_;
};

}  // namespace shop
