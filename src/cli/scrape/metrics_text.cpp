#include "metrics_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "eventcore/observability/catalogue.hpp"

namespace eventcore::cli {
namespace {

using namespace observability;

using Labels = std::vector<std::pair<std::string, std::string>>;

/// One line that has a value.
struct Sample {
  std::string_view name;
  Labels labels;
  double value = 0;
};

/// A histogram of which lines have come.
struct Buckets {
  std::map<double, double> up_to;  // cumulative, by upper bound
  double sum = 0;
};

struct Series {
  double value = 0;
  Buckets buckets;
};

/// A family of which lines have come; series by the values of their labels.
struct Family {
  const MetricDescription* description = nullptr;
  std::map<std::vector<std::string>, Series> series;
};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':';
}

std::string_view take_name(std::string_view& line) {
  const auto end = std::find_if_not(line.begin(), line.end(), is_name);
  const std::string_view name = line.substr(0, static_cast<std::size_t>(end - line.begin()));
  line.remove_prefix(name.size());
  return name;
}

bool take(std::string_view& line, char expected) {
  if (!line.starts_with(expected)) return false;
  line.remove_prefix(1);
  return true;
}

/// What is between quotes.
std::optional<std::string> take_quoted(std::string_view& line) {
  if (!take(line, '"')) return std::nullopt;
  std::string text;
  while (!line.empty() && line.front() != '"') {
    char next = line.front();
    line.remove_prefix(1);
    if (next == '\\') {
      if (line.empty()) return std::nullopt;
      next = line.front() == 'n' ? '\n' : line.front();
      line.remove_prefix(1);
    }
    text += next;
  }
  if (!take(line, '"')) return std::nullopt;
  return text;
}

bool take_labels(std::string_view& line, Labels& labels) {
  if (!take(line, '{')) return true;
  while (!take(line, '}')) {
    const std::string_view name = take_name(line);
    if (name.empty() || !take(line, '=')) return false;
    std::optional<std::string> value = take_quoted(line);
    if (!value) return false;
    labels.emplace_back(name, *std::move(value));
    if (!take(line, ',') && !line.starts_with('}')) return false;
  }
  return true;
}

std::optional<double> number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::nan("");
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Sample> parse_sample(std::string_view line) {
  Sample sample;
  sample.name = take_name(line);
  if (sample.name.empty() || !take_labels(line, sample.labels)) return std::nullopt;
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  line.remove_prefix(begin);
  // A time may stand behind the value.
  const std::optional<double> value = number(line.substr(0, line.find_first_of(" \t\r")));
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

/// Which family a line belongs to, and as what.
struct Place {
  const MetricDescription* description = nullptr;
  enum class Part : std::uint8_t { Value, Bucket, Sum, Count } part = Part::Value;
};

const std::unordered_map<std::string, Place>& places() {
  static const std::unordered_map<std::string, Place> kPlaces = [] {
    using Part = Place::Part;
    std::unordered_map<std::string, Place> result;
    for (const MetricDescription* metric : catalogue::kMetrics) {
      const std::string name(metric->name);
      if (metric->kind != MetricKind::Histogram) {
        result[name] = {metric, Part::Value};
        continue;
      }
      result[name + "_bucket"] = {metric, Part::Bucket};
      result[name + "_sum"] = {metric, Part::Sum};
      result[name + "_count"] = {metric, Part::Count};
    }
    return result;
  }();
  return kPlaces;
}

/// The values of the labels that the description names, in its order.
std::vector<std::string> values_of(const MetricDescription& description, const Labels& labels) {
  std::vector<std::string> values;
  for (const LabelDescription& label : description.labels) {
    const auto found = std::find_if(labels.begin(), labels.end(),
                                    [&](const auto& pair) { return pair.first == label.name; });
    values.push_back(found == labels.end() ? std::string() : found->second);
  }
  return values;
}

/// False if a bucket has no bound.
bool add(const Sample& sample, const Place& place, Series& series) {
  switch (place.part) {
    case Place::Part::Value:
      series.value = sample.value;
      return true;
    case Place::Part::Sum:
      series.buckets.sum = sample.value;
      return true;
    case Place::Part::Count:
      return true;  // the last bucket says the same
    case Place::Part::Bucket:
      break;
  }
  for (const auto& [name, value] : sample.labels) {
    if (name != "le") continue;
    const std::optional<double> bound = number(value);
    if (!bound) return false;
    series.buckets.up_to[*bound] = sample.value;
    return true;
  }
  return false;
}

/// A description with bounds of its own.
struct OwnBounds {
  MetricDescription description;
  std::vector<double> bounds;
};

std::shared_ptr<const MetricDescription> description_of(const Family& family) {
  const auto own = std::make_shared<OwnBounds>();
  own->description = *family.description;
  for (const auto& [values, series] : family.series) {
    for (const auto& [bound, count] : series.buckets.up_to) {
      if (std::isfinite(bound)) own->bounds.push_back(bound);
    }
    break;
  }
  if (!own->bounds.empty()) own->description.buckets = own->bounds;
  return {own, &own->description};
}

std::shared_ptr<const HistogramValue> histogram_of(const Buckets& buckets) {
  auto value = std::make_shared<HistogramValue>();
  value->sum = buckets.sum;
  double below = 0;
  for (const auto& [bound, up_to] : buckets.up_to) {
    value->buckets.push_back(static_cast<std::uint64_t>(std::max(0.0, up_to - below)));
    below = up_to;
  }
  return value;
}

FamilySnapshot snapshot_of(const Family& family) {
  FamilySnapshot snapshot{.description = description_of(family), .series = {}};
  for (const auto& [values, series] : family.series) {
    auto labels = std::make_shared<SeriesLabels>();
    labels->values = values;
    SeriesSnapshot one{.labels = std::move(labels), .value = series.value, .histogram = nullptr};
    if (family.description->kind == MetricKind::Histogram) {
      one.histogram = histogram_of(series.buckets);
    }
    snapshot.series.push_back(std::move(one));
  }
  return snapshot;
}

}  // namespace

Result<MetricsSnapshot> parse_metrics_text(std::string_view page) {
  std::map<std::string_view, Family> families;
  for (std::size_t number = 1; !page.empty(); ++number) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(page.size(), line.size() + 1));
    if (line.empty() || line == "\r" || line.front() == '#') continue;
    const std::optional<Sample> sample = parse_sample(line);
    const auto bad = [&] {
      return make_error(ErrorCode::InvalidArgument,
                        "no page of metrics: line " + std::to_string(number) + " is none of them");
    };
    if (!sample) return bad();
    const auto place = places().find(std::string(sample->name));
    if (place == places().end()) continue;
    const MetricDescription& description = *place->second.description;
    Family& family = families[description.name];
    family.description = &description;
    if (!add(*sample, place->second, family.series[values_of(description, sample->labels)])) {
      return bad();
    }
  }
  if (families.empty()) {
    return make_error(ErrorCode::InvalidArgument, "the page has no metric of EventCore");
  }
  MetricsSnapshot snapshot;
  for (const auto& [name, family] : families) snapshot.families.push_back(snapshot_of(family));
  return snapshot;
}

}  // namespace eventcore::cli
