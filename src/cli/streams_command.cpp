#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "event_selection.hpp"
#include "eventcore/store_administration.hpp"
#include "json_text.hpp"
#include "store_option.hpp"
#include "table.hpp"
#include "time_text.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

constexpr std::size_t kListedAtOnce = 1'000;

struct StreamsOptions {
  std::string store;
  std::string one;
  SelectionOptions streams;
  std::string after;
  std::optional<std::uint64_t> limit;
  bool json = false;
};

void print_summary(const StreamSummary& summary, bool json, Table& table, Console& console) {
  if (json) {
    console.line(JsonObject()
                     .text("stream", summary.stream.view())
                     .number("version", summary.version.value)
                     .number("last_position", summary.last.value)
                     .str());
  } else {
    table.add({summary.stream.text(), std::to_string(summary.version.value),
               std::to_string(summary.last.value)});
  }
}

ExitCode list_streams(const StreamsOptions& options, EventStore& store, Console& console) {
  const Result<Selection> selection = parse_selection(options.streams, system_clock().wall());
  if (!selection) return console.fail(selection.error());
  StreamListQuery query{.after = options.after, .filter = selection->filter};
  Table table(
      {{"STREAM"}, {"EVENTS", Column::Align::Right}, {"LAST POSITION", Column::Align::Right}},
      true);
  std::uint64_t left = options.limit.value_or(UINT64_MAX);
  while (left != 0 && !console.stopped()) {
    query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(left, kListedAtOnce));
    const Result<std::vector<StreamSummary>> page = store.administration().list_streams(query);
    if (!page) return console.fail(page.error());
    if (page->empty()) break;
    for (const StreamSummary& summary : *page) {
      print_summary(summary, options.json, table, console);
    }
    table.print(console);
    console.flush();
    left -= page->size();
    query.after = page->back().stream.text();
  }
  return ExitCode::Done;
}

/// The oldest or the newest event of `stream`.
Result<EventPage> read_end(EventStore& store, const StreamId& stream,
                           ReadOptions::Direction direction) {
  return store.read_stream(stream, {.limit = 1, .direction = direction});
}

std::string end_text(const StoredEvent& event) {
  return std::string(event.type) + " at position " + std::to_string(event.position.value) + ", " +
         short_time(event.time);
}

std::string end_json(const StoredEvent& event) {
  return JsonObject()
      .number("position", event.position.value)
      .text("type", event.type)
      .text("time", full_time(event.time))
      .str();
}

ExitCode show_stream(const StreamsOptions& options, EventStore& store, Console& console) {
  const Result<StreamId> stream = StreamId::parse(options.one);
  if (!stream) return console.fail(stream.error());
  const Result<EventPage> first = read_end(store, *stream, ReadOptions::Direction::Forward);
  if (!first) return console.fail(first.error());
  const Result<EventPage> last = read_end(store, *stream, ReadOptions::Direction::Backward);
  if (!last) return console.fail(last.error());
  if (first->events.empty() || last->events.empty()) {
    return console.fail(ExitCode::Failed, "there is no stream '" + stream->text() + "'");
  }
  const StoredEvent& oldest = first->events.front();
  const StoredEvent& newest = last->events.front();
  if (options.json) {
    console.line(JsonObject()
                     .text("stream", stream->view())
                     .text("category", stream->category())
                     .number("version", newest.version.value)
                     .json("first_event", end_json(oldest))
                     .json("last_event", end_json(newest))
                     .str());
    return ExitCode::Done;
  }
  Table table({{"STREAM"}, {stream->view()}}, true);
  table.add({"category", std::string(stream->category())});
  table.add({"events", grouped(newest.version.value)});
  table.add({"first event", end_text(oldest)});
  table.add({"last event", end_text(newest)});
  table.print(console);
  return ExitCode::Done;
}

ExitCode streams(const StreamsOptions& options, Console& console) {
  return with_store(console, options.store, reading(), [&](EventStore& store) {
    return options.one.empty() ? list_streams(options, store, console)
                               : show_stream(options, store, console);
  });
}

}  // namespace

void add_streams_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<StreamsOptions>();
  CLI::App* command = app.add_subcommand("streams", "List streams, or show one");
  command->footer(
      "The list is in the byte order of the ids; events of one stream: eventcore events "
      "--stream.\n\n"
      "Examples:\n"
      "  eventcore streams --store sqlite:shop.db\n"
      "  eventcore streams --store sqlite:shop.db --prefix product- --limit 20\n"
      "  eventcore streams --store sqlite:shop.db product-22423\n");
  add_store_option(*command, options->store);
  CLI::Option* one =
      command->add_option("STREAM", options->one, "Show this stream instead of the list")
          ->check(not_empty);
  add_stream_options(*command, options->streams);
  command->add_option("--after", options->after, "List the streams behind this id")
      ->type_name("ID");
  add_whole_number(*command, "--limit", options->limit, "List at most this many")
      ->type_name("COUNT");
  for (const char* name : {"--prefix", "--pattern", "--after", "--limit"}) {
    one->excludes(command->get_option(name));
  }
  command->add_flag("--json", options->json, "Print an object a line for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return streams(*options, console); };
  });
}

}  // namespace eventcore::cli
