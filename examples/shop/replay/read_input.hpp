#pragma once

/// \file
/// `read_input`: a whole file, pipe or terminal, given up when a stop is requested.

#include <filesystem>
#include <stop_token>
#include <string>

#include <eventcore/result.hpp>

namespace shop {

/// The bytes of `path`. Errors: InvalidArgument (not readable), Cancelled (a stop was requested).
/// Blocking: until its end; a pipe may have nobody yet who writes.
[[nodiscard]] eventcore::Result<std::string> read_input(const std::filesystem::path& path,
                                                        const std::stop_token& stop);

}  // namespace shop
