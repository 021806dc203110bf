#pragma once

// A server for the tests, and requests to it.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "eventcore/http_server.hpp"
#include "http_client.hpp"

namespace eventcore::http {

inline Response echo(const Request& request) {
  return {200, "text/plain", std::string(to_string(request.method)) + " " + request.body, {}};
}

/// A server with a few routes, started on a free port.
struct Running {
  explicit Running(ServerOptions options = {}) : server(std::move(options)) {
    server.route(Method::Get, "/", echo);
    server.route(Method::Post, "/echo", echo);
    server.route(Method::Get, "/orders/{id}", [](const Request& request) {
      return Response{200, "text/plain", "order " + request.parameter("id"), {}};
    });
    server.route(Method::Get, "/orders/latest", [](const Request&) {
      return Response{200, "text/plain", "the latest", {}};
    });
    server.route(Method::Get, "/throw",
                 [](const Request&) -> Response { throw std::runtime_error("secret"); });
    server.route(Method::Get, "/peer", [](const Request& request) {
      return Response{200, "text/plain", request.peer, {}};
    });
  }
  Running& start() {
    const Result<void> started = server.start();
    EXPECT_TRUE(started) << (started ? "" : started.error().message);
    return *this;
  }
  HttpClient client() { return HttpClient(server.port()); }

  Server server;
};

inline std::string post(std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace eventcore::http
