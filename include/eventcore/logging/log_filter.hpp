#pragma once

/// \file
/// `LogFilter`: which records are written, by level and target.
///
///     warn,eventcore::store=debug,shop=info
///
/// Directives are separated by commas: `LEVEL` is for all targets, `TARGET=LEVEL` for a target and
/// those below it. The longest target that fits decides; where none does, nothing is written.
/// Levels: trace, debug, info, warn, error, off. Below `shop` are `shop::api` and so on, but not
/// `shopping`.

#include <string>
#include <string_view>
#include <vector>

#include "eventcore/logging/log_level.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// Directives that were understood. Thread-safety: Immutable.
class LogFilter {
 public:
  /// Writes nothing.
  LogFilter() = default;
  /// Errors: InvalidArgument; the message says where in `text`, counting characters from 1, and
  /// what is wrong there.
  [[nodiscard]] static Result<LogFilter> parse(std::string_view text);

  /// Records of `target` are written from this level on.
  [[nodiscard]] LogLevel level_of(std::string_view target) const noexcept;
  /// The directives in one line, the most special first.
  [[nodiscard]] std::string to_string() const;

 private:
  struct Directive {
    std::string target;  ///< Empty: all.
    LogLevel level = LogLevel::Off;
  };

  std::vector<Directive> directives_;  // the longest target first
};

}  // namespace eventcore
