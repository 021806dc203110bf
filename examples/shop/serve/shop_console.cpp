#include "serve/shop_console.hpp"

#include <utility>

#include <eventcore/logging/log.hpp>
#include <eventcore/logging/logging.hpp>

namespace shop {
namespace {

using eventcore::Result;
namespace http = eventcore::http;

/// The token of a file, else of the environment, else none.
Result<std::optional<http::AccessToken>> open_token(const std::string& file, const char* variable,
                                                    const char* option) {
  auto token = http::AccessToken::find(file, variable);
  if (token) return token;
  const std::string message = (file.empty() ? "" : std::string(option) + ": ");
  return eventcore::make_error(eventcore::ErrorCode::InvalidArgument,
                               message + token.error().message);
}

void note_refusal(const http::Request& request, std::uint16_t status) {
  EVENTCORE_LOG_WARN("Request to metrics or console refused", field("peer", request.peer),
                     field("method", http::to_string(request.method)), field("path", request.path),
                     field("status", status));
}

void note_action(const eventcore::console::ActionRecord& action) {
  if (action.error.empty()) {
    EVENTCORE_LOG_RECORD(Warn, "", "console.action", "Action on the console",
                         field("action", action.action), field("subject", action.subject),
                         field("peer", action.peer));
  } else {
    EVENTCORE_LOG_RECORD(Warn, "", "console.action", "Action on the console failed",
                         field("action", action.action), field("subject", action.subject),
                         field("peer", action.peer), field("error", action.error));
  }
}

}  // namespace

Result<std::shared_ptr<const http::AccessPolicy>> open_access(const ShopConsoleOptions& options,
                                                              const std::string& listen) {
  auto read = open_token(options.token_file, "EVENTCORE_TOKEN", "--token-file");
  if (!read) return read.error();
  auto operate =
      open_token(options.operator_token_file, "EVENTCORE_OPERATOR_TOKEN", "--operator-token-file");
  if (!operate) return operate.error();
  return std::make_shared<const http::AccessPolicy>(
      http::AccessOptions{.listen = listen,
                          .read = *std::move(read),
                          .operate = *std::move(operate),
                          .hosts = options.hosts,
                          .level = &eventcore::console::access_level,
                          .on_refused = note_refusal});
}

bool wants_console(const ShopConsoleOptions& options, const http::AccessPolicy& access) {
  return options.enabled.value_or(access.is_loopback() || access.has_token());
}

std::unique_ptr<eventcore::console::Console> make_console(
    eventcore::console::ConsoleOptions parts) {
  parts.log_filter = [] { return eventcore::log_filter(); };
  parts.set_log_filter = [](std::string_view filter) { return eventcore::set_log_filter(filter); };
  // Warnings, which a server writes by default: what changes it must not go unseen.
  parts.on_action = note_action;
  return std::make_unique<eventcore::console::Console>(std::move(parts));
}

}  // namespace shop
