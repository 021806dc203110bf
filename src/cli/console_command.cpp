#include <CLI/CLI.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "commands.hpp"
#include "eventcore/console/console.hpp"
#include "eventcore/health_checks.hpp"
#include "eventcore/http_endpoints.hpp"
#include "store_option.hpp"

namespace eventcore::cli {
namespace {

constexpr std::chrono::seconds kStopTime{5};

struct ConsoleCommand {
  std::string store;
  std::string listen = "127.0.0.1:9465";
  std::string token_file;
  std::string operator_token_file;
  std::vector<std::string> hosts;
  bool actions = false;
  bool show_payloads = false;
};

Result<std::shared_ptr<const http::AccessPolicy>> open_access(const ConsoleCommand& options) {
  auto read = http::AccessToken::find(options.token_file, "EVENTCORE_TOKEN");
  if (!read) return read.error();
  auto operate = http::AccessToken::find(options.operator_token_file, "EVENTCORE_OPERATOR_TOKEN");
  if (!operate) return operate.error();
  return std::make_shared<const http::AccessPolicy>(
      http::AccessOptions{.listen = options.listen,
                          .read = *std::move(read),
                          .operate = *std::move(operate),
                          .hosts = options.hosts,
                          .level = &console::access_level});
}

/// A line on standard error for each action: the audit log of a tool.
void note_action(const console::ActionRecord& action) {
  const std::string line = "console: " + action.peer + " " + action.action + " " +
                           printable(action.subject) +
                           (action.error.empty() ? "" : ": " + printable(action.error)) + "\n";
  std::fputs(line.c_str(), stderr);
}

void wait_for_stop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
}

ExitCode serve(const ConsoleCommand& options, EventStore& store,
               std::shared_ptr<const http::AccessPolicy> access, Console& output) {
  http::HealthChecks health({.description = "A store, and no more"});
  health.add(http::store_reads(store));
  health.add(http::store_schema(store));
  if (options.actions) health.add(http::store_appends(store));
  console::Console console({.title = "eventcore console",
                            .health = &health,
                            .show_payloads = options.show_payloads,
                            .allow_actions = options.actions,
                            .access = access,
                            .on_action = note_action});
  http::Server server(
      {.listen = options.listen, .workers = 6, .guard = [access](const http::Request& request) {
         return (*access)(request);
       }});
  console.mount(server);
  http::mount_endpoints(server, {.health = &health});
  if (auto started = server.start(); !started) return output.fail(started.error(), "--listen");
  console.start();
  console.attach(store);
  output.line("console  " + server.url() + "/");
  output.flush();
  wait_for_stop(output.stop());
  console.stop();
  ignore_error(server.stop(Deadline::after(kStopTime)), "slow viewers were cut off");
  console.detach();
  return ExitCode::Done;
}

ExitCode run(const ConsoleCommand& options, Console& output) {
  auto access = open_access(options);
  if (!access) return output.fail(ExitCode::BadInput, access.error().message);
  return with_store(output, options.store, options.actions ? writing() : reading(),
                    [&](EventStore& store) { return serve(options, store, *access, output); });
}

}  // namespace

void add_console_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ConsoleCommand>();
  CLI::App* command = app.add_subcommand("console", "Serve a page that shows a store");
  command->footer(
      "Shows projections, events, how they came about, and health; what commands do, only their\n"
      "own process shows. Elsewhere than on loopback it takes a token.\n\n"
      "Examples:\n"
      "  eventcore console --store sqlite:shop.db\n"
      "  eventcore console --store postgres://shop@db1/shop --actions --listen 127.0.0.1:0\n");
  add_store_option(*command, options->store);
  command->add_option("--listen", options->listen, "Address; port 0 picks one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command->add_flag("--actions", options->actions,
                    "Projections can be paused, resumed, and made to replay dead letters");
  command->add_flag("--show-payloads", options->show_payloads, "Show the payloads of events");
  command->add_option("--token-file", options->token_file, "Looking takes this token")
      ->type_name("FILE");
  command
      ->add_option("--operator-token-file", options->operator_token_file,
                   "Actions and events take this one")
      ->type_name("FILE");
  command
      ->add_option("--host", options->hosts,
                   "It goes by this name, besides localhost and addresses (repeatable)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->callback([&chosen, options] {
    chosen = [options](Console& output) { return run(*options, output); };
  });
}

}  // namespace eventcore::cli
