#include "eventcore/observability/metrics_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace eventcore::observability {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class MetricsFile : public ::testing::Test {
 protected:
  MetricsFile() {
    std::string name = (fs::temp_directory_path() / "eventcore-metrics-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    path = folder / "job.prom";
  }
  ~MetricsFile() override { fs::remove_all(folder); }

  static std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  fs::path folder;
  fs::path path;
  MetricsService metrics;
};

TEST_F(MetricsFile, HoldsThePageThatAScrapeWouldGet) {
  metrics.record_command_executed("import", std::chrono::milliseconds(2), true);
  ASSERT_TRUE(write_metrics_file(metrics, path));
  const std::string text = text_of(path);
  EXPECT_THAT(text, HasSubstr("\neventcore_commands_total{command_type=\"import\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE eventcore_commands_total counter\n"));
  EXPECT_THAT(text, EndsWith("\n"));
  EXPECT_EQ(files(), std::vector<std::string>{"job.prom"});
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  const mode_t mask = umask(0);
  umask(mask);
  EXPECT_EQ(status.st_mode & 0777, 0666 & ~mask) << "the collector is another user";
}

TEST_F(MetricsFile, ReplacesTheFormerFileWhole) {
  constexpr int kThreads = 4;
  ASSERT_TRUE(write_metrics_file(metrics, path));
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < kThreads; ++i) {
      writers.emplace_back([this] {
        for (int n = 0; n < 10; ++n) EXPECT_TRUE(write_metrics_file(metrics, path));
      });
    }
    for (int n = 0; n < 200; ++n) {
      const std::string text = text_of(path);
      EXPECT_THAT(text, EndsWith("\n"));
      EXPECT_THAT(text, HasSubstr("process_virtual_memory_bytes "));
    }
  }
  EXPECT_EQ(files(), std::vector<std::string>{"job.prom"});
}

TEST_F(MetricsFile, NamesThePathThatFailed) {
  const auto error_of = [&](const fs::path& file) {
    const Result<void> written = write_metrics_file(metrics, file);
    return written ? Error{} : written.error();
  };
  const Error missing = error_of(folder / "missing" / "job.prom");
  EXPECT_EQ(missing.code, ErrorCode::Unavailable);
  EXPECT_THAT(missing.message, HasSubstr((folder / "missing" / "job.prom").string()));
  EXPECT_EQ(error_of("").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of(folder / "").code, ErrorCode::InvalidArgument);
  fs::create_directory(path);
  EXPECT_THAT(error_of(path).message, HasSubstr("can't replace '" + path.string()));
  EXPECT_EQ(files(), std::vector<std::string>{"job.prom"}) << "nothing else is left behind";
}

/// Limits the size of files that this process writes.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST_F(MetricsFile, AFailedWriteLeavesTheFormerFile) {
  ASSERT_TRUE(write_metrics_file(metrics, path));
  const std::string before = text_of(path);
  {
    const FileSizeLimit limit(1'000);
    const Result<void> written = write_metrics_file(metrics, path);
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, HasSubstr("can't write '" + path.string()));
  }
  EXPECT_EQ(text_of(path), before);
  EXPECT_EQ(files(), std::vector<std::string>{"job.prom"});
}

}  // namespace
}  // namespace eventcore::observability
