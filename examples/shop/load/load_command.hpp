#pragma once

/// \file
/// The subcommand `load`.

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "exit_code.hpp"

namespace shop {

struct LoadCommand {
  std::string url = "http://127.0.0.1:8080";
  double rate = 200;
  std::chrono::milliseconds duration{30'000};
  std::uint64_t seed = 0;
};

/// Ends early, with `Done`, when `stop` is requested.
[[nodiscard]] ExitCode run(const LoadCommand& command, std::stop_token stop);

}  // namespace shop
