#pragma once

/// \file
/// cpp-httplib's headers as a carrier: all that a program which uses it needs for propagation.

#include <httplib.h>

#include "eventcore/tracing/propagation.hpp"

namespace eventcore {

/// The headers of a message. Ownership: views of `headers`.
inline HeaderValues header_values(const httplib::Headers& headers) {
  return [&headers](std::string_view name) {
    std::vector<std::string_view> values;
    const auto [begin, end] = headers.equal_range(std::string(name));
    for (auto header = begin; header != end; ++header) values.emplace_back(header->second);
    return values;
  };
}

/// Sets headers of an outgoing message, which must live until then.
inline SetHeader set_header(httplib::Headers& headers) {
  return [&headers](std::string_view name, std::string_view value) {
    headers.erase(std::string(name));
    headers.emplace(name, value);
  };
}

}  // namespace eventcore
