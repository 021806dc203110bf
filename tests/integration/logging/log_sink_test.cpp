#include "eventcore/logging/log_sink.hpp"

#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging.hpp"

namespace eventcore {
namespace {

using ::testing::HasSubstr;

/// A folder of the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "eventcore-log-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void log_to(std::shared_ptr<LogSink> sink) {
  LoggingOptions options;
  options.filter = "debug";
  options.format = "json";
  options.environment_first = false;
  options.site_rate_max = 0;
  options.sink = std::move(sink);
  ASSERT_TRUE(init_logging(std::move(options)));
}

void flush() { ASSERT_TRUE(flush_log(Deadline::after(std::chrono::seconds(60))).is_complete); }

TEST(RotatingLogSink, KeepsWholeLinesInFilesOfALimitedSize) {
  const Folder folder;
  const auto file = folder.path() / "shop.log";
  auto sink =
      rotating_log_sink({.path = file, .bytes_max = std::size_t{64} * 1024, .files_max = 2});
  ASSERT_TRUE(sink) << sink.error().message;
  log_to(*sink);
  for (int i = 0; i < 3'000; ++i) {
    EVENTCORE_LOG_RECORD(Info, "test", "", "Said", field("number", i));
    if (i % 100 == 0) flush();
  }
  flush();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++files;
    EXPECT_LE(entry.file_size(), std::size_t{64} * 1024) << entry.path();
    std::istringstream lines(text_of(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      ASSERT_TRUE(line.starts_with('{') && line.ends_with('}')) << line;
    }
  }
  EXPECT_EQ(files, 3U);
  EXPECT_THAT(text_of(file), HasSubstr("\"number\":2999}"));
}

TEST(RotatingLogSink, SaysWhyItCanNotBeOpened) {
  EXPECT_EQ(rotating_log_sink({.path = "/proc/none/shop.log"}).error().code,
            ErrorCode::Unavailable);
  EXPECT_EQ(rotating_log_sink({.path = "shop.log", .bytes_max = 1}).error().code,
            ErrorCode::InvalidArgument);
}

TEST(SpdlogSink, HandsLinesToTheLoggerOfTheApplication) {
  std::ostringstream out;
  const auto logger = std::make_shared<spdlog::logger>(
      "application", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger->set_pattern("[%l] [%s] %v");
  logger->set_level(spdlog::level::warn);
  log_to(spdlog_sink(logger));
  EVENTCORE_LOG_RECORD(Info, "test", "", "Said");
  EVENTCORE_LOG_RECORD(Warn, "test", "", "Warned");
  EVENTCORE_LOG_RECORD(Error, "test", "", "Complained");
  flush();
  EXPECT_THAT(out.str(), ::testing::StartsWith("[warning] [log_sink_test.cpp] {\"time\""));
  EXPECT_THAT(out.str(), HasSubstr("\n[error] [log_sink_test.cpp] {\"time\""));
  EXPECT_THAT(out.str(), ::testing::Not(HasSubstr("Said")));
  log_to(stderr_log_sink());  // the stream goes
}

TEST(StderrLogSink, WritesLines) {
  ::testing::internal::CaptureStderr();
  log_to(stderr_log_sink());
  EVENTCORE_LOG_RECORD(Info, "test", "", "Said");
  flush();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::EndsWith("}\n"));
}

}  // namespace
}  // namespace eventcore
