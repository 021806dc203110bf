#include "memory_limit.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace eventcore::observability::detail {
namespace {

/// Files as the kernel shows them.
class MemoryLimit : public ::testing::Test {
 protected:
  MemoryLimit() {
    std::string name = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder = name;
  }
  ~MemoryLimit() override { std::filesystem::remove_all(folder); }

  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((folder / path).parent_path());
    std::ofstream(folder / path) << text << '\n';
  }
  [[nodiscard]] MemoryLimitFiles files() const { return {folder / "cgroup", folder / "fs"}; }
  [[nodiscard]] std::optional<std::uint64_t> limit() const { return read_group_limit(files()); }

  std::filesystem::path folder;
};

TEST_F(MemoryLimit, IsTheLeastOfTheGroupAndThoseAbove) {
  put("cgroup", "0::/a/b");
  put("fs/a/b/memory.max", "3000");
  put("fs/a/memory.max", "2000");
  put("fs/memory.max", "max");
  EXPECT_EQ(limit(), 2000U);
  put("fs/a/b/memory.max", "1000");
  EXPECT_EQ(limit(), 1000U);
  put("fs/a/b/memory.max", "max");
  put("fs/a/memory.max", "max");
  EXPECT_FALSE(limit().has_value());
}

TEST_F(MemoryLimit, AContainerSeesItsGroupAsTheTop) {
  put("cgroup", "0::/");
  put("fs/memory.max", "5000");
  EXPECT_EQ(limit(), 5000U);
  put("cgroup", "0::/docker/0123");  // the name that the host gives to the same group
  EXPECT_EQ(limit(), 5000U);
}

TEST_F(MemoryLimit, KnowsTheFirstVersionToo) {
  put("cgroup", "12:pids:/a\n7:cpu,memory:/a/b\n1:name=systemd:/c");
  put("fs/memory/memory.limit_in_bytes", "9223372036854771712");
  put("fs/memory/a/memory.limit_in_bytes", "4000");
  put("fs/memory/a/b/memory.limit_in_bytes", "6000");
  EXPECT_EQ(limit(), 4000U);
}

TEST_F(MemoryLimit, TakesNothingFromFilesThatMakeNoSense) {
  EXPECT_FALSE(limit().has_value());
  put("cgroup", "garbage\n0:/a\n\n0::/a");
  put("fs/a/memory.max", "lots");
  EXPECT_FALSE(limit().has_value());
}

TEST_F(MemoryLimit, IsNeverMoreThanTheMachineHas) {
  const auto machine = read_memory_limit(files());
  ASSERT_TRUE(machine.has_value());
  EXPECT_GT(*machine, 1'000'000U);
  put("cgroup", "0::/");
  put("fs/memory.max", "18446744073709551615");
  EXPECT_EQ(read_memory_limit(files()), machine);
  put("fs/memory.max", "4096");
  EXPECT_EQ(read_memory_limit(files()), 4096U);
}

}  // namespace
}  // namespace eventcore::observability::detail
