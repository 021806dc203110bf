#include "eventcore/http_endpoints.hpp"

#include <algorithm>
#include <exception>
#include <optional>

#include "eventcore/assert.hpp"
#include "eventcore/detail/mutex.hpp"

namespace eventcore::http {

struct HealthChecks::Check {
  std::string name;
  HealthScope scope;
  std::function<HealthResult()> run;

  // Held while the check runs, so that it runs once for all who ask meanwhile.
  eventcore::detail::Mutex mutex;
  std::optional<HealthResult> result EVENTCORE_GUARDED_BY(mutex);
  Instant checked_at EVENTCORE_GUARDED_BY(mutex){};
};

std::string_view to_string(HealthStatus status) noexcept {
  switch (status) {
    case HealthStatus::Pass:
      return "pass";
    case HealthStatus::Warn:
      return "warn";
    case HealthStatus::Fail:
      break;
  }
  return "fail";
}

HealthChecks::HealthChecks(std::chrono::milliseconds max_age, const Clock& clock)
    : max_age_(max_age), clock_(clock) {}

HealthChecks::~HealthChecks() = default;

void HealthChecks::add(std::string_view name, HealthScope scope,
                       std::function<HealthResult()> check) {
  for (const auto& other : checks_) EVENTCORE_ASSERT(other->name != name, name);
  auto added = std::make_unique<Check>();
  added->name = name;
  added->scope = scope;
  added->run = std::move(check);
  checks_.push_back(std::move(added));
}

Response HealthChecks::all() const { return answer(nullptr); }
Response HealthChecks::live() const { return answer(&HealthScope::live); }
Response HealthChecks::ready() const { return answer(&HealthScope::ready); }
Response HealthChecks::startup() const { return answer(&HealthScope::startup); }

HealthResult HealthChecks::result_of(Check& check) const {
  const eventcore::detail::MutexLock lock(check.mutex);
  const Instant now = clock_.now();
  if (!check.result || now - check.checked_at >= max_age_) {
    try {
      check.result = check.run();
    } catch (const std::exception& thrown) {
      check.result = HealthResult{HealthStatus::Fail, thrown.what()};
    } catch (...) {
      check.result = HealthResult{HealthStatus::Fail, "the check threw"};
    }
    check.checked_at = clock_.now();
  }
  return *check.result;
}

/// The checks of `scope`, or all, in the form of draft-inadarei-api-health-check.
Response HealthChecks::answer(bool HealthScope::*scope) const {
  HealthStatus worst = HealthStatus::Pass;
  std::string checks;
  for (const auto& check : checks_) {
    if (scope != nullptr && !(check->scope.*scope)) continue;
    const HealthResult result = result_of(*check);
    worst = std::max(worst, result.status);
    checks.append(checks.empty() ? "" : ", ").append(json_string(check->name));
    checks.append(": [{\"status\": ").append(json_string(to_string(result.status)));
    if (!result.output.empty()) checks.append(", \"output\": ").append(json_string(result.output));
    checks += "}]";
  }
  Response response;
  response.status = worst == HealthStatus::Fail ? 503 : 200;
  response.content_type = "application/health+json";
  response.body =
      "{\"status\": " + json_string(to_string(worst)) + ", \"checks\": {" + checks + "}}\n";
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

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
