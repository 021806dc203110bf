#pragma once

/// \file
/// `ReadModelPlace`: where a process keeps its read models, and who shares them.
///
/// read_model_folder.hpp: SQLite files, which belong to a host. read_model_schema.hpp: tables in
/// the database of a PostgreSQL store, which every process on any host shares.

#include <memory>
#include <string>
#include <string_view>

#include <eventcore/result.hpp>

#include "read_models/read_database.hpp"
#include "read_models/tables.hpp"

namespace shop {

class ReadModelPlace {
 public:
  virtual ~ReadModelPlace() = default;

  /// `ProjectorDescription::instance` of the projections kept here; empty: one for all processes.
  [[nodiscard]] virtual const std::string& instance() const noexcept = 0;
  /// The tables of the projection `key`; `schema` makes what is missing. Errors: Unavailable,
  /// Corrupt, HandlerFailed (these are no tables of the shop), InvalidArgument.
  [[nodiscard]] virtual eventcore::Result<std::unique_ptr<Tables>> open_tables(
      const std::string& key, std::string_view schema) = 0;
  /// For queries to the projection `key`.
  [[nodiscard]] virtual std::unique_ptr<ReadDatabase> open_reads(const std::string& key) = 0;

 protected:
  ReadModelPlace() = default;
  ReadModelPlace(const ReadModelPlace&) = default;
  ReadModelPlace& operator=(const ReadModelPlace&) = default;
};

}  // namespace shop
