#pragma once

/// \file
/// The subcommand `serve`.

#include <memory>
#include <stop_token>

#include "exit_code.hpp"
#include "serve/shop_server.hpp"

namespace shop {

/// Serves until `stop` is requested.
[[nodiscard]] ExitCode serve(const ShopServerOptions& options, std::stop_token stop);

/// A server that serves and has said where. Null after a failure, which then is told on standard
/// error and left in `code`.
[[nodiscard]] std::unique_ptr<ShopServer> start_server(const ShopServerOptions& options,
                                                       ExitCode& code);

}  // namespace shop
