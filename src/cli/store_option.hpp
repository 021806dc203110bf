#pragma once

/// \file
/// The option `--store URL` of the subcommands, and the opening and closing around their work.

#include <functional>
#include <string>

#include "console.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/store_url.hpp"

namespace CLI {
class App;
}

namespace eventcore::cli {

/// Adds `--store` to `command`.
void add_store_option(CLI::App& command, std::string& url);

/// Opens the store, runs `work` on it and closes it. Failures of opening and closing are told.
ExitCode with_store(Console& console, const std::string& url, OpenStoreOptions options,
                    const std::function<ExitCode(EventStore&)>& work);

/// For work that only reads.
[[nodiscard]] OpenStoreOptions reading();
/// For work that writes to a store that exists.
[[nodiscard]] OpenStoreOptions writing();

}  // namespace eventcore::cli
