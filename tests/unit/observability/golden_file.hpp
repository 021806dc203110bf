#pragma once

// Texts that are compared with a file of the tree. `EVENTCORE_UPDATE_GOLDEN=1` writes the files
// anew; the difference is then reviewed like any other change.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace eventcore::observability {

inline std::filesystem::path source_path(std::string_view path) {
  return std::filesystem::path(EVENTCORE_SOURCE_DIR) / path;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void expect_file(std::string_view path, const std::string& text) {
  const std::filesystem::path file = source_path(path);
  if (std::getenv("EVENTCORE_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  // Not EXPECT_EQ, which would print both texts.
  const std::string present = read_text(file);
  const auto differs = std::mismatch(present.begin(), present.end(), text.begin(), text.end());
  EXPECT_TRUE(present == text) << path << " is stale in line "
                               << 1 + std::count(present.begin(), differs.first, '\n')
                               << ": run observability_tests with EVENTCORE_UPDATE_GOLDEN=1";
}

}  // namespace eventcore::observability
