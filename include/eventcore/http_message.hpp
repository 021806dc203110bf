#pragma once

/// \file
/// `http::Request` and `http::Response`: what a handler takes and gives.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventcore::http {

class Broadcast;

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options };
/// The name of `method` as it is written on the wire.
[[nodiscard]] std::string_view to_string(Method method) noexcept;

struct Header {
  std::string name;
  std::string value;
};

/// One request. Thread-safety: Immutable while a handler runs.
struct Request {
  Method method = Method::Get;
  std::string target = {};           ///< As sent: path and query.
  std::string_view version = "1.1";  ///< Of HTTP; a fixed name.
  std::string path = {};             ///< Of the target, as sent.
  std::string query = {};            ///< What follows `?`, as sent.
  /// The route's template, as `/orders/{id}`: fit for a metric, as `path` is not.
  std::string_view route = {};
  /// The values of the template's names, percent-decoded.
  std::vector<std::pair<std::string_view, std::string>> parameters = {};
  std::vector<Header> headers = {};
  std::string body = {};
  std::string peer = {};  ///< Address and port of the client's end.

  /// The value of a template's name. Requires: the route has it.
  [[nodiscard]] const std::string& parameter(std::string_view name) const;
  /// The first header called `name`, in any case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// The first value of `name` in the query, percent-decoded.
  [[nodiscard]] std::optional<std::string> query_parameter(std::string_view name) const;
  /// All values of `name` in the query, percent-decoded; those that can't be are left out.
  [[nodiscard]] std::vector<std::string> query_parameters(std::string_view name) const;
};

/// One response. `Content-Length`, `Date` and `Connection` are the server's.
struct Response {
  std::uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<Header> headers = {};
  /// If given, what it publishes follows instead of a body; see http_broadcast.hpp.
  std::shared_ptr<Broadcast> stream = nullptr;
};

/// A response with a JSON body.
[[nodiscard]] Response json_response(std::uint16_t status, std::string body);

/// An error as `application/problem+json` (RFC 9457). The title is that of the status; `detail`
/// says what is wrong with this request and must not hold secrets.
[[nodiscard]] Response problem(std::uint16_t status, std::string_view detail);

/// `text` as a JSON string with its quotes. What is not UTF-8 becomes `?`.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace eventcore::http
