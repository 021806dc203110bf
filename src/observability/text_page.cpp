#include "text_page.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "eventcore/observability/openmetrics_text.hpp"
#include "label_text.hpp"
#include "number_text.hpp"
#include "piece_writer.hpp"

namespace eventcore::observability {
namespace detail {
namespace {

bool has_family(const MetricsSnapshot& snapshot, std::string_view name) {
  const auto& families = snapshot.families;
  const auto found = std::lower_bound(families.begin(), families.end(), name,
                                      [](const FamilySnapshot& family, std::string_view wanted) {
                                        return family.description->name < wanted;
                                      });
  return found != families.end() && found->description->name == name;
}

/// What the header of a family says.
struct FamilyHeader {
  std::string_view name;
  std::string_view type;
};

/// In OpenMetrics a family without its ending may meet another one; then it keeps the ending.
FamilyHeader openmetrics_header(const MetricDescription& description,
                                const MetricsSnapshot& snapshot) {
  const std::string_view name = openmetrics_name(description);
  if (description.kind == MetricKind::Counter && has_family(snapshot, name)) {
    return {description.name, "unknown"};
  }
  if (description.kind == MetricKind::Info &&
      (has_family(snapshot, name) || has_family(snapshot, std::string(name) + "_total"))) {
    return {description.name, "gauge"};
  }
  return {name, to_string(description.kind)};
}

/// Bytes that a time or the exemplar of a bucket fit into.
constexpr std::size_t kTimeBytes = 32;
constexpr std::size_t kExemplarBytes = 96 + kNumberBytes + kTimeBytes;

/// Prometheus keeps milliseconds.
using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

/// Writes seconds since 1970.
char* put_time(char* at, Milliseconds time) {
  const std::int64_t since = time.time_since_epoch().count();
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
  at = put(at, ms / 1000);
  *at++ = '.';
  for (std::uint64_t digit = 100; digit > 0; digit /= 10) {
    *at++ = static_cast<char>('0' + ms / digit % 10);
  }
  return at;
}

char* put_hex(char* at, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 0xF];
  }
  return at;
}

char* put_exemplar(char* at, const Exemplar& exemplar) {
  at = put_hex(put(at, " # {trace_id=\""), exemplar.trace.trace_id);
  at = put_hex(put(at, "\",span_id=\""), exemplar.trace.span_id);
  at = put(put(at, "\"} "), exemplar.value);
  if (exemplar.at == Timestamp{}) return at;
  return put_time(put(at, " "), std::chrono::floor<std::chrono::milliseconds>(exemplar.at));
}

/// Writes the lines of one family. What they have in common is made once.
class FamilyText {
 public:
  FamilyText(PieceWriter& out, const MetricDescription& description, TextFormat format,
             const MetricsSnapshot& snapshot)
      : out_(out), description_(description), is_open_(format == TextFormat::OpenMetrics) {
    const bool is_info = description.kind == MetricKind::Info;
    header_ = is_open_ ? openmetrics_header(description, snapshot)
                       : FamilyHeader{description.name,
                                      to_string(is_info ? MetricKind::Gauge : description.kind)};
    has_created_ = is_open_ && (header_.type == "counter" || header_.type == "histogram");
    const std::string name(description.name);
    value_ = name + "{";
    created_ = std::string(header_.name) + "_created{";
    if (description.kind != MetricKind::Histogram) return;
    bucket_ = name + "_bucket{";
    sum_ = name + "_sum{";
    count_ = name + "_count{";
    for (const double bound : description.buckets) add_bound(bound);
    add_bound(HUGE_VAL);
  }

  void write_header() {
    std::string text = "# HELP ";
    text.append(header_.name).append(" ");
    append_escaped(text, description_.help, is_open_);
    text.append("\n# TYPE ").append(header_.name).append(" ").append(header_.type).append("\n");
    if (is_open_ && description_.unit != MetricUnit::None && header_.type != "unknown") {
      text.append("# UNIT ").append(header_.name).append(" ");
      text.append(to_string(description_.unit)).append("\n");
    }
    out_.end_line(put(out_.begin_line(text.size()), text));
  }

  void write(const SeriesSnapshot& series) {
    const std::string& labels = series.labels->text;
    switch (description_.kind) {
      case MetricKind::Histogram:
        write_histogram(labels, *series.histogram);
        break;
      case MetricKind::Info:
        write_line(value_, labels, std::uint64_t{1});
        break;
      case MetricKind::Counter:
      case MetricKind::Gauge:
        write_line(value_, labels, series.value);
        break;
    }
    if (has_created_ && series.created != Timestamp{}) {
      write_created(labels, std::chrono::floor<std::chrono::milliseconds>(series.created));
    }
  }

 private:
  void add_bound(double bound) {
    std::string& text = bounds_.emplace_back("le=\"");
    is_open_ ? append_canonical(text, bound) : append_number(text, bound);
    text += "\"} ";
  }

  /// Begins a line with `name`, which ends in a brace, and leaves room for `bytes` behind it.
  char* begin_line(const std::string& name, const std::string& labels, std::size_t bytes) {
    char* at = out_.begin_line(name.size() + labels.size() + 2 + bytes);
    if (labels.empty()) return put(put(at, std::string_view(name).substr(0, name.size() - 1)), " ");
    return put(put(put(at, name), labels), "} ");
  }

  template <class Number>
  void write_line(const std::string& name, const std::string& labels, Number value) {
    char* at = put(begin_line(name, labels, kNumberBytes + 1), value);
    *at++ = '\n';
    out_.end_line(at);
  }

  void write_bucket(const std::string& labels, const std::string& bound, std::uint64_t count,
                    const Exemplar* exemplar) {
    char* at = out_.begin_line(bucket_.size() + labels.size() + 1 + bound.size() + kNumberBytes +
                               kExemplarBytes + 1);
    at = put(put(at, bucket_), labels);
    if (!labels.empty()) *at++ = ',';
    at = put(put(at, bound), count);
    if (is_open_ && exemplar != nullptr && exemplar->trace.is_valid()) {
      at = put_exemplar(at, *exemplar);
    }
    *at++ = '\n';
    out_.end_line(at);
  }

  void write_histogram(const std::string& labels, const HistogramValue& histogram) {
    std::uint64_t count = 0;
    auto exemplar = histogram.exemplars.begin();
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      if (i < histogram.buckets.size()) count += histogram.buckets[i];
      const bool has_exemplar = exemplar != histogram.exemplars.end() && exemplar->bucket == i;
      write_bucket(labels, bounds_[i], count, has_exemplar ? &exemplar->exemplar : nullptr);
      if (has_exemplar) ++exemplar;
    }
    // In OpenMetrics the sum is a counter.
    const bool only_grows =
        histogram.sum >= 0 && (description_.buckets.empty() || description_.buckets.front() >= 0);
    if (is_open_ && !only_grows) return;
    write_line(sum_, labels, histogram.sum);
    write_line(count_, labels, count);
  }

  void write_created(const std::string& labels, Milliseconds created) {
    if (created_at_ != created) {
      created_at_ = created;
      char text[kTimeBytes];
      created_text_.assign(text, put_time(text, created));
      created_text_ += '\n';
    }
    out_.end_line(put(begin_line(created_, labels, created_text_.size()), created_text_));
  }

  PieceWriter& out_;
  const MetricDescription& description_;
  const bool is_open_;
  FamilyHeader header_;
  bool has_created_ = false;
  // Names of samples, each with its opening brace.
  std::string value_;
  std::string bucket_;
  std::string sum_;
  std::string count_;
  std::string created_;
  std::vector<std::string> bounds_;         // each as `le="0.5"} `
  std::optional<Milliseconds> created_at_;  // what the next text is of
  std::string created_text_;
};

/// About as many bytes as the page takes.
std::size_t size_of(const MetricsSnapshot& snapshot, TextFormat format) {
  std::size_t bytes = 0;
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.series.empty()) continue;
    const MetricDescription& description = *family.description;
    std::size_t lines = format == TextFormat::OpenMetrics ? 2 : 1;
    if (description.kind == MetricKind::Histogram) lines += description.buckets.size() + 2;
    const std::size_t line = description.name.size() + family.series[0].labels->text.size() + 32;
    bytes += family.series.size() * lines * line + 300;
  }
  return bytes;
}

}  // namespace

std::string_view openmetrics_name(const MetricDescription& description) noexcept {
  std::string_view name = description.name;
  for (const auto& [kind, ending] : {std::pair{MetricKind::Counter, std::string_view("_total")},
                                     std::pair{MetricKind::Info, std::string_view("_info")}}) {
    if (description.kind == kind && name.ends_with(ending)) name.remove_suffix(ending.size());
  }
  return name;
}

void write_page(const MetricsSnapshot& snapshot, TextFormat format, const TextSink& sink) {
  PieceWriter out(sink);
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.series.empty()) continue;
    FamilyText text(out, *family.description, format, snapshot);
    text.write_header();
    for (const SeriesSnapshot& series : family.series) text.write(series);
  }
  if (format == TextFormat::OpenMetrics) {
    constexpr std::string_view end = "# EOF\n";
    out.end_line(put(out.begin_line(end.size()), end));
  }
  out.flush();
}

std::string page_text(const MetricsSnapshot& snapshot, TextFormat format) {
  std::string page;
  page.reserve(size_of(snapshot, format));
  write_page(snapshot, format, [&page](std::string_view piece) { page += piece; });
  return page;
}

}  // namespace detail

void write_prometheus_text(const MetricsSnapshot& snapshot, const TextSink& sink) {
  detail::write_page(snapshot, detail::TextFormat::Prometheus, sink);
}

std::string prometheus_text(const MetricsSnapshot& snapshot) {
  return detail::page_text(snapshot, detail::TextFormat::Prometheus);
}

void write_openmetrics_text(const MetricsSnapshot& snapshot, const TextSink& sink) {
  detail::write_page(snapshot, detail::TextFormat::OpenMetrics, sink);
}

std::string openmetrics_text(const MetricsSnapshot& snapshot) {
  return detail::page_text(snapshot, detail::TextFormat::OpenMetrics);
}

}  // namespace eventcore::observability
