#include "text_page.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "eventcore/observability/openmetrics_text.hpp"
#include "label_text.hpp"
#include "number_text.hpp"

namespace eventcore::observability {
namespace detail {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;

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

/// Appends seconds since 1970 with milliseconds, as Prometheus keeps time.
void append_time(std::string& out, Timestamp at) {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const auto fraction = std::to_string(std::abs(ms % 1000));
  append_number(out, static_cast<double>(ms / 1000));
  out.append(".").append(3 - fraction.size(), '0').append(fraction);
}

void append_hex(std::string& out, const auto& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 0xF];
  }
}

void append_exemplar(std::string& out, const Exemplar& exemplar) {
  out += " # {trace_id=\"";
  append_hex(out, exemplar.trace.trace_id);
  out += "\",span_id=\"";
  append_hex(out, exemplar.trace.span_id);
  out += "\"} ";
  append_number(out, exemplar.value);
  if (exemplar.at != Timestamp{}) append_time(out.append(" "), exemplar.at);
}

/// Writes the lines of one family. What they have in common is made once.
class FamilyText {
 public:
  FamilyText(std::string& out, const MetricDescription& description, TextFormat format,
             const MetricsSnapshot& snapshot)
      : out_(out), description_(description), format_(format) {
    if (format == TextFormat::OpenMetrics) {
      header_ = openmetrics_header(description, snapshot);
    } else {
      const bool is_info = description.kind == MetricKind::Info;
      header_ = {description.name, to_string(is_info ? MetricKind::Gauge : description.kind)};
    }
    created_ = std::string(header_.name) + "_created";
    if (description.kind != MetricKind::Histogram) return;
    bucket_ = std::string(description.name) + "_bucket{";
    sum_ = std::string(description.name) + "_sum";
    count_ = std::string(description.name) + "_count";
    for (const double bound : description.buckets) append_bound(bound);
    append_bound(HUGE_VAL);
  }

  void write_header() {
    const bool open = format_ == TextFormat::OpenMetrics;
    out_.append("# HELP ").append(header_.name).append(" ");
    append_escaped(out_, description_.help, open);
    out_.append("\n# TYPE ").append(header_.name).append(" ").append(header_.type).append("\n");
    if (open && description_.unit != MetricUnit::None && header_.type != "unknown") {
      out_.append("# UNIT ").append(header_.name).append(" ");
      out_.append(to_string(description_.unit)).append("\n");
    }
  }

  void write(const SeriesSnapshot& series) {
    const std::string& labels = series.labels->text;
    if (description_.kind == MetricKind::Histogram) {
      write_histogram(labels, series.histogram);
    } else {
      write_value(labels, series.value);
    }
    if (format_ == TextFormat::OpenMetrics) write_created(labels, series.created);
  }

 private:
  void append_bound(double bound) {
    std::string& text = bounds_.emplace_back("le=\"");
    format_ == TextFormat::OpenMetrics ? append_canonical(text, bound) : append_number(text, bound);
    text += "\"} ";
  }

  /// Writes what stands before a value.
  void open_line(std::string_view name, const std::string& labels) {
    out_ += name;
    if (labels.empty()) {
      out_ += ' ';
    } else {
      out_ += '{';
      out_ += labels;
      out_ += "} ";
    }
  }

  void write_value(const std::string& labels, double value) {
    open_line(description_.name, labels);
    append_number(out_, description_.kind == MetricKind::Info ? 1.0 : value);
    out_ += '\n';
  }

  void write_histogram(const std::string& labels, const HistogramValue& histogram) {
    const bool open = format_ == TextFormat::OpenMetrics;
    std::uint64_t count = 0;
    auto exemplar = histogram.exemplars.begin();
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      if (i < histogram.buckets.size()) count += histogram.buckets[i];
      out_ += bucket_;
      out_ += labels;
      if (!labels.empty()) out_ += ',';
      out_ += bounds_[i];
      append_number(out_, count);
      if (exemplar != histogram.exemplars.end() && exemplar->bucket == i) {
        if (open && exemplar->exemplar.trace.is_valid()) append_exemplar(out_, exemplar->exemplar);
        ++exemplar;
      }
      out_ += '\n';
    }
    // In OpenMetrics the sum is a counter.
    const bool has_sum =
        !open ||
        (histogram.sum >= 0 && (description_.buckets.empty() || description_.buckets.front() >= 0));
    if (!has_sum) return;
    open_line(sum_, labels);
    append_number(out_, histogram.sum);
    out_ += '\n';
    open_line(count_, labels);
    append_number(out_, count);
    out_ += '\n';
  }

  void write_created(const std::string& labels, Timestamp created) {
    if (header_.type != "counter" && header_.type != "histogram") return;
    if (created == Timestamp{}) return;
    if (created_at_ != created) {
      created_at_ = created;
      created_text_.clear();
      append_time(created_text_, created);
      created_text_ += '\n';
    }
    open_line(created_, labels);
    out_ += created_text_;
  }

  std::string& out_;
  const MetricDescription& description_;
  const TextFormat format_;
  FamilyHeader header_;
  std::string bucket_;
  std::string sum_;
  std::string count_;
  std::string created_;
  std::vector<std::string> bounds_;      // each as `le="0.5"} `
  std::optional<Timestamp> created_at_;  // what the next text is of
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

void append_page(std::string& page, const MetricsSnapshot& snapshot, TextFormat format,
                 const TextSink* sink) {
  page.reserve(sink == nullptr ? size_of(snapshot, format) : 2 * kPieceBytes);
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.series.empty()) continue;
    FamilyText text(page, *family.description, format, snapshot);
    text.write_header();
    for (const SeriesSnapshot& series : family.series) {
      text.write(series);
      if (sink != nullptr && page.size() >= kPieceBytes) {
        (*sink)(page);
        page.clear();
      }
    }
  }
  if (format == TextFormat::OpenMetrics) page += "# EOF\n";
  if (sink != nullptr && !page.empty()) (*sink)(page);
}

}  // namespace detail

void write_prometheus_text(const MetricsSnapshot& snapshot, const TextSink& sink) {
  std::string piece;
  detail::append_page(piece, snapshot, detail::TextFormat::Prometheus, &sink);
}

std::string prometheus_text(const MetricsSnapshot& snapshot) {
  std::string page;
  detail::append_page(page, snapshot, detail::TextFormat::Prometheus);
  return page;
}

void write_openmetrics_text(const MetricsSnapshot& snapshot, const TextSink& sink) {
  std::string piece;
  detail::append_page(piece, snapshot, detail::TextFormat::OpenMetrics, &sink);
}

std::string openmetrics_text(const MetricsSnapshot& snapshot) {
  std::string page;
  detail::append_page(page, snapshot, detail::TextFormat::OpenMetrics);
  return page;
}

}  // namespace eventcore::observability
