#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "table.hpp"
#include "time_text.hpp"

namespace eventcore::cli {
namespace {

using nlohmann::json;

struct FlightOptions {
  std::string file;
  std::string only;
  std::size_t limit = 10;
  bool full = false;
  bool as_json = false;
};

/// One of the lists of a dump, and the member that orders it, greatest first.
struct Kind {
  const char* name;
  const char* title;
  const char* order;
};
constexpr Kind kKinds[] = {{"slowest", "Slowest", "duration_ns"},
                           {"failed", "Failed", "ended_unix_ns"},
                           {"retried", "Most attempts", "attempts"}};

std::string milliseconds(const json& entry, const char* member) {
  if (!entry.contains(member)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", entry.at(member).get<double>() / 1e6);
  return text;
}

Timestamp time_of(const json& nanoseconds) {
  return Timestamp{std::chrono::nanoseconds{nanoseconds.get<std::int64_t>()}};
}

/// The phases that took time, the longest first: "append 3.1, read 0.2".
std::string phases_of(const json& entry) {
  if (!entry.contains("phases_ns")) return "-";
  std::vector<std::pair<double, std::string>> phases;
  for (const auto& [name, nanoseconds] : entry.at("phases_ns").items()) {
    if (nanoseconds.get<std::int64_t>() > 0) phases.emplace_back(nanoseconds.get<double>(), name);
  }
  std::sort(phases.rbegin(), phases.rend());
  std::string text;
  for (const auto& [nanoseconds, name] : phases) {
    char number[32];
    std::snprintf(number, sizeof number, " %.3f", nanoseconds / 1e6);
    text.append(text.empty() ? "" : ", ").append(name).append(number);
  }
  return text.empty() ? "-" : text;
}

/// Why it is remarkable: its error, and who was faster on which stream.
std::string story_of(const json& entry) {
  std::string text;
  if (entry.contains("error")) {
    text =
        entry.at("error").get<std::string>() + ": " + entry.at("error_message").get<std::string>();
  }
  for (const json& lost : entry.at("conflicts")) {
    const auto winner = lost.at("winner_command_type").get<std::string>();
    text.append(text.empty() ? "" : "; ").append(lost.at("stream").get<std::string>());
    text.append(" lost to ").append(winner.empty() ? "another command" : winner);
    if (const auto position = lost.at("winner_position").get<std::uint64_t>(); position != 0) {
      text.append(" at ").append(std::to_string(position));
    }
  }
  if (!text.empty()) return text;
  for (const json& stream : entry.at("streams")) {
    text.append(text.empty() ? "" : " ").append(stream.get<std::string>());
  }
  const auto more = entry.at("streams_total").get<std::size_t>() - entry.at("streams").size();
  return more == 0 ? text : text + " and " + std::to_string(more) + " more";
}

void print_kind(const FlightOptions& options, const Kind& kind, const json& dump,
                Console& console) {
  std::vector<json> entries = dump.at(kind.name).get<std::vector<json>>();
  std::sort(entries.begin(), entries.end(), [&](const json& a, const json& b) {
    return a.value(kind.order, std::int64_t{0}) > b.value(kind.order, std::int64_t{0});
  });
  const std::size_t kept = entries.size();
  entries.resize(std::min(kept, options.limit));
  console.line("");
  console.line(std::string(kind.title) + " (" + std::to_string(entries.size()) + " of " +
               counted(kept, "command") + " kept)");
  if (entries.empty()) return;
  using Align = Column::Align;
  Table table({{"ENDED"},
               {"COMMAND"},
               {"OUTCOME"},
               {"MS", Align::Right},
               {"ATTEMPTS", Align::Right},
               {"PHASES (MS)"},
               {"TRACE"},
               {"STREAMS, CONFLICTS, ERROR"}},
              !options.full);
  for (const json& entry : entries) {
    table.add({short_time(time_of(entry.at("ended_unix_ns"))),
               printable(entry.at("command_type").get<std::string>()),
               entry.at("outcome").get<std::string>(), milliseconds(entry, "duration_ns"),
               std::to_string(entry.at("attempts").get<std::uint64_t>()), phases_of(entry),
               printable(entry.value("trace_id", "-")), printable(story_of(entry))});
  }
  table.print(console);
}

ExitCode show(const FlightOptions& options, Console& console) {
  std::ifstream in(options.file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return console.fail(ExitCode::BadInput, "cannot read " + options.file);
  }
  try {
    const json dump = json::parse(text.str());
    if (!dump.is_object() || dump.value("eventcore_flight", 0) != 1) {
      return console.fail(ExitCode::BadInput, options.file + " is not from a flight recorder");
    }
    if (options.as_json) {
      console.line(dump.dump());
      return ExitCode::Done;
    }
    console.line("written " + short_time(time_of(dump.at("written_unix_ns"))) + " by process " +
                 std::to_string(dump.at("pid").get<std::int64_t>()) + ": " +
                 printable(dump.at("reason").get<std::string>()));
    console.line("the last " + counted(dump.at("minutes").get<std::uint64_t>(), "minute") + "; " +
                 counted(dump.at("failures").get<std::uint64_t>(), "failure") +
                 " since the start; " + grouped(dump.at("missed").get<std::uint64_t>()) +
                 " missed");
    for (const Kind& kind : kKinds) {
      if (options.only.empty() || options.only == kind.name) {
        print_kind(options, kind, dump, console);
      }
    }
    return ExitCode::Done;
  } catch (const json::exception&) {
    return console.fail(ExitCode::BadInput,
                        options.file + " is cut off, or not from a flight recorder");
  }
}

}  // namespace

void add_flight_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<FlightOptions>();
  CLI::App* command =
      app.add_subcommand("flight", "Read what a flight recorder wrote when its process died");
  command->footer(
      "Examples:\n"
      "  eventcore flight shop.flight.json\n"
      "  eventcore flight shop.flight.json --only failed --limit 3 --full\n"
      "  eventcore flight shop.flight.json --json | jq '.slowest[0]'\n");
  command->add_option("FILE", options->file, "What --flight-recorder named")->required();
  command->add_option("--only", options->only, "slowest, failed or retried")
      ->check(CLI::IsMember({"slowest", "failed", "retried"}))
      ->type_name("KIND");
  command->add_option("--limit", options->limit, "Commands of each kind")
      ->type_name("COUNT")
      ->capture_default_str();
  command->add_flag("--full", options->full, "Never cut lines");
  command->add_flag("--json", options->as_json, "Print the file as one line for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return show(*options, console); };
  });
}

}  // namespace eventcore::cli
