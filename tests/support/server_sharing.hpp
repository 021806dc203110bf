#pragma once

/// \file
/// One PostgreSQL server for all tests of a run of ctest, most of which are processes of their own.

#include <filesystem>

namespace eventcore::testing {

/// Starts a server in the background and returns when it is ready; `folder`/server then holds its
/// conninfo. The server ends when the caller's parent does, which is ctest, or with
/// `unshare_server`. Waits while another run shares one by the same folder. Requires: no other
/// thread runs.
void share_server(const std::filesystem::path& folder);

/// Ends the server that is shared by `folder`, if any, and returns when it is gone.
void unshare_server(const std::filesystem::path& folder);

}  // namespace eventcore::testing
