#pragma once

// What was built: version, commit and compiler, as labels of the build information.

#include <string_view>

namespace eventcore::observability::detail {

[[nodiscard]] std::string_view build_version() noexcept;
[[nodiscard]] std::string_view build_commit() noexcept;
[[nodiscard]] std::string_view build_compiler() noexcept;

}  // namespace eventcore::observability::detail
