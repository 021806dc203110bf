#pragma once

/// \file
/// What the doctor found, for people and for machines.

#include <string>
#include <vector>

#include "../console.hpp"
#include "finding.hpp"

namespace eventcore::cli::doctor {

/// One mitigation that was carried out, or failed.
struct Action {
  Fix fix;
  std::string time = {};  ///< RFC 3339.
  std::string by = {};
  std::string result = {};
  bool succeeded = false;
};

/// Prints findings, what was not checked, and a summary. With `color` for terminals.
void print_report(const Findings& findings, Console& console, bool color);

/// One object in one line.
[[nodiscard]] std::string report_json(const Findings& findings, const std::vector<Action>& actions);

}  // namespace eventcore::cli::doctor
