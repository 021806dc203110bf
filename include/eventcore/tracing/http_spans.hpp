#pragma once

/// \file
/// `HttpServerSpan` and `HttpClientSpan`: spans of HTTP requests, for any library.
///
///     HttpServerSpan span({.method = "GET", .target = request.target}, header_values);
///     respond(...);
///     span.response(200);
///
/// eventcore's own server has `trace_propagation_middleware` (http_tracing.hpp).

#include <cstdint>
#include <string>
#include <string_view>

#include "eventcore/error.hpp"
#include "eventcore/tracing/propagation.hpp"
#include "eventcore/tracing/span.hpp"

namespace eventcore {

/// `target` with `REDACTED` for every value of its query and for a user with password: what people
/// send is not for traces.
[[nodiscard]] std::string redact_target(std::string_view target);

/// A request that is served.
struct HttpRequestView {
  std::string_view method;
  std::string_view target;           ///< As sent: path and query.
  std::string_view version = "1.1";  ///< Of HTTP.
  std::string_view route = {};       ///< The template, if it is known.
  std::string_view scheme = "http";
  std::string_view peer = {};  ///< Address of the client's end.
};

/// The span `http_request`, a child of what the request brought, current for its lifetime together
/// with the request's `tracestate` and baggage. Thread-safety: as `Span`.
class HttpServerSpan {
 public:
  HttpServerSpan(const HttpRequestView& request, const HeaderValues& headers);

  /// The response's status: from 500 on, and with none at all, the span is an error.
  void response(std::uint16_t status) noexcept;
  /// There is no response: `error_type` says why.
  void fail(std::string_view error_type) noexcept;
  [[nodiscard]] Span& span() noexcept { return span_; }

 private:
  PropagatedContext context_;
  PropagationScope scope_;
  Span span_;
};

/// The span of an outgoing request, and its headers. Current for its lifetime.
/// Thread-safety: as `Span`.
class HttpClientSpan {
 public:
  /// `url` is absolute. Sets `traceparent`, `tracestate` and `baggage` with `set_header`.
  HttpClientSpan(std::string_view method, std::string_view url, const SetHeader& set_header);

  /// The response's status: from 400 on the span is an error.
  void response(std::uint16_t status) noexcept;
  /// There is no response.
  void fail(const Error& error) noexcept { span_.fail(error); }
  [[nodiscard]] Span& span() noexcept { return span_; }

 private:
  Span span_;
};

}  // namespace eventcore
