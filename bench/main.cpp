// eventcore-bench: measures EventCore beside the alternatives, as ratios.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "comparisons.hpp"

int main(int argc, char** argv) {
  using namespace eventcore::bench;
  CLI::App app{
      "Measures EventCore beside what one would write without it, in turns, and prints ratios.\n"
      "Run a Release build on an idle machine; with --check a missed target is exit code 1."};
  Effort effort;
  effort.folder = std::filesystem::current_path() / "var" / "bench";
  int turns = 5;
  bool json = false;
  bool check = false;
  std::string only;
  app.add_option("--folder", effort.folder, "Where files are written, on the disk to be measured");
  app.add_option("--seconds", effort.seconds, "Length of a timed run")
      ->check(CLI::Range(0.01, 60.0));
  app.add_option("--turns", turns, "Turns that count")->check(CLI::Range(1, 100));
  app.add_option("--events", effort.stored_events, "Events in the full store");
  app.add_option("--only", only, "Comparisons whose name contains this text");
  app.add_flag("--json", json, "Print JSON");
  app.add_flag("--check", check, "Exit with 1 when a target is missed");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  std::vector<Comparison> all = memory_comparisons();
  for (auto* more : {&json_comparisons, &log_comparisons, &metric_comparisons, &otlp_comparisons,
                     &scrape_comparisons, &tracing_comparisons, &recorder_comparisons}) {
    for (Comparison& one : more()) all.push_back(std::move(one));
  }
  for (auto* more : {&sqlite_comparisons, &process_comparisons, &replay_comparisons,
                     &projection_comparisons, &postgres_comparisons, &monitoring_comparisons}) {
    for (Comparison& one : more(effort)) all.push_back(std::move(one));
  }
  std::vector<Measured> results;
  bool passed = true;
  for (const Comparison& one : all) {
    if (one.name.find(only) == std::string::npos) continue;
    std::cerr << one.name << " …" << std::flush;
    results.push_back(measure(one, turns));
    passed = passed && results.back().passed();
    std::cerr << ' ' << results.back().ratio << '\n';
  }
  if (results.empty()) {
    std::cerr << "eventcore-bench: no comparison is named like '" << only << "'\n";
    return 2;
  }
  json ? print_json(std::cout, results) : print_table(std::cout, results);
  return check && !passed ? 1 : 0;
}
