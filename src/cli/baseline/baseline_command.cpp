#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "../commands.hpp"
#include "../table.hpp"
#include "../time_text.hpp"
#include "comparison_text.hpp"
#include "recording.hpp"

namespace eventcore::cli {
namespace {

using monitor::Baseline;
using monitor::BaselineComparison;
using monitor::Verdict;

constexpr std::size_t kSamplesMax = monitor::kComparedMax;

struct RecordOptions {
  std::string file;
  std::string command;
  RecordingOptions recording;
  double interval_seconds = 1;
};

struct CompareOptions {
  std::vector<std::string> files;
  std::string first;
  std::string second;
  RecordingOptions recording;
  double interval_seconds = 1;
  std::string threshold = "5%";
  std::string confidence = "99%";
  bool json = false;
};

struct ListOptions {
  std::vector<std::string> paths;
  bool json = false;
};

/// "5%" or "5" as 0.05; nothing if it is no percentage between the bounds, which are no part.
std::optional<double> share_of(std::string_view text, double low, double high) {
  if (text.ends_with('%')) text.remove_suffix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(value > low * 100 && value < high * 100)) return std::nullopt;
  return value / 100;
}

CLI::Validator percentage(double low, double high, const std::string& rule) {
  return CLI::Validator(
      [=](std::string& text) { return share_of(text, low, high) ? std::string() : rule; },
      "PERCENT");
}

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1e3));
}

/// A stop is an end that was asked for, but not a result.
ExitCode failed(const Error& error, Console& console) {
  return error.code == ErrorCode::Cancelled
             ? console.fail(ExitCode::BadInput, "stopped; there is no result")
             : console.fail(error);
}

ExitCode record(RecordOptions options, Console& console) {
  if (options.command.empty() == options.recording.url.empty()) {
    return console.fail(ExitCode::BadInput, "either --url or --command says what to measure");
  }
  if (options.recording.name.empty()) {
    options.recording.name = std::filesystem::path(options.file).stem().string();
  }
  options.recording.interval = milliseconds_of(options.interval_seconds);
  Result<Baseline> baseline = make_error(ErrorCode::Cancelled, "stopped");
  if (options.command.empty()) {
    baseline = record_service(options.recording, console);
  } else if (auto runs = record_commands({options.command}, options.recording, console); runs) {
    baseline = std::move(runs->front());
  } else {
    baseline = runs.error();
  }
  if (!baseline) return failed(baseline.error(), console);
  if (const auto written = write_baseline(*baseline, options.file); !written) {
    return console.fail(ExitCode::BadInput, written.error().message);
  }
  console.progress({});
  console.line(options.file + ": " + medians_text(*baseline));
  return ExitCode::Done;
}

/// The two that are compared.
struct Two {
  Baseline before;
  Baseline after;
  ComparisonTitle title;
  bool paired = false;
};

Result<Two> measure_commands(const CompareOptions& options, Console& console) {
  auto baselines = record_commands({options.first, options.second}, options.recording, console);
  if (!baselines) return baselines.error();
  return Two{.before = std::move(baselines->front()),
             .after = std::move(baselines->back()),
             .title = {.before = options.first, .after = options.second},
             .paired = true};
}

Result<Two> read_two(const CompareOptions& options, Console& console) {
  Result<Baseline> before = monitor::read_baseline(options.files.front());
  if (!before) return before.error();
  RecordingOptions recording = options.recording;
  recording.interval = milliseconds_of(options.interval_seconds);
  if (before->interval.count() > 0) {
    // Percentiles of longer windows are not those of shorter ones.
    recording.interval = std::chrono::ceil<std::chrono::milliseconds>(before->interval);
  }
  Result<Baseline> after = options.files.size() == 2 ? monitor::read_baseline(options.files.back())
                                                     : record_service(recording, console);
  if (!after) return after.error();
  const std::string title = options.files.size() == 2 ? options.files.back() : after->source;
  return Two{.before = *std::move(before),
             .after = *std::move(after),
             .title = {.before = options.files.front(), .after = title}};
}

/// Why these options make no comparison; empty: they do.
std::string misuse(const CompareOptions& options) {
  const bool has_commands = !options.first.empty() || !options.second.empty();
  const std::size_t sources = options.files.size() + (options.recording.url.empty() ? 0 : 1);
  if (!has_commands) {
    if (sources == 2 && !options.files.empty()) return {};
    return "a comparison takes two files, a file and --url, or --first and --second";
  }
  if (sources != 0) return "commands are compared with each other, not with files or a service";
  if (options.first.empty() || options.second.empty()) return "--first and --second go together";
  return {};
}

ExitCode compare(const CompareOptions& options, Console& console) {
  if (const std::string why = misuse(options); !why.empty()) {
    return console.fail(ExitCode::BadInput, why);
  }
  const double confidence = *share_of(options.confidence, 0.5, 1);
  // The judged measures of commands share the doubt.
  const double measures = options.recording.number.empty() ? 2 : 3;
  const std::size_t needed = monitor::pairs_needed(1 - (1 - confidence) / measures);
  if (!options.first.empty() && options.recording.rounds < needed) {
    return console.fail(ExitCode::BadInput, "fewer than " + std::to_string(needed) +
                                                " rounds can't show a difference this surely");
  }
  Result<Two> two =
      options.first.empty() ? read_two(options, console) : measure_commands(options, console);
  if (!two) return failed(two.error(), console);
  two->title.change_min = *share_of(options.threshold, 0, 10);
  const BaselineComparison comparison = compare_baselines(
      two->before, two->after,
      {.change_min = two->title.change_min, .confidence_min = confidence, .paired = two->paired});
  console.progress({});
  if (options.json) {
    console.line(comparison_json(two->title, comparison));
  } else {
    print_comparison(two->title, comparison, console);
  }
  if (comparison.verdict == Verdict::InsufficientData) return ExitCode::BadInput;
  return comparison.verdict == Verdict::Worse ? ExitCode::Failed : ExitCode::Done;
}

/// The files that `paths` name, and those ending in `.json` of folders, in order of their names.
std::vector<std::string> files_in(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code problem;
    if (!std::filesystem::is_directory(path, problem)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (std::filesystem::directory_iterator entry(path, problem), end; !problem && entry != end;
         entry.increment(problem)) {
      if (entry->path().extension() == ".json") inside.push_back(entry->path().string());
    }
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

ExitCode list(const ListOptions& options, Console& console) {
  const std::vector<std::string> paths =
      options.paths.empty() ? std::vector<std::string>{"."} : options.paths;
  Table table({{"FILE"}, {"NAME"}, {"RECORDED"}, {"OF"}, {"MEDIANS"}}, true);
  for (const std::string& file : files_in(paths)) {
    const Result<Baseline> baseline = monitor::read_baseline(file);
    if (!baseline) {
      // A folder holds other files too; one that was named is meant.
      if (std::find(paths.begin(), paths.end(), file) == paths.end()) continue;
      return console.fail(baseline.error());
    }
    if (options.json) {
      console.line(baseline_json(file, *baseline));
      continue;
    }
    table.add({printable(file), printable(baseline->name), short_time(baseline->recorded_at),
               printable(baseline->source), medians_text(*baseline)});
  }
  if (!options.json) table.print(console);
  return ExitCode::Done;
}

void add_recording_options(CLI::App& command, RecordingOptions& recording, double& interval) {
  command.add_option("--url", recording.url, "A running service, as http://127.0.0.1:9464")
      ->type_name("URL");
  command.add_option("--count", recording.windows, "Windows of the service")
      ->check(CLI::Range(std::size_t{8}, kSamplesMax))
      ->capture_default_str();
  command.add_option("--interval", interval, "Length of a window in seconds")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command.add_option("--rounds", recording.rounds, "Runs of each command")
      ->check(CLI::Range(std::size_t{1}, kSamplesMax))
      ->capture_default_str();
  command
      .add_option("--number", recording.number,
                  "A number that the command prints, too: a regular expression, of which the "
                  "first group, as 'took ([0-9.]+) s'; the last one counts")
      ->type_name("REGEX");
  command.add_flag("--more-is-better", recording.more_is_better, "Of that number");
}

void add_record(CLI::App& baseline, Chosen& chosen) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* command = baseline.add_subcommand("record", "Measure, and keep it in a file");
  command->footer(
      "Examples:\n"
      "  eventcore baseline record --url http://127.0.0.1:9464 shop.baseline.json\n"
      "  eventcore baseline record --command './bench' --rounds 30 bench.baseline.json\n");
  command->add_option("FILE", options->file, "Where to")->required();
  command->add_option("--command", options->command, "What /bin/sh is to run")->type_name("CMD");
  command->add_option("--name", options->recording.name, "How it is called (default: as the file)")
      ->type_name("NAME");
  add_recording_options(*command, options->recording, options->interval_seconds);
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return record(*options, console); };
  });
}

void add_compare(CLI::App& baseline, Chosen& chosen) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = baseline.add_subcommand("compare", "Tell whether it is worse than it was");
  command->footer(
      "Exit codes: 0 same or better, 1 worse, 2 bad input or too few samples.\n\n"
      "Examples:\n"
      "  eventcore baseline compare shop.baseline.json --url http://127.0.0.1:9464\n"
      "  eventcore baseline compare before.json after.json --threshold 10%\n"
      "  eventcore baseline compare --first './old' --second './new' --rounds 30\n");
  command->add_option("FILE", options->files, "A baseline, or two")->expected(0, 2);
  command->add_option("--first", options->first, "A command, run in turn with the second one")
      ->type_name("CMD");
  command->add_option("--second", options->second, "What is compared with it")->type_name("CMD");
  add_recording_options(*command, options->recording, options->interval_seconds);
  command->add_option("--threshold", options->threshold, "Smaller changes don't matter")
      ->check(percentage(0, 10, "a threshold is a percentage above 0 and below 1000"))
      ->capture_default_str();
  command->add_option("--confidence", options->confidence, "How sure a difference must be")
      ->check(percentage(0.5, 1, "a confidence is a percentage above 50 and below 100"))
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print an object for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return compare(*options, console); };
  });
}

void add_list(CLI::App& baseline, Chosen& chosen) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = baseline.add_subcommand("list", "List the baselines of files and folders");
  command->add_option("PATH", options->paths, "Files and folders (default: this folder)");
  command->add_flag("--json", options->json, "Print an object a line for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return list(*options, console); };
  });
}

}  // namespace

void add_baseline_command(CLI::App& app, Chosen& chosen) {
  CLI::App* baseline =
      app.add_subcommand("baseline", "Record how a program does, and compare it with later runs");
  baseline->require_subcommand(1);
  add_record(*baseline, chosen);
  add_compare(*baseline, chosen);
  add_list(*baseline, chosen);
}

}  // namespace eventcore::cli
