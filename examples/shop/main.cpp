// eventcore-shop: the reference application of EventCore.
//
// Start reading in domain/: place_order.hpp is the heart of the shop. report/sales_report.hpp reads
// the events back, serve/ puts an HTTP API around the commands, replay/ feeds them from a file.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "exit_code.hpp"
#include "replay/replay_command.hpp"
#include "report/report_command.hpp"
#include "stop_signals.hpp"

namespace {

void add_replay(CLI::App& app, shop::ReplayCommand& options) {
  CLI::App* command = app.add_subcommand("replay", "Execute the invoices of a CSV file");
  command->add_option("FILE", options.file, "File in the Online Retail format")->required();
  command->add_option("--store", options.store, "memory:, sqlite:PATH or postgres://...")
      ->required();
  command->add_option("--concurrency", options.concurrency, "Commands under way at once")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  command->add_option("--speed", options.speed, "Times the invoices' own pace (default: no pauses)")
      ->check(CLI::PositiveNumber);
  command->add_option("--rejects", options.rejects, "Write rows that can't be used to this file");
  command->add_flag("--strict", options.strict, "Exit with 2 if there were such rows");
}

void add_report(CLI::App& app, shop::ReportCommand& options) {
  CLI::App* command = app.add_subcommand("report", "Print what was sold and returned");
  command->add_option("--store", options.store, "memory:, sqlite:PATH or postgres://...")
      ->required();
  command->add_flag("--json", options.json, "Print JSON");
}

shop::ExitCode run(int argc, char** argv) {
  shop::StopSignalsThread signals;
  signals.start();

  CLI::App app("The reference application of EventCore: an order service");
  app.require_subcommand(1);
  shop::ReplayCommand replay;
  shop::ReportCommand report;
  add_replay(app, replay);
  add_report(app, report);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? shop::ExitCode::Done : shop::ExitCode::BadInput;
  }
  if (app.got_subcommand("replay")) return shop::run(replay, signals.token());
  return shop::run(report);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eventcore-shop: %s\n", error.what());
    return static_cast<int>(shop::ExitCode::Failed);
  }
}
