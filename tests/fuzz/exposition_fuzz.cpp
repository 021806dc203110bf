// Whatever texts metrics, labels and scrapers bring along: both text formats can be read back, line
// by line and to the last byte, and the headers of a scrape choose a page that exists.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/observability/openmetrics_text.hpp"
#include "eventcore/observability/prometheus_protobuf.hpp"

namespace {

using namespace eventcore;
using namespace eventcore::observability;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The next of the lines that the input is made of.
std::string_view next_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(input.size(), line.size() + 1));
  return line;
}

/// Reads one page as the ABNF of OpenMetrics has it; text 0.0.4 is a little less.
class Reader {
 public:
  Reader(std::string_view page, bool is_open) : rest_(page), is_open_(is_open) {}

  /// The values of the label `text`, in the order of the lines that have it.
  std::vector<std::string> read() {
    require(!is_open_ || rest_.ends_with("# EOF\n"));
    require(rest_.empty() || rest_.ends_with('\n'));
    while (!rest_.empty()) {
      std::string_view line = next_line(rest_);
      if (line == "# EOF" && is_open_) {
        require(rest_.empty());
      } else if (line.starts_with("# ")) {
        read_header(line);
      } else {
        read_sample(line);
      }
    }
    return std::move(values_);
  }

 private:
  static bool is_name(char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  static std::string_view take_name(std::string_view& line) {
    const auto end = std::find_if_not(line.begin(), line.end(), is_name);
    const auto size = static_cast<std::size_t>(end - line.begin());
    require(size > 0);
    const std::string_view name = line.substr(0, size);
    line.remove_prefix(size);
    return name;
  }
  static void expect(std::string_view& line, std::string_view text) {
    require(line.starts_with(text));
    line.remove_prefix(text.size());
  }
  /// Takes text in which `\` stands before `\`, `n` and, where it matters, `"`, up to a quote.
  static std::string take_text(std::string_view& line, bool quotes_end) {
    std::string text;
    while (!line.empty() && !(quotes_end && line.front() == '"')) {
      char c = line.front();
      line.remove_prefix(1);
      if (c == '\\') {
        require(!line.empty());
        c = line.front();
        line.remove_prefix(1);
        require(c == '\\' || c == 'n' || c == '"');
        if (c == 'n') c = '\n';
      }
      text += c;
    }
    return text;
  }
  static void take_number(std::string_view& line) {
    const std::string_view number = line.substr(0, line.find(' '));
    line.remove_prefix(number.size());
    if (number == "+Inf" || number == "-Inf" || number == "NaN") return;
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    require(error == std::errc{} && end == number.data() + number.size());
  }

  void read_header(std::string_view line) const {
    expect(line, "# ");
    const std::string_view what = take_name(line);
    require(what == "HELP" || what == "TYPE" || (what == "UNIT" && is_open_));
    expect(line, " ");
    static_cast<void>(take_name(line));
    expect(line, " ");
    if (what != "HELP") {
      static_cast<void>(take_name(line));
    } else {
      static_cast<void>(take_text(line, is_open_));
    }
    require(line.empty());
  }

  void read_labels(std::string_view& line) {
    expect(line, "{");
    for (;;) {
      const std::string_view name = take_name(line);
      expect(line, "=\"");
      std::string value = take_text(line, true);
      expect(line, "\"");
      if (name == "text") values_.push_back(std::move(value));
      if (!line.starts_with(',')) break;
      expect(line, ",");
    }
    expect(line, "}");
  }

  void read_sample(std::string_view line) {
    static_cast<void>(take_name(line));
    if (line.starts_with('{')) read_labels(line);
    expect(line, " ");
    take_number(line);
    if (is_open_ && line.starts_with(" # ")) {
      expect(line, " # ");
      read_labels(line);
      expect(line, " ");
      take_number(line);
      if (!line.empty()) {
        expect(line, " ");
        take_number(line);
      }
    }
    require(line.empty());
  }

  std::string_view rest_;
  const bool is_open_;
  std::vector<std::string> values_;
};

/// Registers a metric of any kind with `name`, if the registry takes it, and gives it one series.
void add_metric(MetricRegistry& registry, std::string_view name, std::string_view help,
                std::string_view label) {
  static constexpr LabelDescription labels[] = {{"text"}};
  static constexpr double bounds[] = {-1, 0, 0.5, 1e9};
  MetricDescription metric{.name = name, .labels = labels, .help = help};
  if (auto counters = registry.add<DynamicFamily<Counter, 1>>(metric)) {
    counters->with(label).add(label.size());
  }
  metric.kind = MetricKind::Gauge;
  if (auto gauges = registry.add<DynamicFamily<Gauge, 1>>(metric)) {
    gauges->with(label).set(static_cast<double>(label.size()) / -3);
  }
  metric.kind = MetricKind::Histogram;
  metric.buckets = bounds;
  const std::string other = std::string(name) + "_h";
  metric.name = other;
  if (auto histograms = registry.add<DynamicFamily<Histogram, 1>>(metric)) {
    histograms->with(label).record(static_cast<double>(label.size()));
  }
}

void check_pages(const MetricRegistry& registry) {
  MetricsSnapshot snapshot = registry.snapshot();
  std::vector<std::string> series;
  for (FamilySnapshot& family : snapshot.families) {
    for (SeriesSnapshot& one : family.series) {
      if (family.description->labels.size() != 1) continue;
      if (family.description->labels[0].name == "text") series.push_back(one.labels->values[0]);
      if (family.description->kind == MetricKind::Histogram) {
        HistogramValue histogram = *one.histogram;
        histogram.exemplars = {
            {0,
             {*TraceContext::parse("00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01"), -2.5,
              one.created}}};
        one.histogram = std::make_shared<HistogramValue>(std::move(histogram));
      }
    }
  }
  for (const bool is_open : {false, true}) {
    std::vector<std::string> read =
        Reader(is_open ? openmetrics_text(snapshot) : prometheus_text(snapshot), is_open).read();
    // A series has several lines.
    read.erase(std::unique(read.begin(), read.end()), read.end());
    std::vector<std::string> expected = series;
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    require(read == expected);
  }
  require(!prometheus_protobuf(snapshot).empty());
}

void check_scrape(std::string_view accept, std::string_view encoding, std::string_view name) {
  static const MetricsService service;
  const MetricsPage page = service.export_metrics(
      {.accept = accept, .accept_encoding = encoding, .names = {std::string(name)}});
  require(!page.content_type.empty());
  require(page.content_encoding.empty() || page.content_encoding == "gzip");
  if (page.content_type.starts_with("application/openmetrics-text")) {
    if (page.content_encoding.empty()) Reader(page.body, true).read();
  } else if (page.content_type.starts_with("text/plain")) {
    if (page.content_encoding.empty()) Reader(page.body, false).read();
  } else {
    require(page.content_type.starts_with("application/vnd.google.protobuf"));
  }
}

}  // namespace

/// The input is lines: name, help, `Accept`, `Accept-Encoding`, `name[]`; the rest is a label.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view name = next_line(input);
  const std::string_view help = next_line(input);
  const std::string_view accept = next_line(input);
  const std::string_view encoding = next_line(input);
  const std::string_view wanted = next_line(input);
  MetricRegistry registry;
  add_metric(registry, name, help, input);
  add_metric(registry, "fuzzed", "Help.", input);
  check_pages(registry);
  check_scrape(accept, encoding, wanted);
  return 0;
}
