#pragma once

/// \file
/// `LogSite`: what is known of a place that logs when it is compiled, and its switch.

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "eventcore/logging/log_field.hpp"
#include "eventcore/logging/log_level.hpp"

namespace eventcore::detail {

/// The last three parts of a path, so that it does not depend on where the source lies.
consteval std::string_view log_file(std::string_view path) {
  while (path.starts_with("../")) path.remove_prefix(3);
  int slashes = 0;
  for (std::size_t i = path.size(); i-- > 0;) {
    if (path[i] == '/' && ++slashes == 3) return path.substr(i + 1);
  }
  return path;
}

/// The target of a function: the namespaces and classes around it, as its compiler spells them;
/// `app` for a function of none.
consteval std::string_view log_target(std::string_view target, std::string_view function) {
  if (!target.empty()) return target;
  std::size_t begin = 0;
  std::size_t end = function.size();
  int depth = 0;
  for (std::size_t i = 0; i < function.size(); ++i) {
    const char c = function[i];
    if (function.substr(i).starts_with("(anonymous") || function.substr(i).starts_with("{anon")) {
      end = i;
      break;
    }
    if (c == '<') ++depth;
    if (c == '>') --depth;
    if (depth != 0) continue;
    if (c == ' ' || c == '*' || c == '&') begin = i + 1;
    if (c == '(') {
      end = i;
      break;
    }
  }
  std::string_view name = function.substr(begin, end - begin);
  name = name.substr(0, name.find('<'));
  const std::size_t colons = name.rfind("::");
  return colons == name.npos || colons == 0 ? "app" : name.substr(0, colons);
}

struct LogShape;

/// A place that logs. Static storage: it is linked into the list of all places once it has been
/// reached. Thread-safety: Thread-safe.
class LogSite {
 public:
  enum class State : std::uint8_t { New, Off, On };

  constexpr LogSite(LogLevel level, std::string_view target, std::string_view file,
                    std::uint32_t line, std::string_view event, std::string_view message) noexcept
      : target_(target),
        file_(file),
        event_(event),
        message_(message),
        line_(line),
        level_(level) {}
  LogSite(const LogSite&) = delete;
  LogSite& operator=(const LogSite&) = delete;

  /// A record is to be made. Cost: below a nanosecond if the level is off.
  [[nodiscard]] bool is_wanted() noexcept {
    // Relaxed: a switch that changes is seen soon; nothing else is published by it.
    if (state_.load(std::memory_order_relaxed) == State::Off) [[likely]]
      return false;
    return admit();
  }

  [[nodiscard]] LogLevel level() const noexcept { return level_; }
  [[nodiscard]] std::string_view target() const noexcept { return target_; }
  [[nodiscard]] std::string_view file() const noexcept { return file_; }
  [[nodiscard]] std::string_view event() const noexcept { return event_; }
  [[nodiscard]] std::string_view message() const noexcept { return message_; }
  [[nodiscard]] std::uint32_t line() const noexcept { return line_; }
  /// Of the records that it has made so far; the newest one first.
  [[nodiscard]] std::atomic<const LogShape*>& shapes() const noexcept { return shapes_; }

 private:
  friend class LogCore;
  friend class LogRing;

  /// Whether it is on, and its limit a second not reached. The first time it is linked.
  [[nodiscard]] bool admit() noexcept;

  std::string_view target_;
  std::string_view file_;
  std::string_view event_;
  std::string_view message_;
  std::uint32_t line_;
  std::uint32_t id_ = 0;  // set before `state_` leaves New
  LogLevel level_;
  std::atomic<State> state_ = State::New;
  // The window, and the records left in it: written by the drain when a window begins, and by
  // threads, which take several at once.
  std::atomic<std::uint64_t> budget_ = 0;
  mutable std::atomic<const LogShape*> shapes_ = nullptr;  // only added to
};

/// Makes a record of a place that wanted one. Cost: see docs/reference/benchmarks.md. Never blocks,
/// but for errors: these wait for room for `LoggingOptions::error_wait` at most.
void write_log(const LogSite& site, const LogField* fields, std::size_t count) noexcept;

inline void write_log(const LogSite& site, std::initializer_list<LogField> fields) noexcept {
  write_log(site, fields.begin(), fields.size());
}

}  // namespace eventcore::detail
