#pragma once

/// \file
/// `examine`: all checks that are asked for, of processes and a store.

#include <optional>
#include <string>
#include <vector>

#include "../console.hpp"
#include "eventcore/store_url.hpp"
#include "finding.hpp"
#include "thresholds.hpp"

namespace eventcore::cli::doctor {

/// What is to be examined, and how.
struct Examination {
  std::vector<std::string> urls = {};  ///< Of processes.
  std::optional<StoreUrl> store = {};
  std::string store_text = {};  ///< As the user wrote it.
  std::string runbook = {};     ///< Only its checks; empty: all.
  double interval_seconds = 5;  ///< Between two looks at a process.
  bool deep = false;
  Thresholds limits = Thresholds::built_in();
};

/// Blocking: the interval, if there are processes, and the reads of a store.
/// Errors: InvalidArgument (a bad URL); Cancelled. What can't be reached is a finding.
[[nodiscard]] Result<Findings> examine(const Examination& what, Console& console);

/// The store's URL for a command line; `"$STORE"` if there is none, or if it holds a secret.
[[nodiscard]] std::string store_argument(const Examination& what);

}  // namespace eventcore::cli::doctor
