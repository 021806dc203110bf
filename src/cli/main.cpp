#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "commands.hpp"
#include "console.hpp"
#include "stop_signals.hpp"

namespace {

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

void describe(CLI::App& app, Chosen& chosen) {
  using namespace eventcore::cli;
  app.require_subcommand(1);
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
  add_metrics_command(app, chosen);
}

/// "eventcore", or "eventcore events" once that much is known.
std::string name_of(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* command : app.get_subcommands()) name += " " + command->get_name();
  return name;
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, std::string_view first_argument,
                std::stop_token stop) {
  const std::string name = name_of(app);
  std::string message = error.what();
  // The parser only misses a subcommand, and does not say which word it took for none.
  if (app.get_subcommands().empty() && !first_argument.empty() && first_argument.front() != '-') {
    message = "there is no subcommand '" + std::string(first_argument) + "'";
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return print_help(app, success, signals.token());
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, argc > 1 ? argv[1] : "", signals.token());
  }
  Console console(STDOUT_FILENO, STDERR_FILENO, name_of(app), signals.token());
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
