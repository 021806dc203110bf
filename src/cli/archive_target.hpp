#pragma once

/// \file
/// Where a backup may be written: never over what it is made from, and over no device.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "eventcore/result.hpp"

namespace eventcore::cli {

/// What becomes of a file that has the archive's name already.
enum class Existing : std::uint8_t { Keep, Replace };

/// The name under which the archive `file` is written until it is complete.
[[nodiscard]] std::filesystem::path partial_of(const std::filesystem::path& file);

/// Whether an archive may be written to `file` from `sources`, of which some may be missing.
/// Errors: InvalidArgument (it exists; it is no regular file; it is a source, by name or by link).
[[nodiscard]] Result<void> check_target(const std::filesystem::path& file, Existing existing,
                                        const std::vector<std::filesystem::path>& sources);

}  // namespace eventcore::cli
