#pragma once

/// \file
/// Times as tools print and read them: RFC 3339 in UTC.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/result.hpp"

namespace eventcore::cli {

/// `2024-05-01T10:00:00.123Z`: milliseconds, cut off. For people.
[[nodiscard]] std::string short_time(Timestamp time);
/// `2024-05-01T10:00:00.123456789Z`. For machines.
[[nodiscard]] std::string full_time(Timestamp time);
/// `3 min`, `2 h`, `5 d`: the age in its largest unit.
[[nodiscard]] std::string short_age(std::chrono::nanoseconds age);

/// A time written as RFC 3339 (`2024-05-01T10:00:00.5+02:00`; the offset may be left out and is
/// UTC then), as a date (its beginning in UTC), or as an age before `now`: `90s`, `15m`, `2h`,
/// `7d`. Errors: InvalidArgument.
[[nodiscard]] Result<Timestamp> parse_time(std::string_view text, Timestamp now);

}  // namespace eventcore::cli
