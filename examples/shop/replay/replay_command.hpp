#pragma once

/// \file
/// The subcommand `replay`.

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

#include "exit_code.hpp"

namespace shop {

struct ReplayCommand {
  std::string file;
  std::string store;
  std::size_t concurrency = 16;
  std::optional<double> speed = std::nullopt;
  std::string rejects;  ///< File for the rows that can't be used; empty: none.
  bool strict = false;  ///< Rows that can't be used make the exit code `BadInput`.
};

[[nodiscard]] ExitCode run(const ReplayCommand& command, std::stop_token stop);

}  // namespace shop
