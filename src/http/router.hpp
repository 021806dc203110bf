#pragma once

// Which handler serves a request.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/http_server.hpp"

namespace eventcore::http::detail {

/// Routes by method and path template. Thread-safety: Immutable once all routes are added.
class Router {
 public:
  /// Requires: as `Server::route`.
  void add(Method method, std::string_view path_template, Handler handler);

  /// Finds the route of `request`, whose `method` and `target` are set, sets the rest of its
  /// fields that come from the target, and runs the handler. What is wrong with the request or
  /// thrown by the handler becomes a problem.
  [[nodiscard]] Response serve(Request& request) const;

  /// As `ServerOptions::guard`; set before the first request.
  std::function<std::optional<Response>(const Request&)> guard;

 private:
  struct Route {
    Method method;
    std::string path_template;
    std::vector<std::string> segments;
    Handler handler;
  };

  [[nodiscard]] static bool matches(const Route& route,
                                    const std::vector<std::string>& segments) noexcept;
  [[nodiscard]] const Route* find(Method method, const std::vector<std::string>& segments) const;
  [[nodiscard]] Response refuse(const std::vector<std::string>& segments) const;

  std::vector<Route> routes_;  // those with more literal segments in front come first
};

}  // namespace eventcore::http::detail
