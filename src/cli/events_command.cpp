#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "event_selection.hpp"
#include "event_text.hpp"
#include "eventcore/tail_reader.hpp"
#include "store_option.hpp"

namespace eventcore::cli {
namespace {

struct EventsOptions {
  std::string store;
  SelectionOptions selection;
  bool follow = false;
  bool full = false;
  bool json = false;
};

/// Prints events page by page.
class EventPrinter {
 public:
  EventPrinter(const EventsOptions& options, Console& console)
      : json_(options.json), console_(console), table_(event_columns(), !options.full) {}

  void event(const StoredEvent& event) {
    if (json_) {
      console_.line(event_json(event));
    } else {
      table_.add(event_row(event));
    }
  }
  void page_ended() {
    table_.print(console_);
    console_.flush();
  }

 private:
  const bool json_;
  Console& console_;
  Table table_;
};

/// Prints what is committed behind `after` until the user stops it.
ExitCode follow(EventStore& store, const Selection& selection, Position after, bool with_batch,
                EventPrinter& printer, Console& console) {
  TailReader tail(store, after, selection.filter,
                  {.with_batch = with_batch || selection.asks_for_batch()});
  while (!console.stopped()) {
    const Result<EventPage> page = tail.next({}, console.stop());
    if (!page && page.error().code == ErrorCode::Cancelled) break;
    if (!page) return console.fail(page.error());
    for (const StoredEvent& event : page->events) {
      if (selection.matches_batch(event.batch) && selection.matches_time(event.time)) {
        printer.event(event);
      }
    }
    printer.page_ended();
  }
  return ExitCode::Done;
}

ExitCode events(const EventsOptions& options, Console& console) {
  const Result<Selection> selection = parse_selection(options.selection, system_clock().wall());
  if (!selection) return console.fail(selection.error());
  return with_store(console, options.store, reading(), [&](EventStore& store) {
    EventPrinter printer(options, console);
    const Result<Position> reached =
        visit_events(store, *selection, options.json, console,
                     {.event = [&](const StoredEvent& event) { printer.event(event); },
                      .page_ended = [&] { printer.page_ended(); }});
    if (!reached) return console.fail(reached.error());
    if (!options.follow) return ExitCode::Done;
    const Position after = std::max(*reached, selection->after);
    return follow(store, *selection, after, options.json, printer, console);
  });
}

}  // namespace

void add_events_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<EventsOptions>();
  CLI::App* command = app.add_subcommand("events", "Print events in the order of the log");
  command->footer(
      "Several --stream, --prefix and --pattern: an event of any of them. Several --type: any of\n"
      "them. All other conditions have to hold together. With --json, data that is not JSON is\n"
      "data_base64. On a terminal, lines are cut at its edge unless --full is given.\n\n"
      "Examples:\n"
      "  eventcore events --store sqlite:shop.db --stream product-22423\n"
      "  eventcore events --store sqlite:shop.db --prefix order- --type OrderPlaced --since 2h\n"
      "  eventcore events --store sqlite:shop.db --after 1000 --limit 50 --json | jq .data\n"
      "  eventcore events --store sqlite:shop.db --since 1s --follow\n");
  add_store_option(*command, options->store);
  add_selection_options(*command, options->selection);
  CLI::Option* follow = command->add_flag("--follow", options->follow,
                                          "Go on with new events as they come; Ctrl-C ends it");
  follow->excludes(command->get_option("--until"))->excludes(command->get_option("--limit"));
  command->add_flag("--full", options->full, "Never cut lines");
  command->add_flag("--json", options->json, "Print an object a line for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return events(*options, console); };
  });
}

}  // namespace eventcore::cli
