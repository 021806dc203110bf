#pragma once

// A sink that keeps what it gets, for tests of the log.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "eventcore/logging/logging.hpp"
#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::testing {

/// Thread-safety: Thread-safe.
class KeptLines final : public LogSink {
 public:
  void write(std::span<const LogLine> lines, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    std::string joined;
    for (const LogLine& line : lines) {
      lines_.emplace_back(line.text);
      joined.append(line.text).append("\n");
    }
    is_whole_ = is_whole_ && joined == text;
  }
  void flush() override {
    const std::lock_guard lock(mutex_);
    ++flushes_;
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const std::string& line : lines()) text.append(line).append("\n");
    return text;
  }
  [[nodiscard]] bool is_whole() const {
    const std::lock_guard lock(mutex_);
    return is_whole_;
  }
  [[nodiscard]] int flushes() const {
    const std::lock_guard lock(mutex_);
    return flushes_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  bool is_whole_ = true;
  int flushes_ = 0;
};

/// A log of the test: JSON into `kept()`, at the times of a clock that stands still.
class LogTest : public ::testing::Test {
 protected:
  LogTest() { clear_environment(); }
  ~LogTest() override {
    clear_environment();
    // The clock and the sink go, and what is still to be told goes nowhere.
    EXPECT_TRUE(init_logging(
        {.filter = "off", .environment_first = false, .sink = std::make_shared<KeptLines>()}));
    static_cast<void>(flush_log(Deadline::after(std::chrono::seconds(30))));
  }

  [[nodiscard]] LoggingOptions options(std::string filter = "trace", std::string format = "json") {
    return {.filter = std::move(filter),
            .format = std::move(format),
            .environment_first = false,
            .sink = kept_,
            .clock = &clock_};
  }
  /// All lines so far.
  [[nodiscard]] std::vector<std::string> written() {
    const LogFlush flush = flush_log(Deadline::after(std::chrono::seconds(30)));
    EXPECT_TRUE(flush.is_complete);
    EXPECT_TRUE(kept_->is_whole());
    return kept_->lines();
  }
  [[nodiscard]] std::string last_line() {
    const auto lines = written();
    return lines.empty() ? std::string() : lines.back();
  }

  static void clear_environment() {
    unsetenv("EVENTCORE_LOG");
    unsetenv("EVENTCORE_LOG_FORMAT");
  }

  ManualClock clock_;
  std::shared_ptr<KeptLines> kept_ = std::make_shared<KeptLines>();
};

/// `text` with `0` for the numbers of lines, which change with every edit.
inline std::string without_line_numbers(std::string text) {
  const auto clear = [&](std::string_view mark) {
    for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
      const std::size_t begin = at + mark.size();
      std::size_t end = begin;
      while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
      if (end != begin) text.replace(begin, end - begin, "0");
    }
  };
  clear("\"line\":");
  clear(".cpp:");
  return text;
}

}  // namespace eventcore::testing
