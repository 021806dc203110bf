#include "top_screen.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "../console.hpp"
#include "../table.hpp"
#include "top_numbers.hpp"

namespace eventcore::cli {
namespace {

constexpr std::size_t kHistoryMax = 600;
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kReverse = "\x1b[7m";

/// What a look has of a service, or not-a-number.
template <double monitor::PerformanceSnapshot::*field>
double of_window(const TopLook& look) {
  return look.window ? *look.window.*field : kNoNumber;
}

double store_rate(const TopLook& look) {
  return look.store ? look.store->events_per_second : kNoNumber;
}

double greatest_lag(const TopLook& look) {
  double greatest = kNoNumber;
  for (const ProjectionRow& row : look.projections) {
    if (!(row.lag_seconds <= greatest)) greatest = row.lag_seconds;
  }
  return greatest;
}

std::string padded(std::string text, std::size_t columns, bool right) {
  const std::size_t has = columns_of(text);
  if (has >= columns) return text;
  const std::string space(columns - has, ' ');
  return right ? space + text : text + space;
}

std::string size_text(double bytes) { return shortened(bytes / (1024 * 1024)) + " MiB"; }

}  // namespace

/// A table: what is shown, and what rows are sorted by.
struct TopScreen::Rows {
  struct Title {
    std::string text;
    bool is_number = true;
  };
  struct Row {
    std::vector<std::string> cells;
    std::vector<double> keys;  // of numbers
  };
  std::string name;
  std::vector<Title> titles;
  std::vector<Row> rows;
  std::size_t own_order =
      1;  // the column that sorts if nobody asks for another; its greatest first
};

TopScreen::TopScreen(std::string title, std::chrono::milliseconds interval, ScreenStyle style)
    : title_(std::move(title)), interval_(interval), style_(style) {}

void TopScreen::add(TopLook look) {
  failure_.clear();
  history_.push_back(std::move(look));
  if (history_.size() > kHistoryMax) history_.pop_front();
  // Of what is past, only figures are drawn.
  if (history_.size() > 1) {
    TopLook& before = history_[history_.size() - 2];
    before.commands.clear();
    before.streams.clear();
    before.slow.clear();
  }
}

void TopScreen::add_failure(std::string why) { failure_ = std::move(why); }

const TopLook& TopScreen::shown() const {
  static const TopLook kNothing;
  if (is_paused_) return frozen_;
  return history_.empty() ? kNothing : history_.back();
}

void TopScreen::move(int by) {
  const std::size_t rows_now = rows(view_).rows.size();
  if (rows_now == 0) return;
  const auto last = static_cast<std::ptrdiff_t>(rows_now) - 1;
  selected_ = static_cast<std::size_t>(
      std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(selected_) + by, 0, last));
}

void TopScreen::press_letter(char key) {
  constexpr int kViews = 5;
  const auto go_to = [&](int view) {
    view_ = static_cast<View>((view + kViews) % kViews);
    sort_column_ = selected_ = 0;
    shows_details_ = is_reversed_ = false;
  };
  if (key >= '1' && key < '1' + kViews) return go_to(key - '1');
  if (key == '\t') return go_to(static_cast<int>(view_) + 1);
  if (key == 'j') return move(1);
  if (key == 'k') return move(-1);
  if (key == 's') sort_column_ = (sort_column_ + 1) % (rows(view_).titles.size() + 1);
  if (key == 'r') is_reversed_ = !is_reversed_;
  if (key == '\n' || key == '\r') {
    if (view_ == View::Overview) return go_to(static_cast<int>(View::Projections));
    shows_details_ = !shows_details_;
  }
  if (key == 'p' || key == ' ') {
    if (!is_paused_) frozen_ = shown();
    is_paused_ = !is_paused_;
  }
}

bool TopScreen::press(std::string_view keys) {
  while (!keys.empty()) {
    if (keys.starts_with("\x1b[") || keys.starts_with("\x1bO")) {
      // An arrow, or a key of many that mean nothing here: up to the letter that ends it.
      std::size_t end = 2;
      while (end < keys.size() && !(keys[end] >= '@' && keys[end] <= '~')) ++end;
      if (end < keys.size() && keys[end] == 'A') move(-1);
      if (end < keys.size() && keys[end] == 'B') move(1);
      keys.remove_prefix(std::min(keys.size(), end + 1));
      continue;
    }
    const char key = keys.front();
    keys.remove_prefix(1);
    if (key == 'q' || key == 'Q' || key == '\x04') return false;
    if (key == '\x1b' || key == '\x7f') {
      shows_details_ = false;
    } else {
      press_letter(key);
    }
  }
  return true;
}

std::string TopScreen::spark(double (*value)(const TopLook&), std::size_t columns) const {
  constexpr std::array<const char*, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::string_view kAscii = "_.:-=+*#";
  const std::size_t count = std::min(columns, history_.size());
  std::vector<double> values;
  double greatest = 0;
  for (std::size_t i = history_.size() - count; i < history_.size(); ++i) {
    values.push_back(value(history_[i]));
    if (std::isfinite(values.back())) greatest = std::max(greatest, values.back());
  }
  std::string text;
  for (const double one : values) {
    if (!std::isfinite(one)) {
      text += ' ';
      continue;
    }
    const double part = greatest > 0 ? std::max(0.0, one) / greatest : 0;
    const auto step = static_cast<std::size_t>(std::lround(part * 7.0));
    text += style_.utf8 ? std::string(kBlocks[step]) : std::string(1, kAscii[step]);
  }
  return text;
}

std::string TopScreen::headline(std::size_t columns) const {
  const TopLook& look = shown();
  std::string text = "eventcore top  " + printable(title_);
  if (look.time.size() >= 19) text += "  " + look.time.substr(11, 8) + " UTC";
  text += "  every " + shortened(std::chrono::duration<double>(interval_).count()) + " s";
  std::string state = is_paused_ ? "PAUSED" : "";
  if (!failure_.empty()) state = "NO CONNECTION: " + printable(failure_);
  if (state.empty() && !look.note.empty()) state = look.note;
  if (state.empty()) return cut_to(text, columns);
  // What is wrong is to be seen on a narrow screen too.
  state = cut_to(state, columns);
  const std::size_t left = columns - columns_of(state);
  text = left > 2 ? padded(cut_to(text, left - 2), left, false) : std::string();
  return text + (style_.color && !failure_.empty() ? std::string(kRed) + state : state);
}

std::vector<std::string> TopScreen::figures(std::size_t columns) const {
  using Snapshot = monitor::PerformanceSnapshot;
  const TopLook& look = shown();
  std::vector<std::string> lines;
  const auto graph = [&](const std::string& name, const std::string& value,
                         double (*series)(const TopLook&), const std::string& behind = {}) {
    std::string line = padded(name, 14, false) + padded(value, 10, true) + "  ";
    const std::size_t used = columns_of(line) + (behind.empty() ? 0 : columns_of(behind) + 2);
    const std::size_t width = columns > used ? std::min<std::size_t>(columns - used, 60) : 0;
    line += padded(spark(series, width), behind.empty() ? 0 : width, false);
    if (!behind.empty()) line += "  " + behind;
    lines.push_back(cut_to(line, columns));
  };
  if (look.store) {
    graph("events/s", shortened(look.store->events_per_second), &store_rate);
    lines.push_back(cut_to("head " + whole(look.store->head) + "  streams " +
                               whole(look.store->streams) + "  size " +
                               size_text(look.store->size_bytes),
                           columns));
    graph("lag", seconds_text(greatest_lag(look)), &greatest_lag);
    return lines;
  }
  const Snapshot none = [] {
    Snapshot empty;
    for (double Snapshot::*field :
         {&Snapshot::commands_per_second, &Snapshot::events_per_second, &Snapshot::error_rate,
          &Snapshot::avg_latency_ms, &Snapshot::p50_latency_ms, &Snapshot::p95_latency_ms,
          &Snapshot::p99_latency_ms, &Snapshot::conflicts_per_second, &Snapshot::retries_per_second,
          &Snapshot::append_queue_depth, &Snapshot::avg_commit_ms, &Snapshot::p95_commit_ms,
          &Snapshot::cpu_ms_per_command, &Snapshot::memory_usage_mb}) {
      empty.*field = kNoNumber;
    }
    return empty;
  }();
  const Snapshot& now = look.window ? *look.window : none;
  graph("commands/s", shortened(now.commands_per_second),
        &of_window<&Snapshot::commands_per_second>);
  graph("events/s", shortened(now.events_per_second), &of_window<&Snapshot::events_per_second>);
  graph("p95 ms", shortened(now.p95_latency_ms), &of_window<&Snapshot::p95_latency_ms>,
        "avg " + shortened(now.avg_latency_ms) + "  p50 " + shortened(now.p50_latency_ms) +
            "  p99 " + shortened(now.p99_latency_ms));
  graph("commit ms", shortened(now.avg_commit_ms), &of_window<&Snapshot::avg_commit_ms>,
        "p95 " + shortened(now.p95_commit_ms));
  graph("conflicts/s", shortened(now.conflicts_per_second),
        &of_window<&Snapshot::conflicts_per_second>,
        "retries/s " + shortened(now.retries_per_second));
  graph("queue", whole(now.append_queue_depth), &of_window<&Snapshot::append_queue_depth>);
  graph("errors %", shortened(now.error_rate * 100), &of_window<&Snapshot::error_rate>,
        "CPU ms/command " + shortened(now.cpu_ms_per_command) + "  memory MiB " +
            shortened(now.memory_usage_mb));
  std::string outcomes = "outcomes/s    ";
  for (const auto& [name, rate] : look.outcomes) outcomes += name + " " + shortened(rate) + "  ";
  lines.push_back(cut_to(outcomes, columns));
  return lines;
}

TopScreen::Rows TopScreen::rows(View view) const {
  const TopLook& look = shown();
  Rows table;
  switch (view) {
    case View::Commands:
      table = {"commands",
               {{"COMMAND", false},
                {"PER S"},
                {"AVG MS"},
                {"P95 MS"},
                {"P99 MS"},
                {"ERRORS %"},
                {"RETRIES/S"},
                {"TOTAL"}},
               {},
               1};
      for (const CommandRow& row : look.commands) {
        const auto& now = row.window;
        table.rows.push_back(
            {{printable(row.name), shortened(now.commands_per_second),
              shortened(now.avg_latency_ms), shortened(now.p95_latency_ms),
              shortened(now.p99_latency_ms), shortened(now.error_rate * 100),
              shortened(now.retries_per_second), whole(row.total)},
             {0, now.commands_per_second, now.avg_latency_ms, now.p95_latency_ms,
              now.p99_latency_ms, now.error_rate, now.retries_per_second, row.total}});
      }
      break;
    case View::Overview:
    case View::Projections:
      table = {"projections",
               {{"PROJECTION", false}, {"LAG"}, {"BEHIND"}, {"PER S"}, {"DEAD"}, {"STATE", false}},
               {},
               1};
      for (const ProjectionRow& row : look.projections) {
        table.rows.push_back(
            {{printable(row.name), seconds_text(row.lag_seconds), whole(row.lag_events),
              shortened(row.per_second), whole(row.dead_letters), printable(row.state)},
             {0, row.lag_seconds, row.lag_events, row.per_second, row.dead_letters, 0}});
      }
      break;
    case View::Streams:
      table = {"hot streams",
               {{"STREAM", false}, {"PER S"}, {"VERSION"}, {"WRITES"}, {"CONFLICTS"}},
               {},
               1};
      for (const StreamRow& row : look.streams) {
        table.rows.push_back({{printable(row.name), shortened(row.per_second), whole(row.version),
                               whole(row.writes), whole(row.conflicts)},
                              {0, row.per_second, row.version, row.writes, row.conflicts}});
      }
      break;
    case View::Slow:
      table = {"slow commands",
               {{"COMMAND", false},
                {"MS"},
                {"ATTEMPTS"},
                {"OUTCOME", false},
                {"ENDED", false},
                {"STORY", false}},
               {},
               1};
      for (const SlowRow& row : look.slow) {
        table.rows.push_back(
            {{printable(row.name), shortened(row.milliseconds), whole(row.attempts),
              printable(row.outcome), row.ended, printable(row.story)},
             {0, row.milliseconds, row.attempts, 0, 0, 0}});
      }
      break;
  }
  const std::size_t by = sort_column_ == 0 ? table.own_order : sort_column_ - 1;
  const bool is_number = table.titles[by].is_number;
  std::stable_sort(table.rows.begin(), table.rows.end(), [&](const auto& a, const auto& b) {
    if (!is_number) return a.cells[by] < b.cells[by];
    const double left = std::isfinite(a.keys[by]) ? a.keys[by] : -1;
    const double right = std::isfinite(b.keys[by]) ? b.keys[by] : -1;
    return left > right;
  });
  if (is_reversed_) std::reverse(table.rows.begin(), table.rows.end());
  return table;
}

void TopScreen::add_table(View view, std::size_t lines_max, std::size_t columns, bool selects,
                          std::vector<std::string>& out) const {
  if (lines_max < 2) return;
  const Rows table = rows(view);
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.titles.size(); ++i) {
    std::size_t width = columns_of(table.titles[i].text) + 1;
    for (const auto& row : table.rows) width = std::max(width, columns_of(row.cells[i]));
    widths.push_back(width);
  }
  // A long name must not push the numbers off the screen.
  std::size_t others = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) others += widths[i] + 1;
  if (table.titles.back().text != "STORY") {
    const std::size_t left = columns > others + 12 ? columns - others : 12;
    widths[0] = std::min(widths[0], left);
  }
  const auto line = [&](auto cell) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      text += (i == 0 ? "" : " ") +
              padded(cut_to(cell(i), widths[i]), widths[i], table.titles[i].is_number);
    }
    return cut_to(text, columns);
  };
  const std::size_t by = sort_column_ == 0 ? table.own_order : sort_column_ - 1;
  const std::string titles = line([&](std::size_t i) {
    return table.titles[i].text + (selects && i == by ? (is_reversed_ ? "^" : "v") : "");
  });
  out.push_back(style_.color ? std::string(kBold) + titles : titles);
  if (table.rows.empty()) out.push_back("  (no " + table.name + ")");
  // The selected row stays in sight.
  const std::size_t visible = lines_max - 1;
  const std::size_t first = selects && selected_ >= visible ? selected_ - visible + 1 : 0;
  for (std::size_t i = first; i < table.rows.size() && i - first < visible; ++i) {
    std::string text = line([&](std::size_t column) { return table.rows[i].cells[column]; });
    if (selects && i == selected_) {
      text = style_.color ? std::string(kReverse) + padded(text, columns, false)
                          : cut_to("> " + text, columns);
    }
    out.push_back(std::move(text));
  }
}

std::vector<std::string> TopScreen::details() const {
  const Rows table = rows(view_);
  if (selected_ >= table.rows.size()) return {};
  const auto& row = table.rows[selected_];
  std::vector<std::string> lines{""};
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    lines.push_back(padded(table.titles[i].text, 14, false) + row.cells[i]);
  }
  if (view_ != View::Projections) return lines;
  for (const ProjectionRow& projection : shown().projections) {
    if (printable(projection.name) != row.cells[0]) continue;
    lines.push_back(padded("position", 14, false) + whole(projection.position));
    for (const auto& [name, value] : projection.more) {
      lines.push_back(padded(name, 14, false) + (value.empty() ? "-" : printable(value)));
    }
  }
  return lines;
}

std::vector<std::string> TopScreen::lines(ScreenSize size) const {
  const std::size_t rows_left = std::max<std::size_t>(size.rows, 2);
  std::vector<std::string> out{headline(size.columns)};
  if (style_.color) out[0] = std::string(kBold) + out[0];
  const std::size_t body = rows_left - 2;
  std::vector<std::string> content;
  if (view_ == View::Overview) {
    content = figures(size.columns);
    const bool is_service = !shown().store;
    const std::size_t left = body > content.size() + 1 ? body - content.size() - 1 : 0;
    content.emplace_back();
    if (is_service && left >= 6) {
      const std::size_t commands = std::min(shown().commands.size() + 2, left / 2);
      const std::size_t before = content.size();
      add_table(View::Commands, commands, size.columns, false, content);
      content.emplace_back();
      add_table(View::Projections, left - (content.size() - before), size.columns, false, content);
    } else {
      add_table(View::Projections, left, size.columns, false, content);
    }
  } else if (shows_details_) {
    content = details();
  } else {
    add_table(view_, body, size.columns, true, content);
  }
  for (std::string& line : content) {
    if (out.size() <= body)
      out.push_back(shows_details_ ? cut_to(line, size.columns) : std::move(line));
  }
  while (out.size() <= body) out.emplace_back();
  out.push_back(
      cut_to("q quit p pause s sort r reverse  1 all 2 commands 3 projections 4 streams 5 slow",
             size.columns));
  return out;
}

}  // namespace eventcore::cli
