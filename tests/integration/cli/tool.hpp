#pragma once

// The tool as a program that is run.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

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

}  // namespace eventcore::cli_test
