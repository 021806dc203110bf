#pragma once

// Texts around the wire format that need no network library.

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/http_message.hpp"

namespace eventcore::http::detail {

struct ListenAddress {
  std::string host;  // numeric
  std::uint16_t port = 0;
};

/// `host:port`, with `[host]` for IPv6 and `localhost` for 127.0.0.1; nothing if malformed.
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// `time` as the `Date` header has it.
[[nodiscard]] std::string http_date(std::time_t time);

/// `time` to the millisecond, as `2026-11-25T08:49:37.250Z` (RFC 3339).
[[nodiscard]] std::string utc_text(Timestamp time);

/// A header that cannot break out of its line.
[[nodiscard]] bool is_safe(const Header& header) noexcept;

}  // namespace eventcore::http::detail
