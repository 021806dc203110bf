#include "examination.hpp"

#include <poll.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "../scrape/scraped_service.hpp"
#include "../top/console_answers.hpp"
#include "../wake_up.hpp"
#include "checks.hpp"
#include "eventcore/clock.hpp"
#include "eventcore/logging/logging.hpp"
#include "eventcore/logging/logging_probe.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "words.hpp"

namespace eventcore::cli::doctor {
namespace {

using observability::MetricsSnapshot;

constexpr double kClockStepMax = 1;  // seconds; steps of this host's clock between the looks

/// One process: how it is reached, and what the first look saw.
struct Process {
  ScrapedService service;
  std::optional<MetricsSnapshot> before = {};
};

double now_seconds() { return seconds_of(system_clock().now().time_since_epoch()); }

double wall_seconds() { return seconds_of(system_clock().wall().time_since_epoch()); }

/// False: the user does not want to wait.
bool wait(double seconds, Console& console) {
  WakeUp stopping;
  const std::stop_callback<std::function<void()>> ring(console.stop(), [&] { stopping.ring(); });
  pollfd until{stopping.descriptor(), POLLIN, 0};
  const double end = now_seconds() + seconds;
  for (double left = seconds; left > 0 && !console.stopped(); left = end - now_seconds()) {
    console.progress("looking again in " + duration_text(std::ceil(left)));
    static_cast<void>(poll(&until, 1, static_cast<int>(std::min(left, 1.0) * 1e3) + 1));
  }
  console.progress({});
  return !console.stopped();
}

void tell_unreachable(const std::string& url, const Error& error, Findings& findings) {
  findings.add({.id = "process-unreachable",
                .severity = Severity::Critical,
                .title = "A process does not answer",
                .culprit = url,
                .evidence = {error.message},
                .alert = "EventStoreDown",
                .runbook = "service-down",
                .next = "curl -sS --max-time 5 " + url});
}

std::string place_of(const std::string& url) {
  return url.substr(0, std::min(url.size(), url.find('/', url.find("//") + 2)));
}

class Examiner {
 public:
  Examiner(const Examination& what, Console& console)
      : what_(what), console_(console), store_(store_argument(what)) {}

  Result<Findings> run() {
    std::vector<Process> processes;
    for (const std::string& url : what_.urls) {
      Result<ScrapedService> service = ScrapedService::at(
          url, {.timeout = std::chrono::seconds(5), .bearer_token = token_of_environment()});
      if (!service) return service.error();
      processes.push_back({.service = *std::move(service)});
    }
    if (!look_at(processes)) return make_error(ErrorCode::Cancelled, "stopped");
    if (what_.store) look_at_store();
    if (console_.stopped()) return make_error(ErrorCode::Cancelled, "stopped");
    return std::move(findings_);
  }

 private:
  bool look_at(std::vector<Process>& processes) {
    const double began = now_seconds();
    const double began_wall = wall_seconds();
    for (Process& process : processes) {
      Result<ServiceLook> look = process.service.look(console_.stop());
      if (look) {
        process.before = std::move(look->metrics);
      } else {
        tell_unreachable(redact_secrets(process.service.url()), look.error(), findings_);
      }
    }
    const auto answers = [](const Process& process) { return process.before.has_value(); };
    if (std::none_of(processes.begin(), processes.end(), answers)) return !console_.stopped();
    if (!wait(what_.interval_seconds, console_)) return false;
    for (Process& process : processes) {
      if (process.before) look_again(process, now_seconds() - began);
    }
    const double step = wall_seconds() - began_wall - (now_seconds() - began);
    if (std::abs(step) > kClockStepMax) {
      findings_.add(
          {.id = "clock-jump",
           .title = "A clock was or is wrong",
           .culprit = "the clock of this host",
           .evidence = {"it was set by " + formatted("%+.1f s", step) + " while the doctor looked"},
           .runbook = "projection-leadership",
           .next = "timedatectl timesync-status"});
    }
    two_leaders(processes);
    return !console_.stopped();
  }

  void look_again(Process& process, double seconds) {
    const std::string url = redact_secrets(process.service.url());
    Result<ServiceLook> look = process.service.look(console_.stop());
    if (!look) {
      process.before.reset();  // what it was is not what it is
      return tell_unreachable(url, look.error(), findings_);
    }
    if (look->was_restarted) {
      findings_.add({.id = "process-restarted",
                     .title = "A process was started anew while the doctor looked",
                     .culprit = url,
                     .evidence = {"its counters began anew within " + duration_text(seconds)},
                     .alert = "EventStoreDown",
                     .runbook = "service-down",
                     .next = "eventcore doctor --url " + url});
      process.before.reset();
      return;
    }
    std::map<std::string, std::string, std::less<>> errors;
    std::map<std::string, double, std::less<>> conflicts;
    ask_console(process, look->metrics, errors, conflicts);
    const ProcessLook two(url, *process.before, look->metrics, seconds, system_clock().wall());
    const ProcessContext context{.look = two,
                                 .limits = what_.limits,
                                 .store = store_,
                                 .last_errors = errors,
                                 .stream_conflicts = conflicts,
                                 .findings = findings_};
    for (const ProcessCheck& check : process_checks()) {
      if (check.store_knows_better && what_.store) continue;
      if (belongs(check.runbooks, what_.runbook)) check.run(context);
    }
    process.before = std::move(look->metrics);
  }

  /// What the process says beyond its metrics, if it has a console.
  void ask_console(const Process& process, const MetricsSnapshot& metrics,
                   std::map<std::string, std::string, std::less<>>& errors,
                   std::map<std::string, double, std::less<>>& conflicts) {
    TopLook look;
    const auto* const family = metrics.find(observability::catalogue::kProjectionLagSeconds.name);
    if (family != nullptr) {
      for (const auto& series : family->series) {
        look.projections.push_back({.name = series.labels->values.front()});
      }
    }
    ConsoleAnswers(place_of(process.service.url())).add_to(look, console_.stop());
    for (const ProjectionRow& row : look.projections) {
      for (const auto& [name, value] : row.more) {
        if (name == "last error") errors[row.name] = printable(value);
      }
    }
    for (const StreamRow& row : look.streams) {
      if (row.conflicts > 0) conflicts[row.name] = row.conflicts;
    }
  }

  void two_leaders(const std::vector<Process>& processes) {
    if (!belongs({"projection-leadership"}, what_.runbook)) return;
    std::map<std::string, std::string> leaders;
    for (const Process& process : processes) {
      if (!process.before) continue;
      const auto* const family =
          process.before->find(observability::catalogue::kProjectionLeader.name);
      if (family == nullptr) continue;
      for (const auto& series : family->series) {
        if (series.value != 1) continue;
        const std::string& name = series.labels->values.front();
        const std::string url = redact_secrets(process.service.url());
        const auto [known, is_first] = leaders.emplace(name, url);
        if (is_first || known->second == url) continue;
        findings_.add({.id = "projection-two-leaders",
                       .severity = Severity::Critical,
                       .title = "Several processes lead a projection",
                       .culprit = "projection " + name,
                       .evidence = {known->second + " and " + url},
                       .alert = "ProjectionTwoLeaders",
                       .runbook = "projection-leadership",
                       .next = "eventcore leases --store " + store_});
      }
    }
  }

  void look_at_store() {
    const PlaceContext place{
        .url = *what_.store, .limits = what_.limits, .store = store_, .findings = findings_};
    for (const PlaceCheck& check : place_checks()) {
      if (belongs(check.runbooks, what_.runbook)) check.run(place);
    }
    OpenStoreOptions options{.create = false, .read_only = true};
    // Without a log there is nobody to ask the store for its times.
    if (log_filter() != "off") options.probe = std::make_shared<LoggingProbe>();
    Result<std::unique_ptr<EventStore>> opened = open_store(*what_.store, std::move(options));
    if (!opened) return tell_unusable(opened.error());
    const auto projections = (*opened)->projections().list();
    if (!projections) return tell_unusable(projections.error());
    StoreContext context{.event_store = **opened,
                         .url = *what_.store,
                         .limits = what_.limits,
                         .store = store_,
                         .projections = *projections,
                         .deep = what_.deep,
                         .now = system_clock().wall(),
                         .console = console_,
                         .findings = findings_};
    for (const StoreCheck& check : store_checks()) {
      if (belongs(check.runbooks, what_.runbook) && !console_.stopped()) check.run(context);
    }
    ignore_error((*opened)->close({}), "nothing was written");
  }

  void tell_unusable(const Error& error) {
    findings_.add({.id = "store-unavailable",
                   .severity = Severity::Critical,
                   .title = "The store can't be used from here",
                   .culprit = what_.store->redacted(),
                   .evidence = {error.message},
                   .alert = "EventStoreUnavailable",
                   .runbook = "store-unavailable",
                   .next = "eventcore stats --store " + store_});
  }

  const Examination& what_;
  Console& console_;
  const std::string store_;
  Findings findings_;
};

}  // namespace

std::string store_argument(const Examination& what) {
  if (!what.store || what.store->redacted() != what.store_text) return "\"$STORE\"";
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@=,+";
  const std::string& text = what.store_text;
  if (text.find_first_not_of(kPlain) == std::string::npos) return text;
  return text.find('\'') == std::string::npos ? "'" + text + "'" : "\"$STORE\"";
}

Result<Findings> examine(const Examination& what, Console& console) {
  return Examiner(what, console).run();
}

}  // namespace eventcore::cli::doctor
