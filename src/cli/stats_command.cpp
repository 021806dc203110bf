#include <CLI/CLI.hpp>
#include <array>
#include <memory>

#include "commands.hpp"
#include "eventcore/store_administration.hpp"
#include "json_text.hpp"
#include "store_option.hpp"
#include "table.hpp"
#include "time_text.hpp"

namespace eventcore::cli {
namespace {

struct StatsOptions {
  std::string store;
  bool json = false;
};

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  std::string text = counted(bytes, "byte");
  if (bytes < 1'024) return text;
  auto scaled = static_cast<double>(bytes) / 1'024;
  std::size_t unit = 0;
  for (; scaled >= 1'024 && unit + 1 != kUnits.size(); ++unit) scaled /= 1'024;
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "%.1f ", scaled);
  return number.data() + std::string(kUnits[unit]) + " (" + text + ")";
}

std::string time_and_age(const std::optional<Timestamp>& time, Timestamp now) {
  if (!time) return "never";
  return short_time(*time) + " (" + short_age(now - *time) + " ago)";
}

/// When a task was done, and if it failed since.
std::string care_text(const CareHistory& history, Timestamp now) {
  std::optional<Timestamp> done;
  if (history.last_success) done = history.last_success->time;
  std::string text = time_and_age(done, now);
  if (history.is_failing()) text += "; failed " + short_age(now - *history.last_failure) + " ago";
  return text;
}

/// The statistics of a store, and what it remembers of its care.
struct Shown {
  StoreStats stats;
  StoreCare care;
};

void print_text(Console& console, const StoreDescription& store, const Shown& shown) {
  const auto& [stats, care] = shown;
  const Timestamp now = system_clock().wall();
  Table table({{"STORE"}, {store.location}}, true);
  table.add({"backend", store.backend + ", durability " + store.durability});
  table.add({"events", grouped(stats.events)});
  table.add({"streams", grouped(stats.streams)});
  table.add({"event types", grouped(stats.event_types)});
  table.add({"head", std::to_string(stats.head.value)});
  table.add({"size", size_text(stats.size_bytes)});
  table.add({"first event", time_and_age(stats.first_event, now)});
  table.add({"last event", time_and_age(stats.last_event, now)});
  table.add({"last backup", care_text(care.backup, now)});
  table.add({"last verified restore", care_text(care.restore, now)});
  std::string verified = care_text(care.verify, now);
  if (care.verify.last_success && care.verify.last_success->findings != 0) {
    verified += ": " + counted(care.verify.last_success->findings, "finding");
  }
  table.add({"last verification", verified});
  table.print(console);
}

void print_json(Console& console, const StoreDescription& store, const Shown& shown) {
  const auto& [stats, care] = shown;
  JsonObject object;
  object.text("store", store.location)
      .text("backend", store.backend)
      .text("durability", store.durability)
      .number("events", stats.events)
      .number("streams", stats.streams)
      .number("event_types", stats.event_types)
      .number("head", stats.head.value)
      .number("size_bytes", stats.size_bytes);
  const auto add_time = [&](std::string_view name, const std::optional<Timestamp>& time) {
    time ? object.text(name, full_time(*time)) : object.json(name, "null");
  };
  add_time("first_event", stats.first_event);
  add_time("last_event", stats.last_event);
  for (std::size_t i = 0; i < kCareTasks; ++i) {
    const auto task = static_cast<CareTask>(i);
    const CareHistory& history = care.of(task);
    std::optional<Timestamp> done;
    if (history.last_success) done = history.last_success->time;
    const std::string name(to_string(task));
    add_time("last_" + name, done);
    add_time("last_failed_" + name, history.last_failure);
  }
  if (care.verify.last_success) {
    object.number("verify_findings", care.verify.last_success->findings);
  }
  console.line(object.str());
}

ExitCode stats(const StatsOptions& options, Console& console) {
  return with_store(console, options.store, reading(), [&](EventStore& store) {
    const Result<StoreStats> read = store.administration().stats();
    if (!read) return console.fail(read.error());
    const Result<StoreCare> care = store.administration().care();
    if (!care) return console.fail(care.error());
    (options.json ? print_json : print_text)(console, store.description(), {*read, *care});
    return ExitCode::Done;
  });
}

}  // namespace

void add_stats_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<StatsOptions>();
  CLI::App* command = app.add_subcommand("stats", "Show sizes, times and the last backup");
  command->footer(
      "Examples:\n"
      "  eventcore stats --store sqlite:shop.db\n"
      "  eventcore stats --store sqlite:shop.db --json | jq .size_bytes\n");
  add_store_option(*command, options->store);
  command->add_flag("--json", options->json, "Print an object for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return stats(*options, console); };
  });
}

}  // namespace eventcore::cli
