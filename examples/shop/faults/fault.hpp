#pragma once

/// \file
/// The faults that the shop can be given by name, to see what alerts, dashboards and people make
/// of them.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace shop {

enum class Fault : std::uint8_t {
  StoreUnreachable,
  ProjectorKilled,
  ErrorBurst,
  SlowCommits,
  PoisonEvent,
};

struct FaultDescription {
  Fault fault;
  std::string_view name;
  std::string_view what;
  bool needs_postgres;
};

inline constexpr std::array<FaultDescription, 5> kFaults{{
    {Fault::StoreUnreachable, "store-unreachable", "connections to PostgreSQL are cut", true},
    {Fault::ProjectorKilled, "projector-killed", "the thread of stock_levels stands still", false},
    {Fault::ErrorBurst, "error-burst", "every fifth command can't be stored", false},
    {Fault::SlowCommits, "slow-commits", "PostgreSQL's commits wait 600 ms for a lock", true},
    {Fault::PoisonEvent, "poison-event", "an event is stored that stock_levels can't read", false},
}};

/// Nothing for a name that no fault has.
[[nodiscard]] std::optional<Fault> fault_of(std::string_view name) noexcept;
[[nodiscard]] const FaultDescription& description_of(Fault fault) noexcept;

}  // namespace shop
