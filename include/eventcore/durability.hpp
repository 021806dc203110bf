#pragma once

/// \file
/// `Durability`: when a commit of a store counts as done.

#include <cstdint>
#include <string_view>

namespace eventcore {

/// When a commit counts as done.
enum class Durability : std::uint8_t {
  Full,    ///< Events survive a power cut.
  Normal,  ///< Survive a crash of the process; a power cut may lose the last moments.
  Off,     ///< Survive a crash of the process only; a power cut may destroy the store.
};

/// `full`, `normal` or `off`. Static storage.
[[nodiscard]] constexpr std::string_view to_string(Durability durability) noexcept {
  switch (durability) {
    case Durability::Full:
      return "full";
    case Durability::Normal:
      return "normal";
    case Durability::Off:
      break;
  }
  return "off";
}

}  // namespace eventcore
