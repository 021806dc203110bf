// eventcore-shop: the reference application of EventCore.
//
// Start reading in domain/: place_order.hpp is the heart of the shop. report/sales_report.hpp reads
// the events back, serve/ puts an HTTP API around the commands, replay/ feeds them from a file.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <eventcore/logging/logging.hpp>
#include <exception>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "console.hpp"
#include "demo/demo_command.hpp"
#include "exit_code.hpp"
#include "load/load_command.hpp"
#include "replay/replay_command.hpp"
#include "report/report_command.hpp"
#include "serve/serve_command.hpp"
#include "stop_signals.hpp"
#include "telemetry.hpp"

namespace {

constexpr const char* kStoreHelp = "memory:, sqlite:PATH or postgres://...";

/// Adds an option that takes `500ms`, `30s`, `5m` or `1h`, or a number of seconds.
void add_duration(CLI::App& command, const std::string& name, const std::string& help,
                  std::function<void(std::chrono::milliseconds)> store) {
  command
      .add_option_function<double>(
          name,
          [store = std::move(store)](double seconds) {
            store(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000)));
          },
          help)
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, double>{{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3'600}}))
      ->check(CLI::Range(0.001, 31'536'000.0))
      ->type_name("T");
}

void add_listen(CLI::App& command, shop::ShopServerOptions& options) {
  command.add_option("--listen", options.listen, "Address of the API; port 0 picks one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command
      .add_option("--metrics-listen", options.metrics_listen,
                  "Address of /metrics and /health; port 0 picks one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
}

void add_read_models(CLI::App& command, shop::ShopServerOptions& options) {
  command
      .add_option(
          "--read-models", options.read_models,
          "Folder of the read models (default: STORE-read-models beside a SQLite store, "
          "shop-read-models-LOG here for PostgreSQL), or `postgres`: in the store's database")
      ->type_name("FOLDER");
  add_duration(command, "--lease",
               "Another process that shares them goes on when this one is silent so long "
               "(default: 15s)",
               [&options](std::chrono::milliseconds value) { options.lease = value; });
}

void add_console(CLI::App& command, shop::ShopConsoleOptions& options) {
  CLI::Option* console = command.add_flag_callback(
      "--console", [&options] { options.enabled = true; },
      "A page at the metrics' address shows what the shop does (default: on loopback, or with a "
      "token)");
  command
      .add_flag_callback(
          "--no-console", [&options] { options.enabled = false; }, "No such page")
      ->excludes(console);
  command
      .add_option("--token-file", options.token_file,
                  "Metrics and console take this token (default: EVENTCORE_TOKEN; needed where "
                  "--metrics-listen is not loopback)")
      ->type_name("FILE");
  command
      .add_option("--operator-token-file", options.operator_token_file,
                  "Actions and events take this one (default: EVENTCORE_OPERATOR_TOKEN)")
      ->type_name("FILE");
  command
      .add_option("--metrics-host", options.hosts,
                  "Metrics and console go by this name, besides localhost and addresses "
                  "(repeatable)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_flag("--show-payloads", options.show_payloads,
                   "The console shows the payloads of events");
}

void add_replay(CLI::App& app, shop::ReplayCommand& options) {
  CLI::App* command = app.add_subcommand("replay", "Execute the invoices of a CSV file");
  command->add_option("FILE", options.file, "File in the Online Retail format")
      ->required()
      ->type_name("");
  command->add_option("--store", options.store, kStoreHelp)->required()->type_name("URL");
  command->add_option("--concurrency", options.concurrency, "Commands under way at once")
      ->type_name("N")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  command->add_option("--speed", options.speed, "Times the invoices' own pace (default: no pauses)")
      ->type_name("S")
      ->check(CLI::PositiveNumber);
  command->add_option("--rejects", options.rejects, "Write rows that can't be used to this file")
      ->type_name("FILE");
  command->add_flag("--strict", options.strict, "Exit with 2 if there were such rows");
}

void add_report(CLI::App& app, shop::ReportCommand& options) {
  CLI::App* command = app.add_subcommand("report", "Print what was sold and returned");
  command->add_option("--store", options.store, kStoreHelp)->required()->type_name("URL");
  command->add_flag("--json", options.json, "Print JSON");
}

void add_canary(CLI::App& command, shop::ShopServerOptions& options) {
  add_duration(command, "--canary",
               "Write a small event so often and measure how long it takes to be seen: in the log, "
               "and by the read models (default: never)",
               [&options](std::chrono::milliseconds value) { options.canary = value; });
}

void add_baseline(CLI::App& command, shop::ShopServerOptions& options) {
  command
      .add_option("--baseline", options.baseline,
                  "Show how far the shop is from this baseline, in metrics and console; see "
                  "eventcore baseline")
      ->type_name("FILE");
}

void add_faults(CLI::App& command, shop::ShopServerOptions& options) {
  std::string help =
      "Serve /faults, which switches faults on and off, and begin with this one (repeatable): none";
  std::vector<std::string> names{"none"};
  for (const shop::FaultDescription& each : shop::kFaults) {
    names.emplace_back(each.name);
    help += "; " + names.back() + ": " + std::string(each.what);
  }
  command
      .add_option_function<std::vector<std::string>>(
          "--fault",
          [&options](const std::vector<std::string>& wanted) {
            options.faults.emplace();
            for (const std::string& name : wanted) {
              if (const auto fault = shop::fault_of(name)) options.faults->push_back(*fault);
            }
          },
          help)
      ->check(CLI::IsMember(names).description(""))
      ->allow_extra_args(false)
      ->type_name("NAME");
}

void add_serve(CLI::App& app, shop::ShopServerOptions& options) {
  CLI::App* command = app.add_subcommand("serve", "Serve the HTTP API");
  command->add_option("--store", options.store, kStoreHelp)->required()->type_name("URL");
  add_listen(*command, options);
  add_console(*command, options.console);
  add_read_models(*command, options);
  add_faults(*command, options);
  add_canary(*command, options);
  add_baseline(*command, options);
  command->add_option("--orders-to", options.orders_to, "Another shop, which places the orders")
      ->type_name("URL");
  command
      ->add_option(
          "--flight-recorder", options.flight_recorder,
          "Write the slowest, failed and most retried commands there when the process dies "
          "of a signal")
      ->type_name("FILE");
  command
      ->add_option("--disk-warn", options.disk.warn_bytes,
                   "Readiness warns below this space on the store's disk, as 2GB")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  command->add_option("--disk-fail", options.disk.fail_bytes, "Readiness fails below this space")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
}

void add_load(CLI::App& app, shop::LoadCommand& options) {
  CLI::App* command = app.add_subcommand("load", "Send generated orders to a shop");
  command->add_option("--rate", options.rate, "Orders a second")
      ->type_name("N")
      ->check(CLI::Range(0.01, 100'000.0))
      ->capture_default_str();
  add_duration(*command, "--duration", "How long, as 30s or 5m (default: 30s)",
               [&options](std::chrono::milliseconds value) { options.duration = value; });
  command->add_option("--url", options.url, "The shop")->type_name("URL")->capture_default_str();
  command->add_option("--seed", options.seed, "The same seed makes the same orders; 0: any")
      ->type_name("N");
}

void add_demo(CLI::App& app, shop::DemoCommand& options) {
  CLI::App* command = app.add_subcommand("demo", "Run a shop and its customers in one process");
  command->add_option("--store", options.server.store, kStoreHelp)
      ->capture_default_str()
      ->type_name("URL");
  add_duration(*command, "--duration",
               "How long, as 30s or 5m (default: until Ctrl-C on a terminal, else 30s)",
               [&options](std::chrono::milliseconds value) { options.duration = value; });
  command->add_option("--rate", options.rate, "Orders a second")
      ->type_name("N")
      ->check(CLI::Range(0.01, 100'000.0))
      ->capture_default_str();
  add_listen(*command, options.server);
  add_console(*command, options.server.console);
  add_read_models(*command, options.server);
  add_canary(*command, options.server);
  add_baseline(*command, options.server);
}

/// The options of the log, and `start` which switches it on; without them and the environment there
/// is none.
struct LogOptions {
  std::string filter;
  std::string format;

  void add(CLI::App& app) {
    app.add_option("--log", filter,
                   "Write a log to standard error: a level, or FILTER as in warn,shop=debug "
                   "(default: EVENTCORE_LOG, else warn of a server)")
        ->type_name("FILTER");
    app.add_option("--log-format", format,
                   "text or json (default: EVENTCORE_LOG_FORMAT, else text)")
        ->type_name("FORMAT");
  }
  /// `is_server`: warnings are written if nobody says anything.
  /// `sent`: takes the records too, unless it is null.
  [[nodiscard]] eventcore::Result<void> start(
      bool is_server, const std::shared_ptr<eventcore::OtlpLogsExporter>& sent) const {
    eventcore::LoggingOptions options;
    options.filter = !filter.empty() ? filter : is_server ? "warn" : "off";
    options.format = format;
    options.environment_first = filter.empty();
    if (sent) options.exporters.push_back(sent);
    return eventcore::init_logging(std::move(options));
  }
};

/// What is wrong with the arguments, in one line.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string text = error.what();
  const auto commands = app.get_subcommands();
  const auto remaining = app.remaining();
  if (!commands.empty()) {
    text.insert(0, commands.front()->get_name() + ": ");
  } else if (!remaining.empty()) {
    const bool is_option = remaining.front().starts_with('-');
    text = (is_option ? "unknown option '" : "unknown subcommand '") + remaining.front() + "'";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text + " (see --help)";
}

/// Prints help, or what is wrong with the arguments.
shop::ExitCode end_of_parsing(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != 0) {
    shop::print_error(usage_error(app, error));
    return shop::ExitCode::BadInput;
  }
  std::ostringstream help;
  app.exit(error, help, help);
  return shop::print_output(help.str()) ? shop::ExitCode::Done : shop::ExitCode::Failed;
}

shop::ExitCode run(int argc, char** argv) {
  shop::open_standard_streams(argv);
  shop::StopSignalsThread signals;
  signals.start();

  CLI::App app("The reference application of EventCore: an order service");
  app.require_subcommand(1);
  app.fallthrough();
  shop::ReplayCommand replay;
  shop::ReportCommand report;
  shop::ShopServerOptions server;
  shop::LoadCommand load;
  shop::DemoCommand demo{.server = {.store = "sqlite:var/demo/shop.db"}};
  add_replay(app, replay);
  add_report(app, report);
  add_serve(app, server);
  add_load(app, load);
  add_demo(app, demo);
  LogOptions log;
  log.add(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return end_of_parsing(app, error);
  }
  const auto logs = shop::send_logs();
  if (!logs) {
    shop::print_error(logs.error().message);
    return shop::ExitCode::BadInput;
  }
  server.logs = demo.server.logs = *logs;
  if (const auto started =
          log.start(app.got_subcommand("serve") || app.got_subcommand("demo"), *logs);
      !started) {
    shop::print_error(started.error().message);
    return shop::ExitCode::BadInput;
  }
  if (const auto tracing = shop::start_tracing(); !tracing) {
    shop::print_error(tracing.error().message);
    return shop::ExitCode::BadInput;
  }
  if (app.got_subcommand("replay")) return shop::run(replay, signals.token());
  if (app.got_subcommand("report")) return shop::run(report);
  if (app.got_subcommand("serve")) return shop::serve(server, signals.token());
  if (app.got_subcommand("load")) return shop::run(load, signals.token());
  return shop::run(demo, signals.token());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    shop::print_error(error.what());
    return static_cast<int>(shop::ExitCode::Failed);
  }
}
