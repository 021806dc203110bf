#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "eventcore/logging/logging.hpp"
#include "eventcore/store_url.hpp"
#include "stop_signals.hpp"

namespace {

using eventcore::init_logging;
using eventcore::LoggingOptions;
using eventcore::parse_log_format;
using eventcore::Result;
using eventcore::cli::Chosen;
using eventcore::cli::Console;
using eventcore::cli::ExitCode;

constexpr const char* kFooter =
    "Every subcommand tells more with --help. Start with:\n"
    "  eventcore init --store sqlite:shop.db\n"
    "  echo '{\"stream\":\"hello-1\",\"type\":\"Greeted\",\"data\":{\"name\":\"you\"}}' |\n"
    "    eventcore append --store sqlite:shop.db\n"
    "  eventcore events --store sqlite:shop.db\n\n"
    "Exit codes: 0 done, 1 failed or findings, 2 bad usage or input, 3 conflict,\n"
    "4 store unusable. SIGINT and SIGTERM finish what runs and exit with 0.\n";

/// What `--log` and `--log-format` say; empty: the environment, and nothing if that is silent too.
struct LogOptions {
  std::string filter;
  std::string format;
};

/// Switches the log on, if anybody asks for it: what a tool prints is its result.
Result<void> start_log(const LogOptions& log) {
  const char* const filter = std::getenv("EVENTCORE_LOG");
  if (log.filter.empty() && (filter == nullptr || *filter == '\0')) {
    if (log.format.empty()) return {};
    const auto format = parse_log_format(log.format);
    return format ? Result<void>() : Result<void>(format.error());
  }
  LoggingOptions options;
  options.filter = log.filter;
  options.format = log.format;
  options.environment_first = log.filter.empty();
  return init_logging(std::move(options));
}

void describe(CLI::App& app, Chosen& chosen) {
  using namespace eventcore::cli;
  app.require_subcommand(1);
  app.fallthrough();  // the options of the log
  app.set_version_flag("--version", "eventcore " EVENTCORE_VERSION);
  app.footer(kFooter);
  app.get_formatter()->column_width(28);
  add_init_command(app, chosen);
  add_append_command(app, chosen);
  add_streams_command(app, chosen);
  add_events_command(app, chosen);
  add_explain_command(app, chosen);
  add_stats_command(app, chosen);
  add_verify_command(app, chosen);
  add_backup_command(app, chosen);
  add_restore_command(app, chosen);
  add_projections_command(app, chosen);
  add_dead_letters_command(app, chosen);
  add_leases_command(app, chosen);
  add_console_command(app, chosen);
  add_flight_command(app, chosen);
  add_top_command(app, chosen);
  add_baseline_command(app, chosen);
  add_doctor_command(app, chosen);
  add_metrics_command(app, chosen);
}

/// "eventcore", or "eventcore events" once that much is known.
std::string name_of(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* command : app.get_subcommands()) name += " " + command->get_name();
  return name;
}

/// The parser's words repeat arguments. A shell may have cut one out of a URL with a password.
std::string without_secrets(const std::string& message,
                            const std::vector<std::string_view>& arguments) {
  std::string all;
  for (const std::string_view argument : arguments) all.append(argument).append(" ");
  const bool hides = all.find('@') != std::string::npos || eventcore::redact_secrets(all) != all;
  const auto repeated = [&](std::string_view argument) {
    const bool is_name = argument.starts_with('-') && argument.find('=') == std::string_view::npos;
    return !is_name && message.find(argument) != std::string::npos;
  };
  if (!hides || std::none_of(arguments.begin(), arguments.end(), repeated)) return message;
  return "an argument is wrong, and not repeated here because it may hold a password";
}

int usage_error(const CLI::App& app, const CLI::ParseError& error,
                const std::vector<std::string_view>& arguments, std::stop_token stop) {
  const std::string name = name_of(app);
  const std::string_view first_argument = arguments.empty() ? "" : arguments.front();
  std::string message = without_secrets(error.what(), arguments);
  // The parser only misses a subcommand, and does not say which word it took for none.
  if (app.get_subcommands().empty() && !first_argument.empty() && first_argument.front() != '-') {
    message =
        without_secrets("there is no subcommand '" + std::string(first_argument) + "'", arguments);
  }
  Console console(STDOUT_FILENO, STDERR_FILENO, name, std::move(stop));
  return static_cast<int>(console.fail(ExitCode::BadInput, message + "; see " + name + " --help"));
}

/// What `--help` and `--version` print.
int print_help(const CLI::App& app, const CLI::Success& asked, std::stop_token stop) {
  std::ostringstream text;
  app.exit(asked, text, text);
  std::string lines = text.str();
  while (lines.ends_with('\n')) lines.pop_back();
  Console console(STDOUT_FILENO, STDERR_FILENO, app.get_name(), std::move(stop));
  console.line(lines);
  return static_cast<int>(console.finish(ExitCode::Done));
}

/// The next file that is opened would take the place of a standard stream that is closed. What
/// stands there instead refuses, so that nothing seems to be read or written.
void fill_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    static_cast<void>(open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

int run(int argc, char** argv) {
  eventcore::cli::StopSignalsThread signals;
  signals.start();
  CLI::App app("Looks into and after EventCore stores.", "eventcore");
  Chosen chosen;
  describe(app, chosen);
  LogOptions log;
  app.add_option("--log", log.filter,
                 "Write a log to standard error: a level, or FILTER as in "
                 "warn,eventcore::store=debug (default: EVENTCORE_LOG, else none)")
      ->type_name("FILTER");
  app.add_option("--log-format", log.format,
                 "text or json (default: EVENTCORE_LOG_FORMAT, else text)")
      ->type_name("FORMAT");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return print_help(app, success, signals.token());
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, {argv + std::min(argc, 1), argv + argc}, signals.token());
  }
  Console console(STDOUT_FILENO, STDERR_FILENO, name_of(app), signals.token());
  if (const auto started = start_log(log); !started)
    return static_cast<int>(console.fail(started.error()));
  return static_cast<int>(console.finish(chosen(console)));
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_streams();
  signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    Console console(STDOUT_FILENO, STDERR_FILENO, "eventcore", {});
    return static_cast<int>(console.fail(ExitCode::Failed, failure.what()));
  }
}
