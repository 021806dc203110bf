#pragma once

/// \file
/// `eventcore projections rebuild`.

#include "commands.hpp"

namespace eventcore::cli {

void add_rebuild_command(CLI::App& projections, Chosen& chosen);

}  // namespace eventcore::cli
