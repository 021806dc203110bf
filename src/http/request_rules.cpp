#include "request_rules.hpp"

#include <algorithm>
#include <string>

namespace eventcore::http::detail {
namespace {

namespace beast = boost::beast;
using beast::error_code;

/// More does not fit into one field of a parser's message.
constexpr std::size_t kHeaderBytesMost = 0xFFFF;

/// Expectations of HTTP/1.0 mean nothing.
bool expects_other(const Parser::value_type& request) {
  const auto expect = request.find(beast::http::field::expect);
  return request.version() >= 11 && expect != request.end() &&
         !beast::iequals(expect->value(), "100-continue");
}

/// What others, a proxy for one, may understand differently.
std::optional<Response> refuse_ambiguous(const Parser::value_type& request) {
  namespace http = beast::http;
  const bool is_old = request.version() < 11;
  if (!is_old && request.count(http::field::host) != 1) {
    return problem(400, "The request needs one Host header.");
  }
  const auto lengths = request.count(http::field::content_length);
  const std::string_view length = request[http::field::content_length];
  if (lengths > 1 || length.find_first_not_of("0123456789") != std::string_view::npos) {
    return problem(400, "The request needs one Content-Length at most, a number.");
  }
  const auto encodings = request.count(http::field::transfer_encoding);
  if (encodings > 0 && (is_old || lengths > 0)) {
    return problem(400, "The request says in two ways where it ends.");
  }
  if (encodings > 1 ||
      (encodings == 1 && !beast::iequals(request[http::field::transfer_encoding], "chunked"))) {
    return problem(501, "The only transfer encoding is chunked.");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Method> method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::Get;
    case beast::http::verb::head:
      return Method::Head;
    case beast::http::verb::post:
      return Method::Post;
    case beast::http::verb::put:
      return Method::Put;
    case beast::http::verb::patch:
      return Method::Patch;
    case beast::http::verb::delete_:
      return Method::Delete;
    case beast::http::verb::options:
      return Method::Options;
    default:
      return std::nullopt;
  }
}

std::size_t header_bytes_max(const ServerOptions& options) {
  return std::min(options.header_bytes_max, kHeaderBytesMost);
}

std::optional<Response> answer_to(const error_code& error, bool is_in_body,
                                  const ServerOptions& options) {
  namespace http = beast::http;
  if (error == beast::error::timeout) {
    return problem(408, "The request was not complete in time.");
  }
  if (error == http::error::body_limit) {
    return problem(413, "The request's body is larger than " +
                            std::to_string(options.body_bytes_max) + " bytes.");
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    if (is_in_body) return problem(413, "Chunk extensions and trailers are too large.");
    return problem(431, "The request's header is larger than " +
                            std::to_string(header_bytes_max(options)) + " bytes.");
  }
  const bool is_gone = error == http::error::end_of_stream || error == http::error::partial_message;
  const bool is_http = error.category() == error_code(http::error::bad_value).category();
  if (is_gone || !is_http) return std::nullopt;
  return problem(400, "The request is not valid HTTP.");
}

std::optional<Response> refuse_header(const Parser::value_type& request) {
  if (auto refused = refuse_ambiguous(request)) return refused;
  if (expects_other(request)) {
    return problem(417, "The only expectation that is met is 100-continue.");
  }
  return std::nullopt;
}

Response busy(std::string_view detail) {
  Response response = problem(503, detail);
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

}  // namespace eventcore::http::detail
