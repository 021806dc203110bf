#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "json_text.hpp"
#include "store_option.hpp"
#include "table.hpp"
#include "verify_store.hpp"

namespace eventcore::cli {
namespace {

struct VerifyOptions {
  std::string store;
  bool json = false;
  bool remember = false;
};

void print_json(Console& console, const VerifyReport& report) {
  std::vector<std::string> findings;
  for (const Finding& finding : report.findings) {
    findings.push_back(JsonObject()
                           .text("check", finding.check)
                           .number("position", finding.position.value)
                           .text("message", finding.message)
                           .str());
  }
  console.line(JsonObject()
                   .number("events", report.events)
                   .number("batches", report.batches)
                   .number("streams", report.streams)
                   .number("findings_total", report.findings_total)
                   .list("findings", findings)
                   .str());
}

void print_text(Console& console, const VerifyReport& report) {
  Table table({{"CHECK"}, {"POSITION", Column::Align::Right}, {"FINDING"}}, false);
  for (const Finding& finding : report.findings) {
    table.add({finding.check,
               finding.position.value == 0 ? "-" : std::to_string(finding.position.value),
               finding.message});
  }
  table.print(console);
  if (report.findings_total > report.findings.size()) {
    console.line("and " + grouped(report.findings_total - report.findings.size()) + " more");
  }
  console.line(
      "checked " + counted(report.events, "event") + ", " + counted(report.batches, "batch") +
      ", " + counted(report.streams, "stream") + ": " +
      (report.findings_total == 0 ? "no findings" : counted(report.findings_total, "finding")));
}

ExitCode verify(const VerifyOptions& options, Console& console) {
  const auto opening = options.remember ? writing() : reading();
  return with_store(console, options.store, opening, [&](EventStore& store) {
    const Timestamp begun = system_clock().wall();
    const Position head = store.head();
    std::uint64_t checked = 0;
    const Result<VerifyReport> report = verify_store(store, console, checked);
    if (!report && report.error().code == ErrorCode::Cancelled) {
      return console.fail(ExitCode::Failed, "interrupted after " + counted(checked, "event") +
                                                "; the store is not verified");
    }
    if (!report) return console.fail(report.error());
    (options.json ? print_json : print_text)(console, *report);
    if (options.remember) {
      const auto remembered = store.administration().record_care(
          CareTask::Verify, {.time = begun, .position = head, .findings = report->findings_total});
      if (!remembered) {
        return console.fail(remembered.error(), "the store can't remember that it was verified");
      }
    }
    return report->findings_total == 0 ? ExitCode::Done : ExitCode::Failed;
  });
}

}  // namespace

void add_verify_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command =
      app.add_subcommand("verify", "Read the whole store and check that it is consistent");
  command->footer(
      "Checks that positions are dense, times never go back, each stream's versions are complete,\n"
      "stream heads are right and every batch has its checksum. Writing may go on meanwhile.\n"
      "Exit code 1 says that there are findings, or that the check was interrupted. With "
      "--remember\n"
      "the store keeps the result, for its metrics and alerts; nothing else of it is written.\n\n"
      "Examples:\n"
      "  eventcore verify --store sqlite:shop.db\n"
      "  eventcore verify --store sqlite:shop.db --json | jq '.findings[]'\n");
  add_store_option(*command, options->store);
  command->add_flag("--json", options->json, "Print an object for machines");
  command->add_flag("--remember", options->remember, "Have the store remember the result");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return verify(*options, console); };
  });
}

}  // namespace eventcore::cli
