#pragma once

/// \file
/// The subcommand `demo`: a shop and its customers in one process.

#include <chrono>
#include <optional>
#include <stop_token>

#include "exit_code.hpp"
#include "serve/shop_server.hpp"

namespace shop {

struct DemoCommand {
  ShopServerOptions server;
  double rate = 150;  ///< Orders a second.
  /// Absent: until a stop is requested on a terminal, else 30 seconds.
  std::optional<std::chrono::milliseconds> duration = std::nullopt;
};

[[nodiscard]] ExitCode run(const DemoCommand& command, std::stop_token stop);

}  // namespace shop
