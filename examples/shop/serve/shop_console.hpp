#pragma once

/// \file
/// The shop's console, and who may look at it and at `/metrics`.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <eventcore/console/console.hpp>
#include <eventcore/http_access.hpp>
#include <eventcore/result.hpp>

namespace shop {

struct ShopConsoleOptions {
  /// Whether there is one; nothing: if the metrics are served on loopback, or there is a token.
  std::optional<bool> enabled = std::nullopt;
  /// Files of the tokens; empty: EVENTCORE_TOKEN and EVENTCORE_OPERATOR_TOKEN, if they are set.
  std::string token_file = {};
  std::string operator_token_file = {};
  std::vector<std::string> hosts = {};  ///< Names of the metrics' address, behind a proxy.
  bool show_payloads = false;
};

/// The guard of the metrics' server at `listen`. Errors: InvalidArgument, Unavailable; the message
/// names the option.
[[nodiscard]] eventcore::Result<std::shared_ptr<const eventcore::http::AccessPolicy>> open_access(
    const ShopConsoleOptions& options, const std::string& listen);

/// Whether there is to be a console.
[[nodiscard]] bool wants_console(const ShopConsoleOptions& options,
                                 const eventcore::http::AccessPolicy& access);

/// `parts`, with the log and an audit of actions in it.
[[nodiscard]] std::unique_ptr<eventcore::console::Console> make_console(
    eventcore::console::ConsoleOptions parts);

}  // namespace shop
