#pragma once

/// \file
/// A schema of its own for one test, in the database `postgres` of the shared server.

#include <atomic>
#include <chrono>
#include <exception>
#include <string>

#include "eventcore/uuid.hpp"
#include "postgres_connection.hpp"
#include "postgres_server.hpp"

namespace eventcore::testing {

/// A name that no other test uses. Ownership: drops the schema if this process has asked for the
/// server, as a store does that makes it.
class PostgresSchema {
 public:
  PostgresSchema()
      : name_("test_" + mint_uuid(std::chrono::floor<std::chrono::milliseconds>(
                                      std::chrono::system_clock::now()))
                            .to_string()) {}
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;
  ~PostgresSchema() {
    if (!asked()) return;
    try {
      PostgresConnection(conninfo()).run("DROP SCHEMA IF EXISTS " + quoted() + " CASCADE");
    } catch (const std::exception&) {
      // The server is gone, and the schema with it.
    }
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// For SQL.
  [[nodiscard]] std::string quoted() const { return '"' + name_ + '"'; }
  [[nodiscard]] static std::string conninfo() {
    asked() = true;
    return shared_postgres() + " dbname=postgres";
  }

 private:
  static std::atomic<bool>& asked() {
    static std::atomic<bool> asked = false;
    return asked;
  }

  const std::string name_;
};

}  // namespace eventcore::testing
