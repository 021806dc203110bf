#pragma once

/// \file
/// The data folder that servers start from.

#include <filesystem>

namespace eventcore::testing {

/// Copies the data of a new cluster to `to`, which does not exist. The first call in a build folder
/// makes the cluster; others, in this process or another, wait for it.
void copy_new_cluster(const std::filesystem::path& to, const std::filesystem::path& log);

}  // namespace eventcore::testing
