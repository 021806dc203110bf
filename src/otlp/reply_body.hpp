#pragma once

// What collectors answer with: messages of protobuf that have a few fields.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/otlp/otlp_transport.hpp"

namespace eventcore::detail {

/// What others have written, for one line of a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// The reply that an `Export...ServiceResponse` means; `Unreachable` if `body` is something else.
[[nodiscard]] OtlpReply accepted_reply(std::string_view body);

/// The message of a `google.rpc.Status`, printable and short; empty if `body` is something else.
[[nodiscard]] std::string status_message(std::string_view body);

/// The delay of a `google.rpc.RetryInfo` in a `google.rpc.Status`.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_delay(std::string_view status);

}  // namespace eventcore::detail
