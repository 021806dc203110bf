#pragma once

/// \file
/// `TopScreen`: the lines of `eventcore top`, from looks and keys. It prints nothing itself.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "terminal.hpp"
#include "top_look.hpp"

namespace eventcore::cli {

struct ScreenStyle {
  bool color = true;
  bool utf8 = true;  ///< Else sparklines are made of ASCII.
};

/// Thread-safety: One thread at a time.
class TopScreen {
 public:
  TopScreen(std::string title, std::chrono::milliseconds interval, ScreenStyle style);

  /// A look is kept even while the screen stands still.
  void add(TopLook look);
  /// Nobody answered; what was seen last stays.
  void add_failure(std::string why);
  /// Takes keys as a terminal sends them. False if one of them ends the program.
  [[nodiscard]] bool press(std::string_view keys);

  [[nodiscard]] std::vector<std::string> lines(ScreenSize size) const;

 private:
  enum class View : std::uint8_t { Overview, Commands, Projections, Streams, Slow };
  struct Rows;

  void press_letter(char key);
  void move(int by);
  [[nodiscard]] const TopLook& shown() const;
  [[nodiscard]] std::string headline(std::size_t columns) const;
  [[nodiscard]] std::vector<std::string> figures(std::size_t columns) const;
  [[nodiscard]] std::vector<std::string> details() const;
  [[nodiscard]] Rows rows(View view) const;
  void add_table(View view, std::size_t lines_max, std::size_t columns, bool selects,
                 std::vector<std::string>& out) const;
  [[nodiscard]] std::string spark(double (*value)(const TopLook&), std::size_t columns) const;

  const std::string title_;
  const std::chrono::milliseconds interval_;
  const ScreenStyle style_;
  std::deque<TopLook> history_;
  TopLook frozen_;
  bool is_paused_ = false;
  bool shows_details_ = false;
  bool is_reversed_ = false;
  View view_ = View::Overview;
  std::size_t sort_column_ = 0;  // 0: the view's own order
  std::size_t selected_ = 0;
  std::string failure_;
};

/// One look in one line, for whoever reads lines.
[[nodiscard]] std::string line_of(const TopLook& look);
/// The same as an object of JSON.
[[nodiscard]] std::string json_of(const TopLook& look);

}  // namespace eventcore::cli
