#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "projection_text.hpp"
#include "store_option.hpp"
#include "time_text.hpp"

namespace eventcore::cli {
namespace {

struct LeasesOptions {
  std::string store;
  bool json = false;
};

ExitCode leases(const LeasesOptions& options, EventStore& store, Console& console) {
  const auto records = store.projections().list();
  if (!records) return console.fail(records.error());
  const Timestamp now = system_clock().wall();
  Table table({{"PROJECTION"}, {"LEASE"}, {"TOKEN", Column::Align::Right}, {"EXPIRES"}, {"HOLDER"}},
              true);
  for (const ProjectionRecord& record : *records) {
    if (options.json) {
      console.line(lease_json(record, now));
      continue;
    }
    const ProjectionLease& lease = record.lease;
    table.add({record.name, std::string(lease_state(lease, now)), std::to_string(lease.token),
               lease.holder.empty() ? "-" : short_time(lease.expires),
               lease.holder.empty() ? "-" : lease.holder});
  }
  table.print(console);
  return ExitCode::Done;
}

}  // namespace

void add_leases_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<LeasesOptions>();
  CLI::App* command = app.add_subcommand("leases", "Show which process leads each projection");
  command->footer(
      "A lease that has expired is taken by the next process that looks, within a second.\n\n"
      "Example:\n"
      "  eventcore leases --store sqlite:shop.db\n");
  add_store_option(*command, options->store);
  command->add_flag("--json", options->json, "Print an object a line for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) {
      return with_store(console, options->store, reading(),
                        [&](EventStore& store) { return leases(*options, store, console); });
    };
  });
}

}  // namespace eventcore::cli
