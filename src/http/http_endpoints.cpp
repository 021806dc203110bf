#include "eventcore/http_endpoints.hpp"

#include <utility>

namespace eventcore::http {

void mount_endpoints(Server& server, Endpoints endpoints) {
  if (endpoints.metrics) server.route(Method::Get, "/metrics", std::move(endpoints.metrics));
  const HealthChecks* health = endpoints.health;
  if (health == nullptr) return;
  const auto mount = [&](std::string_view path, Response (HealthChecks::*answer)() const) {
    server.route(Method::Get, path,
                 [health, answer](const Request&) { return (health->*answer)(); });
  };
  mount("/health", &HealthChecks::all);
  mount("/health/live", &HealthChecks::live);
  mount("/health/ready", &HealthChecks::ready);
  mount("/health/startup", &HealthChecks::startup);
}

}  // namespace eventcore::http
