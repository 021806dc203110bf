#pragma once

/// \file
/// Base64 (RFC 4648, with padding), for payloads that are not JSON.

#include <optional>
#include <string>
#include <string_view>

namespace eventcore::cli {

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// The bytes of `text`; nothing if it is not canonical base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace eventcore::cli
