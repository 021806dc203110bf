#pragma once

/// \file
/// `Tables`: where one projection writes, in the transactions of its read model.

#include <string_view>

#include <eventcore/read_model.hpp>
#include <eventcore/result.hpp>

#include "read_models/statement.hpp"

namespace shop {

/// Thread-safety: One thread at a time.
class Tables {
 public:
  Tables() = default;
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;
  virtual ~Tables() = default;

  [[nodiscard]] virtual eventcore::ReadModel& read_model() noexcept = 0;
  /// Runs statements without parameters and results. Errors: Unavailable, HandlerFailed.
  [[nodiscard]] virtual eventcore::Result<void> execute(std::string_view sql) = 0;
  /// Errors: HandlerFailed (the SQL does not fit the tables).
  [[nodiscard]] virtual eventcore::Result<Statement> prepare(std::string_view sql) = 0;
};

}  // namespace shop
