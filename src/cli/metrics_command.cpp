#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/describe_metrics.hpp"
#include "table.hpp"

namespace eventcore::cli {
namespace {

using observability::LabelDescription;
using observability::MetricDescription;

struct DescribeOptions {
  bool full = false;
  bool json = false;
  bool markdown = false;
};

std::string label_names(const MetricDescription& metric) {
  std::string names;
  for (const LabelDescription& label : metric.labels) {
    if (!names.empty()) names += ", ";
    names += label.name;
  }
  return names.empty() ? "-" : names;
}

ExitCode describe_metrics(const DescribeOptions& options, Console& console) {
  if (options.json || options.markdown) {
    std::string text = options.json ? observability::describe_metrics_json()
                                    : observability::describe_metrics_markdown();
    if (text.ends_with('\n')) text.pop_back();
    console.line(text);
    return ExitCode::Done;
  }
  Table table({{"METRIC"}, {"KIND"}, {"LABELS"}, {"MEANING"}}, !options.full);
  for (const MetricDescription* metric : observability::catalogue::kMetrics) {
    table.add({std::string(metric->name), std::string(to_string(metric->kind)),
               label_names(*metric), std::string(metric->help)});
  }
  table.print(console);
  return ExitCode::Done;
}

}  // namespace

void add_metrics_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DescribeOptions>();
  CLI::App* metrics = app.add_subcommand("metrics", "Tell which metrics EventCore exports");
  metrics->require_subcommand(1);
  CLI::App* command =
      metrics->add_subcommand("describe", "List every metric, what it means and its labels");
  command->footer(
      "Examples:\n"
      "  eventcore metrics describe\n"
      "  eventcore metrics describe --json | jq -r '.[].name'\n");
  command->add_flag("--full", options->full, "Never cut lines");
  CLI::Option* json = command->add_flag("--json", options->json, "Print an array for machines");
  command->add_flag("--markdown", options->markdown, "Print the reference page")->excludes(json);
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return describe_metrics(*options, console); };
  });
}

}  // namespace eventcore::cli
