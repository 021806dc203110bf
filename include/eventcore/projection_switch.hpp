#pragma once

/// \file
/// `switch_projections`: the end of a rebuild beside the live version.
///
/// The new version was rebuilt with `ProjectionRunnerOptions::rebuild_of`. Stop the runners of the
/// live version everywhere, let the new one come as far, then switch: from there on its side
/// effects happen. The usual mistake is to remove the live version oneself, before the new one is
/// there: what lies between has its side effects twice.

#include <string_view>

#include "eventcore/projection_storage.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// Removes `live`, in whose place `next` goes on. Repeating a call that failed is harmless.
/// Errors: InvalidArgument (no such projection), LeaseLost (`live` is still led), VersionConflict
/// (`next` is not as far as `live`, the error has its position; or `live` has dead letters that are
/// neither replayed nor discarded, whose side effects nobody would have), and those of a write.
[[nodiscard]] Result<void> switch_projections(ProjectionStorage& storage, std::string_view live,
                                              std::string_view next);

}  // namespace eventcore
