#include "eventcore/observability/prometheus_protobuf.hpp"

#include <limits>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>
#include <vector>

namespace eventcore::observability {
namespace {

using protozero::pbf_writer;

// Field numbers of io/prometheus/client/metrics.proto and google/protobuf/timestamp.proto.
namespace family_field {
constexpr protozero::pbf_tag_type kName = 1, kHelp = 2, kType = 3, kMetric = 4, kUnit = 5;
}
namespace metric_field {
constexpr protozero::pbf_tag_type kLabel = 1, kGauge = 2, kCounter = 3, kHistogram = 7;
}
namespace label_field {
constexpr protozero::pbf_tag_type kName = 1, kValue = 2;
}
namespace number_field {
constexpr protozero::pbf_tag_type kValue = 1, kCreated = 3;
}
namespace histogram_field {
constexpr protozero::pbf_tag_type kCount = 1, kSum = 2, kBucket = 3, kSchema = 5,
                                  kZeroThreshold = 6, kZeroCount = 7, kPositiveSpan = 12,
                                  kPositiveDelta = 13, kCreated = 15;
}
namespace bucket_field {
constexpr protozero::pbf_tag_type kCumulativeCount = 1, kUpperBound = 2, kExemplar = 3;
}
namespace span_field {
constexpr protozero::pbf_tag_type kOffset = 1, kLength = 2;
}
namespace exemplar_field {
constexpr protozero::pbf_tag_type kLabel = 1, kValue = 2, kTimestamp = 3;
}
namespace timestamp_field {
constexpr protozero::pbf_tag_type kSeconds = 1, kNanos = 2;
}

/// The enumeration MetricType.
int type_of(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::Counter:
      return 0;
    case MetricKind::Histogram:
      return 4;
    case MetricKind::Gauge:
    case MetricKind::Info:
      break;
  }
  return 1;
}

/// Empty buckets up to this many are written out: a span of its own takes more bytes.
constexpr std::int32_t kGapMax = 2;

/// Prometheus keeps milliseconds.
std::string timestamp(std::chrono::sys_time<std::chrono::milliseconds> at) {
  std::string message;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  pbf_writer writer(message);
  writer.add_int64(timestamp_field::kSeconds, seconds.time_since_epoch().count());
  writer.add_int32(timestamp_field::kNanos,
                   static_cast<std::int32_t>(std::chrono::nanoseconds(at - seconds).count()));
  return message;
}

void add_label(pbf_writer& parent, protozero::pbf_tag_type field, std::string_view name,
               std::string_view value) {
  pbf_writer label(parent, field);
  label.add_string(label_field::kName, name.data(), name.size());
  label.add_string(label_field::kValue, value.data(), value.size());
}

void add_exemplar(pbf_writer& bucket, const Exemplar& exemplar) {
  if (!exemplar.trace.is_valid()) return;
  // Version, trace id, span id and flags in fixed places.
  const std::string ids = exemplar.trace.traceparent();
  pbf_writer message(bucket, bucket_field::kExemplar);
  add_label(message, exemplar_field::kLabel, "trace_id", std::string_view(ids).substr(3, 32));
  add_label(message, exemplar_field::kLabel, "span_id", std::string_view(ids).substr(36, 16));
  message.add_double(exemplar_field::kValue, exemplar.value);
  if (exemplar.at != Timestamp{}) {
    message.add_message(exemplar_field::kTimestamp,
                        timestamp(std::chrono::floor<std::chrono::milliseconds>(exemplar.at)));
  }
}

/// A run of buckets: the first is `offset` after the end of the run before.
struct Span {
  std::int32_t offset = 0;
  std::uint32_t length = 0;
};

void add_native(pbf_writer& message, const NativeHistogram& native) {
  std::vector<Span> spans;
  std::vector<std::int64_t> deltas;  // of each bucket to the one before
  std::int32_t next = 0;
  std::int64_t before = 0;
  const auto append = [&](std::int64_t count) {
    deltas.push_back(count - before);
    before = count;
    ++spans.back().length;
    ++next;
  };
  for (const NativeHistogram::Bucket& bucket : native.buckets) {
    if (spans.empty() || bucket.index - next > kGapMax) {
      spans.push_back({bucket.index - next, 0});
      next = bucket.index;
    }
    while (next < bucket.index) append(0);
    append(static_cast<std::int64_t>(bucket.count));
  }
  // One that is still empty is told from a classic one by a span, if by nothing else.
  if (spans.empty()) spans.emplace_back();
  message.add_sint32(histogram_field::kSchema, native.schema);
  message.add_double(histogram_field::kZeroThreshold, native.zero_threshold);
  message.add_uint64(histogram_field::kZeroCount, native.zero_count);
  for (const Span& span : spans) {
    pbf_writer part(message, histogram_field::kPositiveSpan);
    part.add_sint32(span_field::kOffset, span.offset);
    part.add_uint32(span_field::kLength, span.length);
  }
  message.add_packed_sint64(histogram_field::kPositiveDelta, deltas.begin(), deltas.end());
}

/// Writes the series of one family.
class FamilyMessage {
 public:
  FamilyMessage(pbf_writer& writer, const MetricDescription& description)
      : writer_(writer), description_(description) {}

  void add(const SeriesSnapshot& series) {
    pbf_writer metric(writer_, family_field::kMetric);
    for (std::size_t i = 0; i < description_.labels.size(); ++i) {
      add_label(metric, metric_field::kLabel, description_.labels[i].name,
                series.labels->values[i]);
    }
    switch (description_.kind) {
      case MetricKind::Counter:
        add_counter(metric, series);
        break;
      case MetricKind::Histogram:
        add_histogram(metric, series);
        break;
      case MetricKind::Gauge:
        add_gauge(metric, series.value);
        break;
      case MetricKind::Info:
        add_gauge(metric, 1);
        break;
    }
  }

 private:
  static void add_gauge(pbf_writer& metric, double value) {
    pbf_writer gauge(metric, metric_field::kGauge);
    gauge.add_double(number_field::kValue, value);
  }

  void add_counter(pbf_writer& metric, const SeriesSnapshot& series) {
    pbf_writer counter(metric, metric_field::kCounter);
    counter.add_double(number_field::kValue, series.value);
    add_created(counter, number_field::kCreated, series.created);
  }

  void add_histogram(pbf_writer& metric, const SeriesSnapshot& series) {
    const HistogramValue& histogram = *series.histogram;
    pbf_writer message(metric, metric_field::kHistogram);
    message.add_uint64(histogram_field::kCount, histogram.count());
    message.add_double(histogram_field::kSum, histogram.sum);
    std::uint64_t cumulative = 0;
    auto exemplar = histogram.exemplars.begin();
    for (std::size_t i = 0; i <= description_.buckets.size(); ++i) {
      if (i < histogram.buckets.size()) cumulative += histogram.buckets[i];
      const bool has_exemplar = exemplar != histogram.exemplars.end() && exemplar->bucket == i;
      pbf_writer bucket(message, histogram_field::kBucket);
      bucket.add_uint64(bucket_field::kCumulativeCount, cumulative);
      bucket.add_double(bucket_field::kUpperBound, i < description_.buckets.size()
                                                       ? description_.buckets[i]
                                                       : std::numeric_limits<double>::infinity());
      if (!has_exemplar) continue;
      add_exemplar(bucket, exemplar->exemplar);
      ++exemplar;
    }
    if (histogram.native) add_native(message, *histogram.native);
    add_created(message, histogram_field::kCreated, series.created);
  }

  /// Most series of a family have the same time.
  void add_created(pbf_writer& message, protozero::pbf_tag_type field, Timestamp created) {
    if (created == Timestamp{}) return;
    const auto at = std::chrono::floor<std::chrono::milliseconds>(created);
    if (at != created_at_ || created_text_.empty()) {
      created_at_ = at;
      created_text_ = timestamp(at);
    }
    message.add_message(field, created_text_);
  }

  pbf_writer& writer_;
  const MetricDescription& description_;
  std::chrono::sys_time<std::chrono::milliseconds> created_at_{};
  std::string created_text_;
};

/// About as many bytes as `family` takes.
std::size_t size_of(const FamilySnapshot& family) {
  const MetricDescription& description = *family.description;
  std::size_t series = family.series[0].labels->text.size() + 4 * description.labels.size() + 40;
  if (description.kind == MetricKind::Histogram) series += 20 * (description.buckets.size() + 2);
  return family.series.size() * series + 300;
}

}  // namespace

std::string prometheus_protobuf(const MetricsSnapshot& snapshot) {
  std::string page;
  std::size_t bytes = 0;
  for (const FamilySnapshot& family : snapshot.families) {
    if (!family.series.empty()) bytes += size_of(family);
  }
  page.reserve(bytes);
  std::string message;
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.series.empty()) continue;
    const MetricDescription& description = *family.description;
    message.clear();
    message.reserve(size_of(family));
    pbf_writer writer(message);
    writer.add_string(family_field::kName, description.name.data(), description.name.size());
    writer.add_string(family_field::kHelp, description.help.data(), description.help.size());
    writer.add_enum(family_field::kType, type_of(description.kind));
    FamilyMessage series_messages(writer, description);
    for (const SeriesSnapshot& series : family.series) series_messages.add(series);
    if (description.unit != MetricUnit::None) {
      const std::string_view unit = to_string(description.unit);
      writer.add_string(family_field::kUnit, unit.data(), unit.size());
    }
    protozero::add_varint_to_buffer(&page, message.size());
    page += message;
  }
  return page;
}

}  // namespace eventcore::observability
