#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "commands.hpp"
#include "eventcore/projection_switch.hpp"
#include "json_text.hpp"
#include "projection_text.hpp"
#include "rebuild_command.hpp"
#include "store_option.hpp"
#include "time_text.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

struct Options : ProjectionOptions {
  std::optional<std::uint64_t> position;
  std::string next;
};

constexpr const char* kSeenSoon = "; its leader sees it within a second";

ExitCode list(const Options& options, EventStore& store, Console& console) {
  const auto records = store.projections().list();
  if (!records) return console.fail(records.error());
  Table table({{"PROJECTION"},
               {"POSITION", Column::Align::Right},
               {"BEHIND"},
               {"LEADER"},
               {"ASKED FOR"},
               {"DEAD LETTERS", Column::Align::Right}},
              true);
  for (const ProjectionRecord& record : *records) {
    const auto lag = projection_lag(store, record.name);
    if (!lag) return console.fail(lag.error());
    if (options.json) {
      console.line(projection_json(record, *lag));
      continue;
    }
    const bool led = !record.lease.is_free(system_clock().wall());
    table.add({record.name, std::to_string(record.position.value), lag_text(*lag),
               led ? record.lease.holder : "-", request_text(record),
               record.dead_letters == 0 ? "-" : std::to_string(record.dead_letters)});
  }
  table.print(console);
  return ExitCode::Done;
}

std::string leader_text(const ProjectionLease& lease) {
  if (lease.token == 0) return "-";
  const std::string_view state = lease_state(lease, system_clock().wall());
  std::string text = lease.holder.empty() ? "-" : lease.holder;
  text += ", token " + std::to_string(lease.token) + ", lease " + std::string(state);
  if (state == "held") text += " until " + short_time(lease.expires);
  return text;
}

ExitCode status(const Options& options, EventStore& store, Console& console) {
  ExitCode code = ExitCode::Done;
  const auto record = find_projection(store, options.name, console, code);
  if (!record) return code;
  const auto lag = projection_lag(store, options.name);
  if (!lag) return console.fail(lag.error());
  if (options.json) {
    console.line(projection_json(*record, *lag));
    return ExitCode::Done;
  }
  Table table({{"PROJECTION"}, {record->name}}, false);
  table.add({"position", grouped(record->position.value) + " of " + grouped(lag->head.value)});
  table.add({"behind", lag_text(*lag)});
  table.add({"saved", record->saved_at == Timestamp{} ? "never" : short_time(record->saved_at)});
  table.add({"leader", leader_text(record->lease)});
  table.add({"asked for", request_text(*record)});
  table.add({"dead letters", grouped(record->dead_letters)});
  table.print(console);
  return ExitCode::Done;
}

using Ask = std::function<Result<void>(ProjectionStorage&)>;

// Asks for something and tells what, or shows the projection afterwards.
ExitCode ask(const Options& options, EventStore& store, Console& console, const Ask& request,
             const std::string& done) {
  ExitCode code = ExitCode::Done;
  if (!find_projection(store, options.name, console, code)) return code;
  if (const auto asked = request(store.projections()); !asked) return console.fail(asked.error());
  if (options.json) return status(options, store, console);
  console.line("projection '" + options.name + "' " + done);
  return ExitCode::Done;
}

ExitCode pause(const Options& options, EventStore& store, Console& console) {
  return ask(
      options, store, console, [&](auto& storage) { return storage.pause(options.name); },
      std::string("is paused") + kSeenSoon);
}

ExitCode resume(const Options& options, EventStore& store, Console& console) {
  return ask(
      options, store, console, [&](auto& storage) { return storage.resume(options.name); },
      std::string("goes on, also after a failure") + kSeenSoon);
}

ExitCode reset(const Options& options, EventStore& store, Console& console) {
  const Position to{*options.position};
  if (to > store.head()) {
    return console.fail(ExitCode::BadInput, "position " + std::to_string(to.value) +
                                                " is beyond the head, " +
                                                std::to_string(store.head().value));
  }
  return ask(
      options, store, console, [&](auto& storage) { return storage.reset(options.name, to); },
      "goes to position " + std::to_string(to.value) + kSeenSoon);
}

ExitCode skip(const Options& options, EventStore& store, Console& console) {
  const Position at{*options.position};
  return ask(
      options, store, console, [&](auto& storage) { return storage.skip(options.name, at); },
      "leaves out position " + std::to_string(at.value) + kSeenSoon);
}

ExitCode forgotten(const Options& options, Console& console, const std::string& done) {
  if (options.json) {
    console.line(JsonObject().text("projection", options.name).boolean("removed", true).str());
  } else {
    console.line("projection '" + options.name + "' " + done);
  }
  return ExitCode::Done;
}

ExitCode remove(const Options& options, EventStore& store, Console& console) {
  ExitCode code = ExitCode::Done;
  if (!find_projection(store, options.name, console, code)) return code;
  const auto removed = store.projections().remove(options.name);
  if (!removed) return console.fail(removed.error());
  return forgotten(options, console, "is removed; its read model, if it has one, is left");
}

ExitCode switch_to(const Options& options, EventStore& store, Console& console) {
  ExitCode code = ExitCode::Done;
  for (const std::string& name : {options.name, options.next}) {
    if (!find_projection(store, name, console, code)) return code;
  }
  const auto switched = switch_projections(store.projections(), options.name, options.next);
  if (!switched) return console.fail(switched.error());
  return forgotten(options, console, "is removed; '" + options.next + "' goes on alone");
}

using Work = ExitCode (*)(const Options&, EventStore&, Console&);

// Adds a subcommand whose work is `work`. Returns it for what it takes beside a name.
CLI::App* add(CLI::App& parent, Chosen& chosen, const std::shared_ptr<Options>& options,
              const char* name, const char* description, OpenStoreOptions open, Work work) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->callback([&chosen, options, open, work] {
    chosen = [options, open, work](Console& console) {
      return with_store(console, options->store, open,
                        [&](EventStore& store) { return work(*options, store, console); });
    };
  });
  return command;
}

void add_requests(CLI::App& parent, Chosen& chosen) {
  const auto add_request = [&](const char* name, const char* description, Work work) {
    auto options = std::make_shared<Options>();
    CLI::App* command = add(parent, chosen, options, name, description, writing(), work);
    add_projection_options(*command, *options);
    return std::pair(command, options);
  };
  add_request("pause", "Let it stop where it is", pause);
  add_request("resume", "End a pause, or let it try again after a failure", resume);
  const auto resetting = add_request("reset", "Let it go back, or on, to a position", reset);
  resetting.first->footer(
      "Events behind the position are applied again, side effects included. From the beginning\n"
      "without side effects: eventcore projections rebuild.\n");
  add_whole_number(*resetting.first, "--to", resetting.second->position, "0: from the first event")
      ->type_name("POSITION")
      ->required();
  const auto skipping = add_request("skip", "Leave out an event that it can't get past", skip);
  add_whole_number(*skipping.first, "--position", skipping.second->position, "Of the event")
      ->type_name("POSITION")
      ->required();
  const auto removing =
      add_request("remove", "Forget its checkpoint and dead letters; nobody may lead it", remove);
  removing.first->footer(
      "The processes that run it are stopped before; one that runs on begins at the first event.\n"
      "The live version of a rebuild: eventcore projections switch.\n");
  const auto switching =
      add_request("switch", "Remove a live version whose rebuild beside it is complete", switch_to);
  switching.first->footer(
      "Stop the processes of the live version first. Refused while somebody leads it, or while\n"
      "the new version has not come as far.\n\n"
      "Example:\n"
      "  eventcore projections switch --store sqlite:shop.db orders orders@2\n");
  switching.first->add_option("NEW", switching.second->next, "The version that takes its place")
      ->required()
      ->check(not_empty);
}

}  // namespace

void add_projections_command(CLI::App& app, Chosen& chosen) {
  CLI::App* projections =
      app.add_subcommand("projections", "List projections, and steer those that run");
  projections->require_subcommand(1);
  projections->footer(
      "Examples:\n"
      "  eventcore projections list --store sqlite:shop.db\n"
      "  eventcore projections pause --store sqlite:shop.db orders\n"
      "  eventcore projections reset --store sqlite:shop.db orders --to 0\n");
  auto listing = std::make_shared<Options>();
  CLI::App* command =
      add(*projections, chosen, listing, "list", "List all, with how far each is", reading(), list);
  add_store_option(*command, listing->store);
  command->add_flag("--json", listing->json, "Print an object a line for machines");
  auto one = std::make_shared<Options>();
  add_projection_options(*add(*projections, chosen, one, "status", "Show one", reading(), status),
                         *one);
  add_requests(*projections, chosen);
  add_rebuild_command(*projections, chosen);
}

}  // namespace eventcore::cli
