#pragma once

/// \file
/// `ReadModelSchema`: read models as tables in the database of a PostgreSQL store.
///
/// They are in a schema of their own, named after the store's: `eventcore_shop`. Every process that
/// uses it shares it, on whatever host: one leads each projection, all read.

#include <memory>
#include <string>
#include <string_view>

#include <eventcore/result.hpp>
#include <eventcore/store_url.hpp>

#include "read_models/postgres_connections.hpp"
#include "read_models/read_model_place.hpp"

namespace shop {

class ReadModelSchema final : public ReadModelPlace {
 public:
  /// Creates the schema if it is missing; without the right to do so, somebody else has to.
  /// Requires: `url` is that of a PostgreSQL store. Errors: Unavailable, InvalidArgument.
  [[nodiscard]] static eventcore::Result<std::unique_ptr<ReadModelSchema>> open(
      const eventcore::StoreUrl& url);

  [[nodiscard]] const std::string& instance() const noexcept override { return instance_; }
  [[nodiscard]] eventcore::Result<std::unique_ptr<Tables>> open_tables(
      const std::string& key, std::string_view schema) override;
  [[nodiscard]] std::unique_ptr<ReadDatabase> open_reads(const std::string& key) override;

 private:
  ReadModelSchema(std::string conninfo, std::string name);
  [[nodiscard]] eventcore::Result<void> create();

  const std::string conninfo_;
  const std::string name_;
  const std::string instance_;  // empty
  PostgresConnections connections_;
};

}  // namespace shop
