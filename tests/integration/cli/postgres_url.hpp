#pragma once

// Stores on the shared server, for the tool.

#include <map>
#include <sstream>
#include <string>

#include "postgres_schema.hpp"

namespace eventcore::cli_test {

/// The schema on the shared server as a store URL, reached as `role`; empty: as its owner.
inline std::string url_of(const testing::PostgresSchema& schema, const std::string& role = {}) {
  std::map<std::string, std::string> words;
  std::istringstream conninfo(testing::shared_postgres());
  for (std::string word; conninfo >> word;) {
    const std::size_t sign = word.find('=');
    words[word.substr(0, sign)] = word.substr(sign + 1);
  }
  return "postgres://" + (role.empty() ? words["user"] : role) + "@" + words["host"] + ":" +
         words["port"] + "/postgres?schema=" + schema.name();
}

}  // namespace eventcore::cli_test
