#include "eventcore/observability/prometheus_text.hpp"

#include "label_text.hpp"
#include "number_text.hpp"

namespace eventcore::observability {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;

template <class Number>
void append_line(std::string& out, std::string_view name, std::string_view suffix,
                 std::string_view labels, Number value) {
  out.append(name).append(suffix);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out += ' ';
  detail::append_number(out, value);
  out += '\n';
}

void append_histogram(std::string& out, const MetricDescription& description,
                      const SeriesSnapshot& series) {
  const std::string& labels = series.labels->text;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < series.histogram.buckets.size(); ++i) {
    count += series.histogram.buckets[i];
    std::string bucket = labels + (labels.empty() ? "le=\"" : ",le=\"");
    if (i < description.buckets.size()) {
      detail::append_number(bucket, description.buckets[i]);
    } else {
      bucket += "+Inf";
    }
    bucket += '"';
    append_line(out, description.name, "_bucket", bucket, count);
  }
  append_line(out, description.name, "_sum", labels, series.histogram.sum);
  append_line(out, description.name, "_count", labels, count);
}

void append_header(std::string& out, const MetricDescription& description) {
  out.append("# HELP ").append(description.name).append(" ");
  detail::append_escaped(out, description.help, false);
  out.append("\n# TYPE ").append(description.name).append(" ");
  out.append(to_string(description.kind)).append("\n");
}

}  // namespace

void write_prometheus_text(const MetricsSnapshot& snapshot, const TextSink& sink) {
  std::string piece;
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.series.empty()) continue;
    const MetricDescription& description = *family.description;
    append_header(piece, description);
    for (const SeriesSnapshot& series : family.series) {
      if (description.kind == MetricKind::Histogram) {
        append_histogram(piece, description, series);
      } else {
        append_line(piece, description.name, "", series.labels->text, series.value);
      }
      if (piece.size() >= kPieceBytes) {
        sink(piece);
        piece.clear();
      }
    }
  }
  if (!piece.empty()) sink(piece);
}

std::string prometheus_text(const MetricsSnapshot& snapshot) {
  std::string page;
  write_prometheus_text(snapshot, [&page](std::string_view piece) { page += piece; });
  return page;
}

}  // namespace eventcore::observability
