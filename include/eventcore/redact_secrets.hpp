#pragma once

/// \file
/// `redact_secrets`: passwords of URLs stay out of messages and logs.

#include <string>
#include <string_view>

namespace eventcore {

/// `text` without the secrets of a URL in it, for every message that repeats what a user wrote.
/// From the first `://` to the last `@`, and from `password=` to the end, `***` stands instead: a
/// password may hold any character, so this errs on the side of hiding too much.
[[nodiscard]] std::string redact_secrets(std::string_view text);

}  // namespace eventcore
