#pragma once

/// \file
/// Opens the store of a `--store` option and tells the user why that fails.

#include <memory>
#include <string>

#include <eventcore/event_store.hpp>
#include <eventcore/store_url.hpp>

#include "exit_code.hpp"

namespace shop {

/// Null after a failure, which then is told on standard error and left in `code`.
[[nodiscard]] std::unique_ptr<eventcore::EventStore> open_shop_store(
    const std::string& url, eventcore::OpenStoreOptions options, ExitCode& code);

/// Flushes and closes `store` and returns `code`, or `StoreUnusable` if that fails.
[[nodiscard]] ExitCode close_shop_store(eventcore::EventStore& store, ExitCode code);

}  // namespace shop
