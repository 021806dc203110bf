#pragma once

/// \file
/// Boost.Beast's headers as a carrier: all that a program which uses it needs for propagation.

#include <boost/beast/http/fields.hpp>
#include <string_view>

#include "eventcore/tracing/propagation.hpp"

namespace eventcore {

/// The headers of a message. Ownership: views of `fields`.
inline HeaderValues header_values(const boost::beast::http::fields& fields) {
  return [&fields](std::string_view name) {
    std::vector<std::string_view> values;
    const auto [begin, end] = fields.equal_range({name.data(), name.size()});
    for (auto field = begin; field != end; ++field) {
      values.emplace_back(field->value().data(), field->value().size());
    }
    return values;
  };
}

/// Sets headers of an outgoing message, which must live until then.
inline SetHeader set_header(boost::beast::http::fields& fields) {
  return [&fields](std::string_view name, std::string_view value) {
    fields.set({name.data(), name.size()}, {value.data(), value.size()});
  };
}

}  // namespace eventcore
