#include "eventcore/http_tracing.hpp"

#include <algorithm>
#include <utility>

namespace eventcore::http {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_called(const Header& header, std::string_view name) noexcept {
  return std::equal(header.name.begin(), header.name.end(), name.begin(), name.end(),
                    [](char a, char b) { return lower(a) == b; });
}

}  // namespace

HeaderValues header_values(const Request& request) {
  return [&request](std::string_view name) {
    std::vector<std::string_view> values;
    for (const Header& header : request.headers) {
      if (is_called(header, name)) values.push_back(header.value);
    }
    return values;
  };
}

Response trace_propagation_middleware(const Request& request, const Handler& next) {
  HttpServerSpan span({.method = to_string(request.method),
                       .target = request.target,
                       .version = request.version,
                       .route = request.route,
                       .peer = request.peer},
                      header_values(request));
  try {
    Response response = next(request);
    span.response(response.status);
    return response;
  } catch (...) {
    span.fail("exception");
    throw;
  }
}

Handler traced(Handler next) {
  return [next = std::move(next)](const Request& request) {
    return trace_propagation_middleware(request, next);
  };
}

}  // namespace eventcore::http
