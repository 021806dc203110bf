#pragma once

/// \file
/// `Terminal`: a screen of its own, keys as they are pressed, and everything as it was afterwards.

#include <termios.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventcore::cli {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Switches the terminal behind `in` and `out` in its constructor and back in its destructor.
/// SIGHUP and SIGQUIT become `has_ended` meanwhile; SIGINT and SIGTERM stay the caller's.
/// Requires: both are terminals; one at a time. Thread-safety: One thread at a time.
class Terminal {
 public:
  Terminal(int in, int out);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  [[nodiscard]] ScreenSize size() const;
  /// Shows `lines`, as many as there are rows.
  void show(const std::vector<std::string>& lines);
  /// What was typed, without waiting; `closed` if nobody types any more.
  [[nodiscard]] std::string typed(bool& closed);

  /// Readable when the size has changed or a signal came.
  [[nodiscard]] int descriptor() const noexcept;
  /// Forgets that. True if a signal wants the end.
  [[nodiscard]] bool take_signals();

 private:
  void write_all(std::string_view text) const;

  const int in_;
  const int out_;
  termios before_{};
  struct SignalHandlers;
  std::unique_ptr<SignalHandlers> handlers_;
};

/// Whether both are terminals that understand escape sequences, going by `TERM`.
[[nodiscard]] bool can_show_screens(int in, int out);

}  // namespace eventcore::cli
