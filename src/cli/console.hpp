#pragma once

/// \file
/// `Console`: standard output as whole lines, standard error as one-line messages.
///
/// Lines are gathered and written together, never split, and at the latest when `flush` says so:
/// before anything that waits. A reader that goes away (EPIPE) is a normal end of the output; one
/// that does not read is waited for, but not past a stop.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "eventcore/error.hpp"
#include "exit_code.hpp"
#include "wake_up.hpp"

namespace eventcore::cli {

/// Where one command prints. Thread-safety: One thread at a time.
class Console {
 public:
  Console(int out, int error, std::string name, std::stop_token stop);
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Prints `text` and a line end to standard output.
  void line(std::string_view text);
  /// Hands everything to the operating system.
  void flush();

  /// Tells of a failure in one line on standard error: "eventcore append: `message`".
  /// Returns `code`, so that a command can end with it.
  ExitCode fail(ExitCode code, std::string_view message);
  /// The same for an error of the library; `where` is what the caller was about, if not empty.
  ExitCode fail(const Error& error, std::string_view where = {});
  /// A line on standard error for people; nothing went wrong.
  void note(std::string_view text);
  /// Overwrites the line of progress on standard error; empty clears it. Only on a terminal.
  void progress(std::string_view text);

  /// The user wants an end, or nobody reads on. For work that is there to be read: work that
  /// writes events goes on without its output, until `stop`.
  [[nodiscard]] bool stopped() const noexcept;
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }
  /// Columns of the terminal behind standard output; 0 if it is none.
  [[nodiscard]] std::size_t width() const noexcept { return width_; }
  [[nodiscard]] bool shows_progress() const noexcept { return shows_progress_; }

  /// Flushes. Done, or tells once that the output is lost; `done` says what was done nevertheless.
  ExitCode finish_output(std::string_view done = {});
  /// Flushes and returns how the process ends: `code`, or a failure to write the output.
  [[nodiscard]] ExitCode finish(ExitCode code);

 private:
  void write_error(std::string text);
  [[nodiscard]] int write_all(int descriptor, std::string_view text);
  [[nodiscard]] bool wait_for_reader(int descriptor);

  const int out_;
  const int error_;
  const std::string name_;
  const std::stop_token stop_;
  WakeUp stopping_;  ///< Rung by a stop.
  const std::stop_callback<std::function<void()>> ring_;
  const std::size_t width_;
  const bool shows_progress_;

  std::string pending_;
  int output_error_ = 0;  ///< errno of a failed write; nothing is written any more.
  bool output_error_told_ = false;
  bool progress_shown_ = false;
};

/// `text` with control characters written as `\u00XX`, so that stored bytes can't drive a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// `count` with thousands separated by commas.
[[nodiscard]] std::string grouped(std::uint64_t count);

/// `count` and `noun`, with an s unless `count` is 1.
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace eventcore::cli
