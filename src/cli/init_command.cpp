#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "json_text.hpp"
#include "store_option.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

struct InitOptions {
  std::string store;
  std::string runtime_role;
  bool json = false;
};

ExitCode init(const InitOptions& options, Console& console) {
  const OpenStoreOptions creating{.create = true, .runtime_role = options.runtime_role};
  return with_store(console, options.store, creating, [&](EventStore& store) {
    const StoreDescription& description = store.description();
    const Position head = store.head();
    if (options.json) {
      console.line(JsonObject()
                       .text("store", description.location)
                       .text("backend", description.backend)
                       .text("durability", description.durability)
                       .number("head", head.value)
                       .str());
      return ExitCode::Done;
    }
    std::string line = description.location + " is ready (durability " + description.durability;
    line += head.value == 0 ? ", empty)" : ", " + counted(head.value, "event") + ")";
    console.line(line);
    return ExitCode::Done;
  });
}

}  // namespace

void add_init_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Create a store, or bring its schema up to date");
  command->footer(
      "A store that exists is left as it is, but for a schema of an older version.\n\n"
      "Examples:\n"
      "  eventcore init --store sqlite:shop.db\n"
      "  eventcore init --store 'sqlite:shop.db?durability=normal'\n"
      "  eventcore init --store postgres://owner@db.example/shop --runtime-role shop\n");
  add_store_option(*command, options->store);
  command
      ->add_option("--runtime-role", options->runtime_role,
                   "PostgreSQL: let this role run a service on the store, and no more")
      ->type_name("ROLE")
      ->check(not_empty);
  command->add_flag("--json", options->json, "Print an object for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return init(*options, console); };
  });
}

}  // namespace eventcore::cli
