#pragma once

/// \file
/// `trace_propagation_middleware`: a span for every request of an `http::Server`, part of the trace
/// that the client is in.
///
///     server.route(http::Method::Post, "/orders", http::traced(place_order));
///
/// A server of another kind uses `HttpServerSpan` (tracing/http_spans.hpp).

#include "eventcore/http_message.hpp"
#include "eventcore/http_server.hpp"
#include "eventcore/tracing/http_spans.hpp"

namespace eventcore::http {

/// The headers of `request` for `extract_context`. Ownership: views of `request`.
[[nodiscard]] HeaderValues header_values(const Request& request);

/// Answers with `next` inside the span `http_request`. What `next` throws goes on.
[[nodiscard]] Response trace_propagation_middleware(const Request& request, const Handler& next);

/// `next` with the middleware around it.
[[nodiscard]] Handler traced(Handler next);

}  // namespace eventcore::http
