#pragma once

// What is wrong with a request before a handler sees it, and what is answered.

#include <cstddef>
#include <optional>
#include <string_view>

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "eventcore/http_server.hpp"

namespace eventcore::http::detail {

using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

/// The method that handlers know `verb` as.
[[nodiscard]] std::optional<Method> method_of(boost::beast::http::verb verb);

/// What is asked for, as far as a parser can hold it.
[[nodiscard]] std::size_t header_bytes_max(const ServerOptions& options);

/// The answer to a request that can't be read; nothing where nobody would read it.
[[nodiscard]] std::optional<Response> answer_to(const boost::beast::error_code& error,
                                                bool is_in_body, const ServerOptions& options);

/// The answer to a request whose header is well-formed and yet not taken: for one, because a proxy
/// may see its end elsewhere.
[[nodiscard]] std::optional<Response> refuse_header(const Parser::value_type& request);

/// 503, for a moment.
[[nodiscard]] Response busy(std::string_view detail);

}  // namespace eventcore::http::detail
