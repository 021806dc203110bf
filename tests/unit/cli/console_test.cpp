#include "console.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stop_token>
#include <string>
#include <thread>

#include "table.hpp"

namespace eventcore::cli {
namespace {

/// A console whose output and errors can be read.
class Captured {
 public:
  Captured() : console_(make(out_), make(error_), "eventcore test", stop_.get_token()) {}
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() {
    for (const int descriptor : {out_[0], out_[1], error_[0], error_[1]}) {
      if (descriptor >= 0) close(descriptor);
    }
  }

  Console& operator*() { return console_; }
  Console* operator->() { return &console_; }
  std::string out() { return read_all(out_); }
  std::string error() { return read_all(error_); }
  void stop() { stop_.request_stop(); }
  /// The reader of the output goes away.
  void hang_up() {
    close(out_[0]);
    out_[0] = -1;
  }

 private:
  static int make(std::array<int, 2>& ends) {
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    return ends[1];
  }
  static std::string read_all(const std::array<int, 2>& ends) {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = read(ends[0], part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  std::array<int, 2> out_{-1, -1};
  std::array<int, 2> error_{-1, -1};
  std::stop_source stop_;
  Console console_;
};

TEST(Console, WritesWholeLinesWhenFlushed) {
  Captured console;
  console->line("one");
  console->line("two");
  EXPECT_EQ(console.out(), "");
  console->flush();
  EXPECT_EQ(console.out(), "one\ntwo\n");
}

TEST(Console, TellsAFailureInOneLineBehindTheOutput) {
  Captured console;
  console->line("before");
  EXPECT_EQ(console->fail(ExitCode::Conflict, "bad\nthing \x1b[31m"), ExitCode::Conflict);
  EXPECT_EQ(console.out(), "before\n");
  EXPECT_EQ(console.error(), "eventcore test: bad\\u000athing \\u001b[31m\n");
}

TEST(Console, NeverShowsAPassword) {
  Captured console;
  console->fail(ExitCode::BadInput, "what is postgres://ann:s3cret@host/x");
  EXPECT_EQ(console.error(), "eventcore test: what is postgres://***@host/x\n");
}

TEST(Console, EndsQuietlyWhenNobodyReads) {
  const auto former = std::signal(SIGPIPE, SIG_IGN);
  Captured console;
  console.hang_up();
  EXPECT_FALSE(console->stopped());
  console->line("lost");
  console->flush();
  EXPECT_TRUE(console->stopped());
  EXPECT_EQ(console->finish(ExitCode::Done), ExitCode::Done);
  EXPECT_EQ(console.error(), "");
  std::signal(SIGPIPE, former);
}

TEST(Console, FailsWhenTheOutputCanNotBeWritten) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  std::array<int, 2> error{};
  ASSERT_EQ(pipe2(error.data(), O_CLOEXEC), 0);
  Console console(full, error[1], "eventcore test", {});
  console.line("text");
  EXPECT_EQ(console.finish(ExitCode::Done), ExitCode::Failed);
  std::array<char, 200> text{};
  ASSERT_GT(read(error[0], text.data(), text.size() - 1), 0);
  EXPECT_NE(std::string(text.data()).find("No space left"), std::string::npos) << text.data();
  for (const int descriptor : {full, error[0], error[1]}) close(descriptor);
}

TEST(Console, TellsOnceWhatIsDoneThoughTheOutputFailed) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  std::array<int, 2> error{};
  ASSERT_EQ(pipe2(error.data(), O_CLOEXEC), 0);
  Console console(full, error[1], "eventcore test", {});
  console.line("text");
  EXPECT_EQ(console.finish_output("3 events are stored"), ExitCode::Failed);
  EXPECT_EQ(console.finish(ExitCode::Done), ExitCode::Failed);
  std::array<char, 200> text{};
  ASSERT_GT(read(error[0], text.data(), text.size() - 1), 0);
  EXPECT_EQ(std::string(text.data()),
            "eventcore test: can't write the output: No space left on device; 3 events are "
            "stored\n");
  for (const int descriptor : {full, error[0], error[1]}) close(descriptor);
}

TEST(Console, WaitsForAReaderUntilTheUserWantsAnEnd) {
  std::array<int, 2> out{};
  ASSERT_EQ(pipe2(out.data(), O_CLOEXEC), 0);
  std::stop_source stop;
  Console console(out[1], STDERR_FILENO, "eventcore test", stop.get_token());
  const std::string text(std::size_t{200'000}, 'x');
  std::string got;
  {
    std::jthread reader([&] {
      std::array<char, 4096> part{};
      while (got.size() < text.size() + 1) {
        const ssize_t bytes = read(out[0], part.data(), part.size());
        got.append(part.data(), static_cast<std::size_t>(bytes));
      }
    });
    console.line(text);
    console.flush();
  }
  EXPECT_EQ(got, text + "\n");
  stop.request_stop();
  console.line(text);
  EXPECT_EQ(console.finish(ExitCode::Done), ExitCode::Failed);
  for (const int descriptor : out) close(descriptor);
}

TEST(Console, KnowsWhenTheUserWantsAnEnd) {
  Captured console;
  EXPECT_FALSE(console->stopped());
  console.stop();
  EXPECT_TRUE(console->stopped());
}

TEST(Printable, EscapesWhatDrivesTerminals) {
  EXPECT_EQ(printable("plain ä €"), "plain ä €");
  EXPECT_EQ(printable("\x1b[2J\x7f\t"), "\\u001b[2J\\u007f\\u0009");
  EXPECT_EQ(printable("\xc2\x9b"
                      "5A\xc2\xa0"),
            "\\u009b5A\xc2\xa0");
}

TEST(Counts, AreGroupedAndInTheirNumber) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(counted(1, "event"), "1 event");
  EXPECT_EQ(counted(0, "event"), "0 events");
  EXPECT_EQ(counted(2'000, "batch"), "2,000 batches");
}

TEST(Table, AlignsItsColumns) {
  Captured console;
  Table table({{"NAME"}, {"N", Column::Align::Right}, {"LAST"}}, false);
  table.add({"ä", "5", ""});
  table.add({"longer name", "1234", "x"});
  table.print(*console);
  console->flush();
  EXPECT_EQ(console.out(),
            "NAME            N  LAST\n"
            "ä               5\n"
            "longer name  1234  x\n");
}

TEST(Table, KeepsItsColumnsOnLaterPages) {
  Captured console;
  Table table({{"NAME"}, {"X"}}, false);
  table.add({"longer name", "1"});
  table.print(*console);
  table.add({"a", "2"});
  table.print(*console);
  table.print(*console);
  console->flush();
  EXPECT_EQ(console.out(),
            "NAME         X\n"
            "longer name  1\n"
            "a            2\n");
}

TEST(Table, CutsLinesByCharacters) {
  EXPECT_EQ(cut_to("äöü", 3), "äöü");
  EXPECT_EQ(cut_to("äöüß", 3), "äö…");
  EXPECT_EQ(cut_to("abc", 1), "…");
}

}  // namespace
}  // namespace eventcore::cli
