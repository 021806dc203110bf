// How a store takes possession of its path.

#include <sys/stat.h>

#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

namespace fs = std::filesystem;

using SqliteOpen = SqliteFile;

struct stat status_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status;
}

TEST_F(SqliteOpen, GivesItsSideFileTheModeOfTheDatabase) {
  const fs::path side = path().string() + "-writers";
  EXPECT_NE(open(), nullptr);
  for (const mode_t mode : {0600U, 0660U, 0664U}) {
    ASSERT_EQ(chmod(path().c_str(), mode), 0);
    fs::remove(side);
    EXPECT_NE(open(), nullptr);
    EXPECT_EQ(status_of(side).st_mode & 0777U, mode);
  }
}

// A hole in a mapped file is filled when it is written to: a full disk would kill the process.
TEST_F(SqliteOpen, HasTheSpaceOfItsSideFile) {
  const fs::path side = path().string() + "-writers";
  EXPECT_NE(open(), nullptr);
  EXPECT_GE(status_of(side).st_blocks * 512, 4096);
  fs::resize_file(side, 0);
  fs::resize_file(side, 4096);
  ASSERT_EQ(status_of(side).st_blocks, 0);
  EXPECT_NE(open(), nullptr);
  EXPECT_GE(status_of(side).st_blocks * 512, 4096);
}

TEST_F(SqliteOpen, MakesNoStoreOfAnEmptyFileUnasked) {
  fs::create_directories(folder_);
  fclose(fopen(path().c_str(), "w"));
  SqliteStoreOptions only_existing = options();
  only_existing.create = false;
  const auto refused = open_sqlite_store(only_existing);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(fs::file_size(path()), 0U);
  EXPECT_NE(open(), nullptr);
}

TEST_F(SqliteOpen, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  for (const bool read_only : {false, true}) {
    SqliteStoreOptions opening = options();
    opening.read_only = read_only;
    const auto refused = open_sqlite_store(opening);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  }
}

}  // namespace
}  // namespace eventcore::sqlite
