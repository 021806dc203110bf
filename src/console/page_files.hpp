#pragma once

// The page: files that are part of the program.

#include "eventcore/http_server.hpp"

namespace eventcore::console {

/// Adds `/` and `/console/NAME` for each file.
void mount_page(http::Server& server);

}  // namespace eventcore::console
