#include "line_reader.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "wake_up.hpp"

namespace eventcore::cli {
namespace {

using Outcome = LineReader::Outcome;

/// Both ends of a pipe.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends_[0]);
    end();
  }

  void put(std::string_view text) {
    EXPECT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  [[nodiscard]] int out() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::vector<std::string> lines_of(std::string_view text) {
  Pipe pipe;
  WakeUp wake;
  pipe.put(text);
  pipe.end();
  LineReader reader(pipe.out(), wake.descriptor(), 100);
  std::vector<std::string> lines;
  while (reader.next() == Outcome::Line) {
    lines.emplace_back(reader.line());
    EXPECT_EQ(reader.number(), lines.size());
  }
  return lines;
}

TEST(LineReader, SplitsAtLineEnds) {
  EXPECT_EQ(lines_of(""), std::vector<std::string>{});
  EXPECT_EQ(lines_of("a\n\nb\r\nlast"), (std::vector<std::string>{"a", "", "b", "last"}));
  EXPECT_EQ(lines_of("a\n"), std::vector<std::string>{"a"});
}

TEST(LineReader, HandsOutALineBeforeTheNextOneComes) {
  Pipe pipe;
  WakeUp wake;
  LineReader reader(pipe.out(), wake.descriptor(), 100);
  pipe.put("one\ntw");
  ASSERT_EQ(reader.next(), Outcome::Line);
  EXPECT_EQ(reader.line(), "one");
  wake.ring();
  ASSERT_EQ(reader.next(), Outcome::Woken);
  wake.clear();
  pipe.put("o\n");
  ASSERT_EQ(reader.next(), Outcome::Line);
  EXPECT_EQ(reader.line(), "two");
  pipe.end();
  EXPECT_EQ(reader.next(), Outcome::End);
}

TEST(LineReader, RefusesALineWithoutEnd) {
  for (const char* end : {"\n", ""}) {
    Pipe pipe;
    WakeUp wake;
    LineReader reader(pipe.out(), wake.descriptor(), 100);
    pipe.put(std::string(100, 'x') + "\n" + std::string(101, 'x') + end);
    ASSERT_EQ(reader.next(), Outcome::Line);
    EXPECT_EQ(reader.next(), Outcome::TooLong);
    EXPECT_EQ(reader.number(), 2U);
  }
}

TEST(LineReader, TellsWhyItCanNotRead) {
  WakeUp wake;
  const int folder = open(".", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(folder, 0);
  LineReader reader(folder, wake.descriptor(), 100);
  EXPECT_EQ(reader.next(), Outcome::Failed);
  EXPECT_EQ(reader.error(), EISDIR);
  close(folder);
}

}  // namespace
}  // namespace eventcore::cli
