#pragma once

/// \file
/// `StoreCare`: when a store was last backed up, restored from a backup as an exercise, and
/// verified, as the store itself remembers it. `eventcore backup`, `restore --verify` and `verify`
/// tell it; metrics and alerts ask it.

#include <cstdint>
#include <optional>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/position.hpp"

namespace eventcore {

enum class CareTask : std::uint8_t {
  Backup,
  Restore,  ///< A backup was restored somewhere, and what came out was verified.
  Verify,
};
inline constexpr std::size_t kCareTasks = 3;
/// `backup`, `restore`, `verify`.
[[nodiscard]] std::string_view to_string(CareTask task) noexcept;

/// One time that a task was done, or tried.
struct CareRecord {
  Timestamp time;  ///< When it began.
  bool succeeded = true;
  Position position = {};        ///< Up to which it went.
  std::uint64_t size_bytes = 0;  ///< Of a backup.
  std::uint64_t findings = 0;    ///< Of a verification.

  friend bool operator==(const CareRecord&, const CareRecord&) = default;
};

/// What a store remembers of a task.
struct CareHistory {
  std::optional<CareRecord> last_success = std::nullopt;
  std::optional<Timestamp> last_failure = std::nullopt;

  /// Whether it was tried in vain since it last succeeded.
  [[nodiscard]] bool is_failing() const noexcept {
    return last_failure && (!last_success || *last_failure > last_success->time);
  }
  friend bool operator==(const CareHistory&, const CareHistory&) = default;
};

struct StoreCare {
  CareHistory backup;
  CareHistory restore;
  CareHistory verify;

  [[nodiscard]] CareHistory& of(CareTask task) noexcept;
  [[nodiscard]] const CareHistory& of(CareTask task) const noexcept;
  friend bool operator==(const StoreCare&, const StoreCare&) = default;
};

}  // namespace eventcore
