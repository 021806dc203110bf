#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include "../commands.hpp"
#include "../json_text.hpp"
#include "../table.hpp"
#include "../time_text.hpp"
#include "alerts.hpp"
#include "checks.hpp"
#include "eventcore/logging/log.hpp"
#include "examination.hpp"
#include "mitigations.hpp"
#include "report_text.hpp"

namespace eventcore::cli {
namespace {

using namespace doctor;

constexpr std::chrono::milliseconds kLookAgain{250};
constexpr std::chrono::seconds kTakesEffect{5};

struct DoctorOptions {
  std::vector<std::string> urls;
  std::string store;
  std::string alert;
  std::string thresholds;
  double interval_seconds = 5;
  bool deep = false;
  bool json = false;
  bool list = false;
  bool fix = false;
  bool yes = false;
};

ExitCode list_alerts(const DoctorOptions& options, Console& console) {
  Table table({{"ALERT"}, {"RUNBOOK"}, {"CHECKS"}}, false);
  for (const Alert& alert : alerts()) {
    const std::vector<std::string> checks = checks_of(alert.runbook);
    const std::string_view none = why_no_checks(alert.runbook);
    if (options.json) {
      std::vector<std::string> ids;
      for (const std::string& check : checks) ids.push_back(cli::quoted(check));
      console.line(JsonObject()
                       .text("alert", alert.name)
                       .text("runbook", alert.runbook)
                       .list("checks", ids)
                       .json("none_because", none.empty() ? "null" : cli::quoted(none))
                       .str());
      continue;
    }
    std::string names;
    for (const std::string& check : checks) names += (names.empty() ? "" : " ") + check;
    table.add({alert.name, alert.runbook, names.empty() ? std::string(none) : names});
  }
  table.print(console);
  return ExitCode::Done;
}

std::string known_alerts() {
  std::string names;
  for (const Alert& alert : alerts()) names += (names.empty() ? "" : ", ") + alert.name;
  return names;
}

/// What the options ask for. Errors: InvalidArgument.
Result<Examination> examination_of(const DoctorOptions& options) {
  const auto wrong = [](const std::string& why) {
    return make_error(ErrorCode::InvalidArgument, why);
  };
  if (options.urls.empty() && options.store.empty()) {
    return wrong("--url, --store or both say what to examine");
  }
  Examination what{.urls = options.urls,
                   .store_text = options.store,
                   .interval_seconds = options.interval_seconds,
                   .deep = options.deep};
  if (!options.store.empty()) {
    Result<StoreUrl> store = StoreUrl::parse(options.store);
    if (!store) return store.error();
    what.store = *std::move(store);
  }
  if (!options.thresholds.empty()) {
    Result<Thresholds> limits = Thresholds::from_file(options.thresholds);
    if (!limits) return limits.error();
    what.limits = *std::move(limits);
  }
  if (options.alert.empty()) return what;
  const Alert* const alert = find_alert(options.alert);
  if (alert == nullptr) {
    return wrong("there is no alert '" + options.alert + "'; known are " + known_alerts());
  }
  if (const std::string_view none = why_no_checks(alert->runbook); !none.empty()) {
    return wrong(options.alert + " has no checks, because " + std::string(none) + "; see " +
                 alert->runbook + ".md");
  }
  what.runbook = alert->runbook;
  return what;
}

bool shows_color() {
  const char* const unwanted = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (unwanted == nullptr || *unwanted == '\0');
}

void print_plan(const std::vector<Fix>& fixes, Console& console) {
  console.line("");
  console.line("--fix would");
  for (const Fix& fix : fixes) {
    console.line("  " + describe_fix(fix) +
                 (fix.condition.empty() ? "" : " (" + fix.condition + ")"));
  }
}

/// Whether the user wants it done. Without a terminal nobody can be asked.
bool confirmed(const DoctorOptions& options, std::size_t count, Console& console) {
  if (options.yes) return true;
  if (options.json || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    if (!options.json) console.line("nothing was done; --yes does it without asking");
    return false;
  }
  console.line("do " + std::string(count == 1 ? "it" : "them") + "? [y/N]");
  console.flush();
  std::string answer;
  std::getline(std::cin, answer);
  // An interruption waits for the end of the line.
  if (!console.stopped() && (answer == "y" || answer == "yes")) return true;
  console.line("nothing was done");
  return false;
}

/// The record of an action: a line on standard error, and in the log if that is on.
void record(const Action& action, Console& console) {
  console.note(action.time + " " + action.by + " " + std::string(to_string(action.fix.kind)) + " " +
               printable(action.fix.subject) + ": " + (action.succeeded ? "done, " : "failed, ") +
               printable(action.result));
  if (action.succeeded) {
    EVENTCORE_LOG_RECORD(Warn, "eventcore::doctor", "doctor.action", "Mitigation carried out",
                         field("action", to_string(action.fix.kind)),
                         field("subject", action.fix.subject), field("by", action.by),
                         field("result", action.result));
  } else {
    EVENTCORE_LOG_RECORD(Error, "eventcore::doctor", "doctor.action", "Mitigation failed",
                         field("action", to_string(action.fix.kind)),
                         field("subject", action.fix.subject), field("by", action.by),
                         field("error", action.result));
  }
}

Action act(const Fix& fix, EventStore* store, Console& console) {
  Action action{.fix = fix, .time = full_time(system_clock().wall()), .by = operator_name()};
  const Result<std::string> done = carry_out(fix, store);
  action.succeeded = done.has_value();
  action.result = done ? *done : done.error().message;
  record(action, console);
  return action;
}

std::vector<Action> act_all(const std::vector<Fix>& fixes, const Examination& what,
                            Console& console) {
  std::vector<Action> actions;
  std::unique_ptr<EventStore> store;
  const auto of_store = [](const Fix& fix) { return !works_on_file(fix); };
  Error unusable;
  if (std::any_of(fixes.begin(), fixes.end(), of_store)) {
    Result<std::unique_ptr<EventStore>> opened =
        what.store ? open_store(*what.store, {.create = false})
                   : Result<std::unique_ptr<EventStore>>(make_error(
                         ErrorCode::InvalidArgument, "--store has to say where the store is"));
    if (opened) {
      store = *std::move(opened);
    } else {
      unusable = opened.error();
    }
  }
  for (const Fix& fix : fixes) {
    if (console.stopped()) break;
    if (of_store(fix) && !store) {
      actions.push_back({.fix = fix,
                         .time = full_time(system_clock().wall()),
                         .by = operator_name(),
                         .result = unusable.message});
      record(actions.back(), console);
      continue;
    }
    actions.push_back(act(fix, store.get(), console));
  }
  if (store) ignore_error(store->close({}), "every action has been acknowledged");
  return actions;
}

/// Examines again until what was mended is gone, but not for long: a leader takes a second to see
/// a request.
Result<Findings> examine_again(const Examination& what, const std::vector<Action>& actions,
                               Console& console) {
  const Instant end = system_clock().now() + kTakesEffect;
  while (true) {
    Result<Findings> found = examine(what, console);
    if (!found) return found;
    const std::vector<Fix> left = fixes_of(found->sorted());
    const bool is_done = std::none_of(actions.begin(), actions.end(), [&](const Action& action) {
      return action.succeeded && std::any_of(left.begin(), left.end(), [&](const Fix& fix) {
               return fix.kind == action.fix.kind && fix.subject == action.fix.subject;
             });
    });
    if (is_done || system_clock().now() >= end) return found;
    std::this_thread::sleep_for(kLookAgain);
  }
}

ExitCode failed(const Error& error, Console& console) {
  return error.code == ErrorCode::Cancelled
             ? console.fail(ExitCode::Failed, "interrupted; the examination is not complete")
             : console.fail(error.code == ErrorCode::InvalidArgument ? ExitCode::BadInput
                                                                     : exit_code_of(error.code),
                            error.message);
}

ExitCode examine_and_fix(const DoctorOptions& options, const Examination& what, Console& console) {
  Result<Findings> found = examine(what, console);
  if (!found) return failed(found.error(), console);
  const std::vector<Fix> fixes = options.fix ? fixes_of(found->sorted()) : std::vector<Fix>();
  std::vector<Action> actions;
  if (!options.json) print_report(*found, console, shows_color());
  if (!fixes.empty()) {
    if (!options.json) print_plan(fixes, console);
    if (confirmed(options, fixes.size(), console)) {
      console.flush();
      actions = act_all(fixes, what, console);
      found = examine_again(what, actions, console);
      if (!found) return failed(found.error(), console);
      if (!options.json) {
        console.line("");
        console.line("afterwards:");
        print_report(*found, console, shows_color());
      }
    }
  } else if (options.fix && !options.json) {
    console.line("nothing that --fix mends");
  }
  if (options.json) console.line(report_json(*found, actions));
  return found->empty() ? ExitCode::Done : ExitCode::Failed;
}

ExitCode run(const DoctorOptions& options, Console& console) {
  if (options.list) return list_alerts(options, console);
  if (options.yes && !options.fix) {
    return console.fail(ExitCode::BadInput, "--yes goes with --fix");
  }
  if (options.fix && options.store.empty()) {
    return console.fail(ExitCode::BadInput, "--fix takes --store, which it works on");
  }
  const Result<Examination> what = examination_of(options);
  if (!what) return console.fail(ExitCode::BadInput, what.error().message);
  return examine_and_fix(options, *what, console);
}

}  // namespace

void add_doctor_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      app.add_subcommand("doctor", "Say what is wrong with a store and its processes, and mend it");
  command->footer(
      "Runs the diagnosis of the runbooks, with the thresholds of the alerts. Findings come with\n"
      "what they were concluded from and the command to run next. Rates are those of the\n"
      "--interval: a longer one judges better. Exit codes: 0 healthy, 1 findings, 2 bad input.\n"
      "--fix carries out what is safe: resume, replay-dead-letters, drop-lease,\n"
      "checkpoint-journal. It shows them and asks; what was done is a line on standard error.\n\n"
      "Examples:\n"
      "  eventcore doctor --store sqlite:shop.db --url http://127.0.0.1:9464\n"
      "  eventcore doctor --store sqlite:shop.db --alert ProjectionFaulted\n"
      "  eventcore doctor --store sqlite:shop.db --fix\n"
      "  eventcore doctor --list\n");
  command
      ->add_option("--url", options->urls,
                   "A running process, as http://127.0.0.1:9464; may be repeated")
      ->type_name("URL")
      ->allow_extra_args(false);
  command
      ->add_option("--store", options->store,
                   "The store: sqlite:PATH or postgres://USER@HOST/DATABASE")
      ->type_name("URL");
  command
      ->add_option("--alert", options->alert, "Make only the checks of the runbook of this alert")
      ->type_name("NAME");
  command
      ->add_option("--interval", options->interval_seconds,
                   "Seconds between two looks at a process")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_flag("--deep", options->deep, "Verify the whole store, however long it takes");
  command
      ->add_option("--thresholds", options->thresholds,
                   "A thresholds.yaml with which the rules were made, if it was changed")
      ->type_name("FILE");
  command->add_flag("--list", options->list, "List the alerts, their runbooks and checks");
  command->add_flag("--json", options->json, "Print an object for machines");
  command->add_flag("--fix", options->fix, "Show what can be mended safely, ask, and do it");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace eventcore::cli
