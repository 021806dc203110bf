#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "commands.hpp"
#include "event_text.hpp"
#include "json_text.hpp"
#include "projection_text.hpp"
#include "store_option.hpp"
#include "time_text.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

constexpr std::size_t kListedAtOnce = 1'000;

const std::map<std::string, DeadLetterState> kStates = {
    {"parked", DeadLetterState::Parked},
    {"replaying", DeadLetterState::Replaying},
    {"discarded", DeadLetterState::Discarded},
};

struct Options : ProjectionOptions {
  std::string state;
  std::optional<std::uint64_t> position;
  bool all = false;
};

// Calls `visit(letter)` for each letter of a projection; an error of it ends the visit.
template <class Visit>
Result<void> visit_letters(EventStore& store, DeadLetterQuery query, Console& console,
                           Visit visit) {
  query.limit = kListedAtOnce;
  while (!console.stopped()) {
    const auto letters = store.projections().list_dead_letters(query);
    if (!letters) return letters.error();
    for (const DeadLetter& letter : *letters) {
      if (Result<void> visited = visit(letter); !visited) return visited;
    }
    if (letters->size() < query.limit) break;
    query.after = letters->back().position;
  }
  return {};
}

std::optional<DeadLetterState> state_of(const std::string& name) {
  return name.empty() ? std::nullopt : std::optional(kStates.at(name));
}

ExitCode list(const Options& options, EventStore& store, Console& console) {
  std::vector<std::string> names = {options.name};
  if (options.name.empty()) {
    names.clear();
    const auto records = store.projections().list();
    if (!records) return console.fail(records.error());
    for (const ProjectionRecord& record : *records) names.push_back(record.name);
  } else {
    ExitCode code = ExitCode::Done;
    if (!find_projection(store, options.name, console, code)) return code;
  }
  Table table({{"PROJECTION"},
               {"POSITION", Column::Align::Right},
               {"STATE"},
               {"REASON"},
               {"ATTEMPTS", Column::Align::Right},
               {"LAST FAILURE"},
               {"MESSAGE"}},
              true);
  for (const std::string& name : names) {
    const DeadLetterQuery query{.projection = name, .state = state_of(options.state), .after = {}};
    const auto visited =
        visit_letters(store, query, console, [&](const DeadLetter& letter) -> Result<void> {
          if (options.json) {
            console.line(letter_json(letter));
          } else {
            table.add({letter.projection, std::to_string(letter.position.value),
                       std::string(to_string(letter.state)), std::string(to_string(letter.reason)),
                       std::to_string(letter.attempts), short_time(letter.last_failure),
                       letter.message});
          }
          return {};
        });
    if (!visited) return console.fail(visited.error());
  }
  table.print(console);
  return ExitCode::Done;
}

// The letter that the options name. Tells of it if there is none; then `code` says how to end.
std::optional<DeadLetter> find_letter(const Options& options, EventStore& store, Console& console,
                                      ExitCode& code) {
  if (!find_projection(store, options.name, console, code)) return std::nullopt;
  auto letter = store.projections().find_dead_letter(options.name, {*options.position});
  if (!letter) {
    code = console.fail(letter.error());
    return std::nullopt;
  }
  if (!*letter) {
    code = console.fail(ExitCode::Failed, "projection '" + options.name +
                                              "' has no dead letter of position " +
                                              std::to_string(*options.position));
  }
  return *std::move(letter);
}

void print_letter(Console& console, const DeadLetter& letter, const EventPage& page) {
  Table table({{"DEAD LETTER"}, {letter.projection}}, false);
  table.add({"position", std::to_string(letter.position.value)});
  table.add({"state", std::string(to_string(letter.state))});
  table.add({"reason", std::string(to_string(letter.reason))});
  table.add({"message", letter.message});
  table.add({"attempts", std::to_string(letter.attempts)});
  table.add({"first failure", full_time(letter.first_failure)});
  table.add({"last failure", full_time(letter.last_failure)});
  table.add({"trace", letter.trace_id.empty() ? "-" : letter.trace_id});
  table.print(console);
  console.line("");
  Table events(event_columns(), false);
  for (const StoredEvent& event : page.events) events.add(event_row(event));
  events.print(console);
}

ExitCode show(const Options& options, EventStore& store, Console& console) {
  ExitCode code = ExitCode::Done;
  const auto letter = find_letter(options, store, console, code);
  if (!letter) return code;
  const auto page = store.read(LogQuery{.after = {letter->position.value - 1},
                                        .until = letter->position,
                                        .events_max = 1,
                                        .with_batch = true});
  if (!page) return console.fail(page.error());
  if (!options.json) {
    print_letter(console, *letter, *page);
    return ExitCode::Done;
  }
  std::string text = letter_json(*letter);
  text.pop_back();
  text += ",\"event\":" + (page->events.empty() ? "null" : event_json(page->events.front())) + "}";
  console.line(text);
  return ExitCode::Done;
}

ExitCode tell(const Options& options, Console& console, std::uint64_t count, const char* done) {
  if (options.json) {
    console.line(JsonObject().text("projection", options.name).number("dead_letters", count).str());
  } else {
    console.line(counted(count, "dead letter") + " of '" + options.name + "' " + done);
  }
  return ExitCode::Done;
}

using Settle = Result<void> (ProjectionStorage::*)(std::string_view, Position);

// Does the same to one letter, or to all that are parked.
ExitCode settle(const Options& options, EventStore& store, Console& console, Settle settle,
                const char* done) {
  ExitCode code = ExitCode::Done;
  ProjectionStorage& storage = store.projections();
  if (!options.all) {
    const auto letter = find_letter(options, store, console, code);
    if (!letter) return code;
    const auto settled = (storage.*settle)(options.name, letter->position);
    return settled ? tell(options, console, 1, done) : console.fail(settled.error());
  }
  if (!find_projection(store, options.name, console, code)) return code;
  std::uint64_t count = 0;
  const DeadLetterQuery parked{
      .projection = options.name, .state = DeadLetterState::Parked, .after = {}};
  const auto visited = visit_letters(store, parked, console, [&](const DeadLetter& letter) {
    auto settled = (storage.*settle)(options.name, letter.position);
    count += settled ? 1 : 0;
    return settled;
  });
  if (!visited) return console.fail(visited.error());
  return tell(options, console, count, done);
}

ExitCode replay(const Options& options, EventStore& store, Console& console) {
  return settle(options, store, console, &ProjectionStorage::replay_dead_letter,
                "will be applied again; the leader sees it within a second");
}

ExitCode discard(const Options& options, EventStore& store, Console& console) {
  return settle(options, store, console, &ProjectionStorage::discard_dead_letter,
                "kept as discarded");
}

using Work = ExitCode (*)(const Options&, EventStore&, Console&);

CLI::App* add(CLI::App& parent, Chosen& chosen, const std::shared_ptr<Options>& options,
              const char* name, const char* description, OpenStoreOptions open, Work work) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->callback([&chosen, options, open, work, command] {
    if (CLI::Option* position = command->get_option_no_throw("POSITION");
        position != nullptr && !options->position && !options->all) {
      throw CLI::RequiredError(
          command->get_option_no_throw("--all") == nullptr ? "POSITION" : "POSITION or --all");
    }
    chosen = [options, open, work](Console& console) {
      return with_store(console, options->store, open,
                        [&](EventStore& store) { return work(*options, store, console); });
    };
  });
  return command;
}

}  // namespace

void add_dead_letters_command(CLI::App& app, Chosen& chosen) {
  CLI::App* letters =
      app.add_subcommand("dead-letters", "Look at events that projections went past, and decide");
  letters->require_subcommand(1);
  letters->footer(
      "Examples:\n"
      "  eventcore dead-letters list --store sqlite:shop.db\n"
      "  eventcore dead-letters show --store sqlite:shop.db orders 1042\n"
      "  eventcore dead-letters replay --store sqlite:shop.db orders --all\n");
  auto listing = std::make_shared<Options>();
  CLI::App* command = add(*letters, chosen, listing, "list", "List them", reading(), list);
  add_store_option(*command, listing->store);
  command->add_option("NAME", listing->name, "Of this projection alone")->check(not_empty);
  command->add_option("--state", listing->state, "parked, replaying or discarded")
      ->type_name("STATE")
      ->check(CLI::IsMember(kStates));
  command->add_flag("--json", listing->json, "Print an object a line for machines");
  const auto add_one = [&](const char* name, const char* description, OpenStoreOptions open,
                           Work work, const char* all) {
    auto options = std::make_shared<Options>();
    CLI::App* one = add(*letters, chosen, options, name, description, std::move(open), work);
    add_projection_options(*one, *options);
    CLI::Option* position = add_whole_number(*one, "POSITION", options->position, "Of the event");
    if (all != nullptr) one->add_flag("--all", options->all, all)->excludes(position);
  };
  add_one("show", "Show one with its event", reading(), show, nullptr);
  add_one("replay", "Let the projection apply the event again", writing(), replay,
          "All that are parked");
  add_one("discard", "Decide that the event does not matter", writing(), discard,
          "All that are parked");
}

}  // namespace eventcore::cli
