#include "eventcore/http_health.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <stop_token>
#include <thread>
#include <utility>

#include "eventcore/assert.hpp"
#include "wire_text.hpp"

namespace eventcore::http {
namespace {

constexpr auto kRunWait = std::chrono::seconds(1);

HealthResult run_guarded(const std::function<HealthResult()>& run) {
  try {
    return run();
  } catch (const std::exception& thrown) {
    return {.status = HealthStatus::Fail, .output = thrown.what()};
  } catch (...) {
    return {.status = HealthStatus::Fail, .output = "the check threw"};
  }
}

/// Adds `"name": value` to the members of an object.
void append_member(std::string& members, std::string_view name, std::string_view value) {
  members.append(members.empty() ? "" : ", ").append(json_string(name)).append(": ").append(value);
}

void append_text(std::string& members, std::string_view name, std::string_view text) {
  if (!text.empty()) append_member(members, name, json_string(text));
}

std::string number_text(double value) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  return {std::begin(text), end};
}

std::string to_json(const HealthReport& report) {
  std::string members;
  append_text(members, "componentId", report.component_id);
  append_text(members, "componentType", report.component_type);
  if (report.result.observed && std::isfinite(*report.result.observed)) {
    append_member(members, "observedValue", number_text(*report.result.observed));
    append_text(members, "observedUnit", report.result.unit);
  }
  append_text(members, "status", to_string(report.result.status));
  if (report.time) append_text(members, "time", detail::utc_text(*report.time));
  append_text(members, "output", report.result.output);
  return "{" + members + "}";
}

}  // namespace

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

/// A check and the thread that runs it. Thread-safety: Thread-safe.
class HealthChecks::RunningCheck {
 public:
  RunningCheck(HealthCheck check, const HealthOptions& options)
      : check_(std::move(check)), options_(options) {}

  [[nodiscard]] const std::string& name() const noexcept { return check_.name; }

  /// Starts the thread and waits for its first run.
  void start(Deadline deadline) EVENTCORE_EXCLUDES(mutex_) {
    eventcore::detail::MutexLock lock(mutex_);
    const std::uint64_t wanted = ++runs_wanted_;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    wait_until_done(lock, wanted, deadline);
  }

  /// Waits until a run that began after this call has ended.
  void run_now(Deadline deadline) EVENTCORE_EXCLUDES(mutex_) {
    eventcore::detail::MutexLock lock(mutex_);
    const std::uint64_t wanted = ++runs_wanted_;
    changed_.notify_all();
    wait_until_done(lock, wanted, deadline);
  }

  [[nodiscard]] HealthReport report() const EVENTCORE_EXCLUDES(mutex_) {
    HealthReport report{.name = check_.name,
                        .result = {},
                        .scope = check_.scope,
                        .component_type = check_.component_type,
                        .component_id = check_.component_id};
    const eventcore::detail::MutexLock lock(mutex_);
    if (!last_) {
      report.result = {.status = HealthStatus::Fail, .output = "the first check has no result yet"};
      return report;
    }
    report.result = last_->result;
    report.time = last_->time;
    const auto age = options_.clock->now() - last_->at;
    if (age > options_.stale_after) {
      const auto seconds = std::chrono::floor<std::chrono::seconds>(age).count();
      report.result.status = HealthStatus::Fail;
      report.result.output =
          "the check hangs: its last result is " + std::to_string(seconds) + " s old";
    }
    return report;
  }

 private:
  struct Last {
    HealthResult result;
    Timestamp time;
    Instant at;
  };

  void run(const std::stop_token& stop) EVENTCORE_EXCLUDES(mutex_) {
    eventcore::detail::MutexLock lock(mutex_);
    while (!stop.stop_requested()) {
      const std::uint64_t wanted = runs_wanted_;
      lock.unlock();
      Last last{run_guarded(check_.run), options_.clock->wall(), options_.clock->now()};
      lock.lock();
      last_ = std::move(last);
      runs_done_ = wanted;
      changed_.notify_all();
      wait_for_next(lock, stop);
    }
  }

  void wait_until_done(eventcore::detail::MutexLock& lock, std::uint64_t run, Deadline deadline)
      EVENTCORE_REQUIRES(mutex_) {
    while (runs_done_ < run) {
      if (changed_.wait_until(lock, deadline.at) == std::cv_status::timeout) return;
    }
  }

  // The analysis does not see that the predicate runs under the lock.
  void wait_for_next(eventcore::detail::MutexLock& lock,
                     const std::stop_token& stop) EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
    changed_.wait_for(lock, stop, options_.interval, [this]() EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
      return runs_done_ < runs_wanted_;
    });
  }

  const HealthCheck check_;
  const HealthOptions& options_;
  mutable eventcore::detail::Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Last> last_ EVENTCORE_GUARDED_BY(mutex_);
  // Each call of `run_now` wants one more; a run serves all that wanted it when it began.
  std::uint64_t runs_wanted_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::uint64_t runs_done_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::jthread thread_;  // last, so that it ends first
};

HealthChecks::HealthChecks(HealthOptions options) : options_(std::move(options)) {}

HealthChecks::~HealthChecks() = default;

void HealthChecks::add(HealthCheck check) {
  auto added = std::make_unique<RunningCheck>(std::move(check), options_);
  RunningCheck& running = *added;
  {
    const eventcore::detail::MutexLock lock(mutex_);
    for (const auto& other : checks_) {
      EVENTCORE_ASSERT(other->name() != running.name(), running.name());
    }
    checks_.push_back(std::move(added));
  }
  running.start(Deadline::after(kRunWait));
}

void HealthChecks::run_now(std::string_view name) {
  RunningCheck* wanted = nullptr;
  {
    const eventcore::detail::MutexLock lock(mutex_);
    for (const auto& check : checks_) {
      if (check->name() == name) wanted = check.get();
    }
  }
  EVENTCORE_ASSERT(wanted != nullptr, name);
  wanted->run_now(Deadline::after(kRunWait));
}

std::vector<HealthReport> HealthChecks::reports() const {
  const eventcore::detail::MutexLock lock(mutex_);
  std::vector<HealthReport> reports;
  reports.reserve(checks_.size());
  for (const auto& check : checks_) reports.push_back(check->report());
  return reports;
}

Response HealthChecks::all() const { return answer(nullptr); }
Response HealthChecks::live() const { return answer(&HealthScope::live); }
Response HealthChecks::ready() const { return answer(&HealthScope::ready); }
Response HealthChecks::startup() const { return answer(&HealthScope::startup); }

/// The checks of `scope`, or all, in the form of draft-inadarei-api-health-check-06.
Response HealthChecks::answer(bool HealthScope::*scope) const {
  HealthStatus worst = HealthStatus::Pass;
  std::string checks;
  for (const HealthReport& report : reports()) {
    if (scope != nullptr && !(report.scope.*scope)) continue;
    worst = std::max(worst, report.result.status);
    append_member(checks, report.name, "[" + to_json(report) + "]");
  }
  std::string members;
  append_text(members, "status", to_string(worst));
  append_text(members, "version", options_.version);
  append_text(members, "releaseId", options_.release_id);
  append_text(members, "serviceId", options_.service_id);
  append_text(members, "description", options_.description);
  append_member(members, "checks", "{" + checks + "}");
  Response response;
  response.status = worst == HealthStatus::Fail ? 503 : 200;
  response.content_type = "application/health+json";
  response.body = "{" + members + "}\n";
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

}  // namespace eventcore::http
