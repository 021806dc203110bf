#pragma once

/// \file
/// The subcommand `report`.

#include <string>

#include "exit_code.hpp"

namespace shop {

struct ReportCommand {
  std::string store;
  bool json = false;
};

[[nodiscard]] ExitCode run(const ReportCommand& command);

}  // namespace shop
