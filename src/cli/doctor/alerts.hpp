#pragma once

/// \file
/// The alerts of ops/prometheus/, and the runbook of each.

#include <string>
#include <string_view>
#include <vector>

namespace eventcore::cli::doctor {

struct Alert {
  std::string name;
  std::string runbook;  ///< As `disk`: the page without folder and `.md`.
};

/// Those that the rules had when the tool was built, in their order, each once.
[[nodiscard]] const std::vector<Alert>& alerts();

/// The alert of that name, or null.
[[nodiscard]] const Alert* find_alert(std::string_view name);

}  // namespace eventcore::cli::doctor
