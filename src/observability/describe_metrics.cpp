#include "eventcore/observability/describe_metrics.hpp"

#include <span>
#include <string_view>

#include "eventcore/observability/catalogue.hpp"
#include "number_text.hpp"

namespace eventcore::observability {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

/// `items` written by `write(out, item)` and separated by `separator`.
template <class Items, class Write>
std::string join(const Items& items, std::string_view separator, Write write) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += separator;
    write(out, item);
  }
  return out;
}

void append_json(std::string& out, const LabelDescription& label) {
  out += "{\"name\": " + quoted(label.name);
  if (label.values.empty()) {
    out += ", \"values_max\": ";
    detail::append_number(out, std::uint64_t{label.values_max});
  } else {
    out += ", \"values\": [" +
           join(label.values, ", ", [](auto& to, auto value) { to += quoted(value); }) + "]";
  }
  out += "}";
}

void append_json(std::string& out, const MetricDescription& metric) {
  out += "  {\"name\": " + quoted(metric.name);
  out += ", \"kind\": " + quoted(to_string(metric.kind));
  out += ", \"unit\": " + quoted(to_string(metric.unit));
  out += ",\n   \"help\": " + quoted(metric.help);
  out += ",\n   \"labels\": [" +
         join(metric.labels, ", ", [](auto& to, auto& label) { append_json(to, label); }) + "]";
  out += ",\n   \"buckets\": [" +
         join(metric.buckets, ", ", [](auto& to, double b) { detail::append_number(to, b); }) + "]";
  if (metric.kind == MetricKind::Histogram) {
    out.append(", \"native\": ").append(metric.native ? "true" : "false");
  }
  if (metric.kind == MetricKind::Gauge) out += ", \"across\": " + quoted(to_string(metric.across));
  out += ",\n   \"stability\": " + quoted(to_string(metric.stability));
  out += ", \"since\": " + quoted(metric.since) + "}";
}

void append_markdown(std::string& out, const MetricDescription& metric) {
  out.append("\n### ").append(metric.name).append("\n\n").append(metric.help).append("\n\n");
  out.append("- ").append(to_string(metric.kind));
  if (metric.unit != MetricUnit::None) out.append(" in ").append(to_string(metric.unit));
  out.append(", ").append(to_string(metric.stability)).append(", since ").append(metric.since);
  if (metric.kind == MetricKind::Gauge) {
    out.append("\n- across processes: `").append(to_string(metric.across)) += '`';
  }
  for (const LabelDescription& label : metric.labels) {
    out.append("\n- label `").append(label.name).append("`: ");
    if (label.values.empty()) {
      out += "at most ";
      detail::append_number(out, std::uint64_t{label.values_max});
      out += " values";
    } else {
      out += join(label.values, ", ", [](auto& to, auto v) { to.append("`").append(v) += '`'; });
    }
  }
  if (!metric.buckets.empty()) {
    out += "\n- buckets: " + join(metric.buckets, ", ",
                                  [](auto& to, double bound) { detail::append_number(to, bound); });
    if (metric.native) out += "; as a native histogram too";
  }
  out += '\n';
}

std::string introduction() {
  std::string text =
      "<!-- Written from catalogue.hpp; the test MetricsReference updates it. -->\n"
      "# Metrics\n"
      "\n"
      "Every metric of EventCore's catalogue, as on `/metrics`. Those of the log, of traces and\n"
      "their export, and of the performance monitor are there where `show_log`, `show_telemetry`\n"
      "and `show_monitor` show them. Counters and\n"
      "histograms start at zero with the process. A label whose values come at run time keeps "
      "series for so many of them\n"
      "as it says; the rest is added up under `";
  text.append(kOverflowValue).append("` and counted in\n`");
  text.append(catalogue::kMetricsLabelOverflowTotal.name);
  text += "`. Stream ids are no labels, apart from the few hottest\nstreams in `";
  text.append(catalogue::kStreamVersions.name);
  text +=
      "`; the category of a stream is the text of its id before\n"
      "the first `-` or `/`.\n"
      "\n"
      "A failed execution of a command counts in `";
  text.append(catalogue::kCommandErrorsTotal.name);
  text += "`. A command that the\nbusiness rules refuse is no error; it counts in\n`";
  text.append(catalogue::kCommandOutcomesTotal.name);
  text +=
      "{outcome=\"rejected\"}`.\n"
      "\n"
      "Processes that share a store have a share of some gauges each and say the same of others:\n"
      "`sum`, `max` or `min` is what makes one value of theirs. Counters and histograms are added "
      "up.\n"
      "\n"
      "| metric | kind | labels |\n"
      "|---|---|---|\n";
  return text;
}

}  // namespace

std::string describe_metrics_json() {
  return "[\n" +
         join(catalogue::kMetrics, ",\n",
              [](auto& to, auto* metric) { append_json(to, *metric); }) +
         "\n]\n";
}

std::string describe_metrics_markdown() {
  std::string page = introduction();
  for (const MetricDescription* metric : catalogue::kMetrics) {
    page.append("| [").append(metric->name).append("](#").append(metric->name).append(") | ");
    page.append(to_string(metric->kind)).append(" | ");
    page += join(metric->labels, ", ",
                 [](auto& to, auto& label) { to.append("`").append(label.name) += '`'; });
    page += " |\n";
  }
  for (const MetricDescription* metric : catalogue::kMetrics) append_markdown(page, *metric);
  return page;
}

}  // namespace eventcore::observability
