#pragma once

// How a process is named that holds a lease: `host:pid:uuid`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventcore::detail {

/// The name of this host; empty if it has none.
[[nodiscard]] std::string host_name();

/// A new name for a holder in this process.
[[nodiscard]] std::string make_holder();

/// The process that `holder` names, if it was made on this host.
[[nodiscard]] std::optional<std::uint64_t> process_of_holder(std::string_view holder);

}  // namespace eventcore::detail
