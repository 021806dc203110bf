#pragma once

/// \file
/// The subcommand `serve`.

#include <stop_token>

#include "exit_code.hpp"
#include "serve/shop_server.hpp"

namespace shop {

/// Serves until `stop` is requested.
[[nodiscard]] ExitCode serve(const ShopServerOptions& options, std::stop_token stop);

/// Where `server` can be reached, for people.
void print_urls(const ShopServer& server);

}  // namespace shop
