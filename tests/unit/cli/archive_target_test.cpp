#include "archive_target.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>

#include "archive_reader.hpp"
#include "archive_writer.hpp"

namespace eventcore::cli {
namespace {

namespace fs = std::filesystem;

class ArchiveTarget : public ::testing::Test {
 protected:
  ArchiveTarget() {
    std::string name = (fs::temp_directory_path() / "eventcore-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~ArchiveTarget() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path make(const char* name, std::string_view content = "content") const {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  static std::string refusal(const fs::path& file, Existing existing,
                             const std::vector<fs::path>& sources = {}) {
    const Result<void> checked = check_target(file, existing, sources);
    if (checked) return "accepted";
    EXPECT_EQ(checked.error().code, ErrorCode::InvalidArgument);
    return checked.error().message;
  }
  static bool is_complete(const fs::path& path) {
    const Result<std::unique_ptr<ArchiveReader>> reader = ArchiveReader::open(path);
    return reader && (*reader)->check([](std::uint64_t, std::uint64_t) { return true; });
  }

  fs::path folder_;
};

TEST_F(ArchiveTarget, IsANewFileOrOneToReplace) {
  EXPECT_EQ(refusal(folder_ / "new", Existing::Keep), "accepted");
  EXPECT_EQ(refusal("new", Existing::Keep), "accepted");
  const fs::path old = make("old");
  EXPECT_NE(refusal(old, Existing::Keep).find("--force"), std::string::npos);
  EXPECT_EQ(refusal(old, Existing::Replace), "accepted");
}

TEST_F(ArchiveTarget, IsARegularFile) {
  const fs::path fifo = folder_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const fs::path link = folder_ / "link";
  fs::create_symlink(make("linked"), link);
  const fs::path dangling = folder_ / "dangling";
  fs::create_symlink(folder_ / "nowhere", dangling);
  for (const fs::path& path : {fifo, link, dangling, folder_, fs::path("/dev/null")}) {
    EXPECT_NE(refusal(path, Existing::Keep).find("exists"), std::string::npos) << path;
    EXPECT_NE(refusal(path, Existing::Replace).find("no regular file"), std::string::npos) << path;
  }
  for (const fs::path& path : {fs::path(), folder_ / ""}) {
    EXPECT_NE(refusal(path, Existing::Replace).find("needs a name"), std::string::npos) << path;
  }
}

TEST_F(ArchiveTarget, IsNoneOfItsSources) {
  const fs::path store = make("store.db");
  const fs::path linked = folder_ / "linked.db";
  fs::create_hard_link(store, linked);
  fs::create_directory_symlink(folder_, folder_ / "folder");
  const std::vector<fs::path> sources = {store, folder_ / "store.db-wal", {}};
  for (const fs::path& path :
       {store, linked, folder_ / "folder" / "store.db", folder_ / "." / "store.db-wal",
        folder_ / "folder" / "store.db-wal"}) {
    EXPECT_NE(refusal(path, Existing::Replace, sources).find("made from"), std::string::npos)
        << path;
  }
  EXPECT_EQ(refusal(folder_ / "store.db-shm", Existing::Replace, sources), "accepted");
}

TEST_F(ArchiveTarget, IsNotWrittenByWayOfASource) {
  const fs::path store = make("a.partial");
  EXPECT_NE(refusal(folder_ / "a", Existing::Keep, {store}).find("made from"), std::string::npos);
}

TEST_F(ArchiveTarget, IsNotWrittenByWayOfALinkOrAPipe) {
  const fs::path precious = make("precious");
  fs::create_symlink(precious, folder_ / "a.partial");
  EXPECT_FALSE(ArchiveWriter::create(folder_ / "a", {}, Existing::Keep));
  ASSERT_EQ(mkfifo((folder_ / "b.partial").c_str(), 0600), 0);
  EXPECT_FALSE(ArchiveWriter::create(folder_ / "b", {}, Existing::Keep));
  EXPECT_EQ(fs::file_size(precious), 7U);
}

TEST_F(ArchiveTarget, IsNotReplacedIfItAppearsMeanwhile) {
  const auto writer = ArchiveWriter::create(folder_ / "a", {}, Existing::Keep);
  ASSERT_TRUE(writer);
  static_cast<void>(make("a", "precious"));
  const Result<ArchiveTail> tail = (*writer)->finish();
  ASSERT_FALSE(tail);
  EXPECT_EQ(tail.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(fs::file_size(folder_ / "a"), 8U);
}

TEST_F(ArchiveTarget, StaysCompleteWhileOthersBeginToReplaceIt) {
  std::jthread other([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      static_cast<void>(ArchiveWriter::create(folder_ / "a", {}, Existing::Replace));
    }
  });
  for (int finished = 0; finished < 50;) {
    const auto writer = ArchiveWriter::create(folder_ / "a", {}, Existing::Replace);
    if (!writer) continue;
    ASSERT_TRUE((*writer)->finish());
    ++finished;
    EXPECT_TRUE(is_complete(folder_ / "a")) << finished;
  }
}

}  // namespace
}  // namespace eventcore::cli
