#include "faults/fault.hpp"

#include <cstddef>

namespace shop {

std::optional<Fault> fault_of(std::string_view name) noexcept {
  for (const FaultDescription& each : kFaults) {
    if (each.name == name) return each.fault;
  }
  return std::nullopt;
}

const FaultDescription& description_of(Fault fault) noexcept {
  return kFaults[static_cast<std::size_t>(fault)];
}

}  // namespace shop
