#pragma once

// The tool as a program that is run, and stores for it.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>

#include "postgres_schema.hpp"

namespace eventcore::cli_test {

/// What `eventcore COMMAND` prints on both outputs; it has to end with `exit_code`.
inline std::string run_tool(const std::string& command, int exit_code = 0) {
  const std::string line = std::string(EVENTCORE_TOOL) + " " + command + " 2>&1";
  FILE* const output = popen(line.c_str(), "r");
  EXPECT_NE(output, nullptr);
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t got = fread(part.data(), 1, part.size(), output)) {
    text.append(part.data(), got);
  }
  const int status = pclose(output);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), exit_code) << command << ": " << text;
  return text;
}

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
