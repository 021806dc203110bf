#pragma once

/// \file
/// A PostgreSQL server for the measurements, with full tables to start from.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "comparisons.hpp"
#include "postgres_server.hpp"

namespace eventcore::bench {

/// A durable server on the disk that is measured, started when first needed. Every measurement gets
/// a copy of a full database, so that none meets what another has left.
///
/// Thread-safety: One thread at a time.
class ScratchServer {
 public:
  /// Fills the empty database that the conninfo names.
  using Fill = std::function<void(const std::string& conninfo)>;

  explicit ScratchServer(const Effort& effort) : effort_(effort) {}

  /// The conninfo of a fresh copy of database `name`, which `fill` makes at the first call. The
  /// copy before is dropped.
  std::string copy_of(const std::string& name, const Fill& fill);

 private:
  [[nodiscard]] testing::PostgresServer& server();

  const Effort effort_;
  std::unique_ptr<testing::PostgresServer> server_;
  std::map<std::string, bool> filled_;
};

}  // namespace eventcore::bench
