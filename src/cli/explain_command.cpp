#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "event_selection.hpp"
#include "event_text.hpp"
#include "eventcore/explanation.hpp"
#include "eventcore/projection_storage.hpp"
#include "eventcore/uuid.hpp"
#include "store_option.hpp"
#include "time_text.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

struct ExplainOptions {
  std::string store;
  std::string what;
  std::string key;
  bool json = false;
};

template <class Visit>
void for_each_event(const Explanation& explanation, Visit visit) {
  for (const EventPage& page : explanation.pages) {
    for (const StoredEvent& event : page.events) visit(event);
  }
}

std::string or_none(std::string_view text) { return std::string(text.empty() ? "-" : text); }

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return or_none(text);
}

std::vector<std::string> names_json(const std::vector<std::string>& names) {
  std::vector<std::string> values;
  for (const std::string& name : names) values.push_back(cli::quoted(name));
  return values;
}

std::string positions_text(const StoredBatch& batch) {
  const std::uint64_t last = batch.first.value + batch.events - 1;
  std::string text = std::to_string(batch.first.value);
  if (batch.events > 1) text += " to " + std::to_string(last);
  return text + " (" + counted(batch.events, "event") + ")";
}

void print_reads(Console& console, const Explanation& explanation) {
  Table table({{"READ"},
               {"VERSION", Column::Align::Right},
               {"WROTE", Column::Align::Right},
               {"VERSION AFTER", Column::Align::Right}},
              false);
  for (const StoredDecision::Read& read : explanation.decision.reads) {
    const std::uint64_t written = read.written ? explanation.events_written(read.stream) : 0;
    table.add({std::string(read.stream), std::to_string(read.version.value),
               written == 0 ? "-" : std::to_string(written),
               std::to_string(read.version.value + written)});
  }
  console.line("");
  table.print(console);
}

void print_interference(Console& console, const Explanation& explanation) {
  console.line("");
  if (explanation.decision.interference.empty()) {
    console.line("Nobody interfered.");
    return;
  }
  Table table({{"INTERFERED ON"},
               {"EXPECTED", Column::Align::Right},
               {"FOUND", Column::Align::Right},
               {"WINNER"},
               {"AT POSITION", Column::Align::Right},
               {"WINNER'S COMMAND ID"}},
              false);
  for (const StoredDecision::Interferer& other : explanation.decision.interference) {
    table.add({std::string(other.stream), std::to_string(other.expected.value),
               std::to_string(other.actual.value), or_none(other.winner_command_type),
               other.winner_position.value == 0 ? "-" : std::to_string(other.winner_position.value),
               other.winner_id.is_nil() ? "-" : other.winner_id.to_string()});
  }
  table.print(console);
}

void print_text(Console& console, const Explanation& explanation) {
  const StoredBatch& batch = *explanation.batch;
  Table table({{"COMMAND"}, {batch.command_type.empty() ? "(no type)" : batch.command_type}},
              false);
  table.add({"command id", batch.id.to_string()});
  table.add({"positions", positions_text(batch)});
  table.add({"time", full_time(explanation.pages.front().events.front().time)});
  table.add({"attempts", std::to_string(batch.attempts)});
  table.add({"idempotency key", or_none(batch.key)});
  table.add({"correlation", or_none(batch.correlation_id)});
  table.add({"causation", or_none(batch.causation_id)});
  table.add({"trace", or_none(batch.trace.trace_id_text())});
  table.add({"applied by", names_text(explanation.applied_by)});
  table.add({"not yet by", names_text(explanation.awaited_by)});
  table.print(console);
  print_reads(console, explanation);
  print_interference(console, explanation);
  console.line("");
  Table events(event_columns(), true);
  for_each_event(explanation, [&](const StoredEvent& event) { events.add(event_row(event)); });
  events.print(console);
}

void print_json(Console& console, const Explanation& explanation) {
  const StoredBatch& batch = *explanation.batch;
  std::vector<std::string> reads;
  for (const StoredDecision::Read& read : explanation.decision.reads) {
    reads.push_back(JsonObject()
                        .text("stream", read.stream)
                        .number("version", read.version.value)
                        .boolean("written", read.written)
                        .str());
  }
  std::vector<std::string> interference;
  for (const StoredDecision::Interferer& other : explanation.decision.interference) {
    interference.push_back(JsonObject()
                               .text("stream", other.stream)
                               .number("expected_version", other.expected.value)
                               .number("actual_version", other.actual.value)
                               .text("winner_command", other.winner_command_type)
                               .text("winner_command_id", other.winner_id.to_string())
                               .number("winner_position", other.winner_position.value)
                               .str());
  }
  std::vector<std::string> events;
  for_each_event(explanation,
                 [&](const StoredEvent& event) { events.push_back(event_json(event)); });
  console.line(JsonObject()
                   .text("command", batch.command_type)
                   .text("command_id", batch.id.to_string())
                   .number("first_position", batch.first.value)
                   .number("last_position", explanation.last().value)
                   .text("time", full_time(explanation.pages.front().events.front().time))
                   .number("attempts", batch.attempts)
                   .text("idempotency_key", batch.key)
                   .text("correlation_id", batch.correlation_id)
                   .text("causation_id", batch.causation_id)
                   .text("trace_id", batch.trace.trace_id_text())
                   .text("traceparent", batch.trace.traceparent())
                   .list("reads", reads)
                   .list("interference", interference)
                   .list("applied_by", names_json(explanation.applied_by))
                   .list("awaited_by", names_json(explanation.awaited_by))
                   .list("events", events)
                   .str());
}

/// Prints explanations and counts them.
class Explainer {
 public:
  Explainer(EventStore& store, bool json, Console& console)
      : store_(store), json_(json), console_(console) {}

  [[nodiscard]] Result<void> explain(Position first, std::uint32_t events) {
    const Result<Explanation> explanation = explain_batch(store_, first, events);
    if (!explanation) return explanation.error();
    if (printed_++ != 0 && !json_) console_.line("");
    (json_ ? print_json : print_text)(console_, *explanation);
    console_.flush();
    return {};
  }
  [[nodiscard]] std::uint64_t printed() const { return printed_; }

 private:
  EventStore& store_;
  const bool json_;
  Console& console_;
  std::uint64_t printed_ = 0;
};

Result<void> explain_position(EventStore& store, Position position, Explainer& explainer) {
  const Result<EventPage> page = store.read(LogQuery{
      .after = {position.value - 1}, .until = position, .events_max = 1, .with_batch = true});
  if (!page) return page.error();
  if (page->events.empty()) return {};
  const StoredBatch& batch = *page->events.front().batch;
  return explainer.explain(batch.first, batch.events);
}

/// Explains the batches behind `after` that `wanted` chooses.
template <class Wanted>
Result<void> search(EventStore& store, Position after, Wanted wanted, Console& console,
                    Explainer& explainer) {
  Selection all;
  all.after = after;
  Result<void> result;
  const Result<Position> searched =
      visit_events(store, all, true, console, {.event = [&](const StoredEvent& event) {
                     if (event.ordinal != 0 || !result || !wanted(*event.batch)) return;
                     result = explainer.explain(event.batch->first, event.batch->events);
                   }});
  if (!searched) return searched.error();
  return result;
}

/// Explains the command `id`, if it has an event of this ordinal.
Result<void> explain_command_id(EventStore& store, const Uuid& id, std::uint64_t ordinal,
                                Console& console, Explainer& explainer) {
  const auto wanted = [&](const StoredBatch& batch) {
    return batch.id == id && ordinal < batch.events;
  };
  const Result<Position> begin = search_begin(store, id);
  if (!begin) return begin.error();
  const Position after = *begin;
  if (auto searched = search(store, after, wanted, console, explainer); !searched) return searched;
  if (explainer.printed() != 0 || after.value == 0) return {};
  return search(store, {0}, wanted, console, explainer);
}

Result<void> explain_any(EventStore& store, const std::string& what, Console& console,
                         Explainer& explainer) {
  // An event's id is its command's id, a slash and its ordinal.
  const std::string_view text = what;
  const std::size_t slash = text.find('/');
  if (const auto id = Uuid::parse(text.substr(0, slash))) {
    std::optional<std::uint64_t> ordinal = 0;
    if (slash != std::string_view::npos) ordinal = parse_whole_number(text.substr(slash + 1));
    if (ordinal) return explain_command_id(store, *id, *ordinal, console, explainer);
    return make_error(ErrorCode::InvalidArgument,
                      "'" + what + "' is no event id: a number follows the slash");
  }
  if (const auto trace = parse_trace_id(what)) {
    const auto wanted = [&](const StoredBatch& batch) { return batch.trace.trace_id == *trace; };
    return search(store, {0}, wanted, console, explainer);
  }
  if (const auto position = parse_whole_number(what); position && *position != 0) {
    return explain_position(store, {*position}, explainer);
  }
  return make_error(ErrorCode::InvalidArgument,
                    "'" + what + "' is no position (1, 2, …), command id or trace id");
}

Result<void> explain_key(EventStore& store, const std::string& key, Console& console,
                         Explainer& explainer) {
  const auto wanted = [&](const StoredBatch& batch) { return batch.key == key; };
  return search(store, {0}, wanted, console, explainer);
}

ExitCode explain(const ExplainOptions& options, Console& console) {
  return with_store(console, options.store, reading(), [&](EventStore& store) {
    Explainer explainer(store, options.json, console);
    const Result<void> explained = options.key.empty()
                                       ? explain_any(store, options.what, console, explainer)
                                       : explain_key(store, options.key, console, explainer);
    if (!explained) return console.fail(explained.error());
    if (explainer.printed() != 0 || console.stopped()) return ExitCode::Done;
    return console.fail(ExitCode::Failed, "nothing is stored under '" + options.what + options.key +
                                              "'; the head is position " +
                                              std::to_string(store.head().value));
  });
}

}  // namespace

void add_explain_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand("explain", "Tell how events came about");
  command->footer(
      "Shows the command that wrote the events: which streams it had read and at which version,\n"
      "who was faster in attempts that failed, what it wrote, and which projections have applied "
      "it.\nA trace may hold several commands.\n"
      "A position is found at once, a command id by its time; a trace or a key is searched in the "
      "whole log.\n\n"
      "Examples:\n"
      "  eventcore explain --store sqlite:shop.db 1042\n"
      "  eventcore explain --store sqlite:shop.db 0190b2f1-5a3c-7d4e-8f60-718293a4b5c6\n"
      "  eventcore explain --store sqlite:shop.db 4bf92f3577b34da6a3ce929d0e0e4736 --json\n");
  add_store_option(*command, options->store);
  CLI::Option* what =
      command
          ->add_option("WHAT", options->what,
                       "A position, a command id (or event id), or a trace id (or traceparent)")
          ->check(not_empty);
  command->add_option("--key", options->key, "Instead: the command with this idempotency key")
      ->type_name("KEY")
      ->check(not_empty)
      ->excludes(what);
  command->add_flag("--json", options->json, "Print an object a line for machines");
  command->callback([&chosen, options] {
    if (options->what.empty() && options->key.empty()) throw CLI::RequiredError("WHAT or --key");
    chosen = [options](Console& console) { return explain(*options, console); };
  });
}

}  // namespace eventcore::cli
