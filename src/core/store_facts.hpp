#pragma once

// What a store remembers of its care, as the named numbers that it keeps.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/store_care.hpp"

namespace eventcore::detail {

struct StoreFact {
  std::string name;
  std::uint64_t value = 0;
};

/// What has to be kept of `record`; facts of the same names are replaced.
[[nodiscard]] std::vector<StoreFact> facts_of(CareTask task, const CareRecord& record);

/// Puts a fact into `care`; one that is none of these is passed over.
void note_fact(StoreCare& care, std::string_view name, std::uint64_t value);

}  // namespace eventcore::detail
