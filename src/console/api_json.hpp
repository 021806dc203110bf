#pragma once

// JSON as the API has it, and its answers.

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/http_message.hpp"
#include "eventcore/result.hpp"

namespace eventcore::console {

using Json = nlohmann::ordered_json;

/// `value` with six significant digits; null if it is none.
[[nodiscard]] Json rounded(double value);
/// RFC 3339 in UTC with milliseconds; null for 1970.
[[nodiscard]] Json time_json(Timestamp time);
/// In milliseconds since 1970.
[[nodiscard]] std::int64_t unix_ms(Timestamp time);
/// In one line; what is not UTF-8 is replaced.
[[nodiscard]] std::string text_of(const Json& json);

/// `json` as an answer that nobody keeps.
[[nodiscard]] http::Response answer(const Json& json, std::uint16_t status = 200);
/// The same with text that is JSON already.
[[nodiscard]] http::Response answer_text(std::string json);
/// An error as a problem: its message only if it is about the request, for others may name files
/// and hosts.
[[nodiscard]] http::Response refuse(const Error& error);
/// `problem` that nobody keeps.
[[nodiscard]] http::Response refuse(std::uint16_t status, std::string_view detail);

/// A whole number in the query: `fallback` without one, nothing if it is no number up to `max`.
[[nodiscard]] std::optional<std::uint64_t> number_in(const http::Request& request,
                                                     std::string_view name, std::uint64_t fallback,
                                                     std::uint64_t max);

}  // namespace eventcore::console
