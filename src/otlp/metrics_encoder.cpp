#include "metrics_encoder.hpp"

#include <algorithm>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "valid_text.hpp"

namespace eventcore::detail {
namespace {

using observability::BucketExemplar;
using observability::FamilySnapshot;
using observability::HistogramValue;
using observability::MetricDescription;
using observability::MetricKind;
using observability::MetricUnit;
using observability::NativeHistogram;
using observability::SeriesSnapshot;
using protozero::pbf_writer;
using Tag = protozero::pbf_tag_type;

// Field numbers of opentelemetry/proto/metrics/v1/metrics.proto.
constexpr Tag kMetrics = 2;
namespace metric_field {
constexpr Tag kName = 1, kDescription = 2, kUnit = 3, kGauge = 5, kSum = 7, kHistogram = 9,
              kExponential = 10;
}
namespace data_field {
constexpr Tag kPoint = 1, kTemporality = 2, kIsMonotonic = 3;
}
/// Of numbers, explicit and exponential histograms, as far as they are alike.
namespace point_field {
constexpr Tag kStart = 2, kTime = 3;
}
namespace number_field {
constexpr Tag kDouble = 4, kAttribute = 7;
}
namespace histogram_field {
constexpr Tag kCount = 4, kSum = 5, kBucketCounts = 6, kBounds = 7, kExemplar = 8, kAttribute = 9;
}
namespace exponential_field {
constexpr Tag kAttribute = 1, kCount = 4, kSum = 5, kScale = 6, kZeroCount = 7, kPositive = 8,
              kExemplar = 11, kZeroThreshold = 14;
}
namespace buckets_field {
constexpr Tag kOffset = 1, kCounts = 2;
}
namespace exemplar_field {
constexpr Tag kTime = 2, kDouble = 3, kSpanId = 4, kTraceId = 5;
}
namespace attribute_field {
constexpr Tag kKey = 1, kValue = 2, kStringValue = 1;
}
constexpr std::int32_t kCumulative = 2;

std::uint64_t nanoseconds(Timestamp at) noexcept {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

std::string_view unit_of(MetricUnit unit) noexcept {
  switch (unit) {
    case MetricUnit::Seconds:
      return "s";
    case MetricUnit::Bytes:
      return "By";
    case MetricUnit::None:
      break;
  }
  return {};
}

void add_text(pbf_writer& message, Tag field, std::string_view text) {
  if (is_utf8(text)) {
    message.add_string(field, text.data(), text.size());
  } else {
    message.add_string(field, as_utf8(text));
  }
}

/// Writes the series of one family.
class FamilyMessage {
 public:
  FamilyMessage(pbf_writer& metric, const FamilySnapshot& family, Timestamp since, Timestamp now)
      : metric_(metric),
        description_(*family.description),
        series_(family.series),
        since_(since),
        now_(now) {}

  void write() {
    add_text(metric_, metric_field::kName, description_.name);
    add_text(metric_, metric_field::kDescription, description_.help);
    if (const std::string_view unit = unit_of(description_.unit); !unit.empty()) {
      metric_.add_string(metric_field::kUnit, unit.data(), unit.size());
    }
    switch (description_.kind) {
      case MetricKind::Counter: {
        pbf_writer sum(metric_, metric_field::kSum);
        add_numbers(sum, true);
        sum.add_enum(data_field::kTemporality, kCumulative);
        sum.add_bool(data_field::kIsMonotonic, true);
        break;
      }
      case MetricKind::Gauge:
      case MetricKind::Info: {
        pbf_writer gauge(metric_, metric_field::kGauge);
        add_numbers(gauge, false);
        break;
      }
      case MetricKind::Histogram:
        add_histograms();
        break;
    }
  }

 private:
  void add_numbers(pbf_writer& data, bool has_start) {
    for (const SeriesSnapshot& series : series_) {
      pbf_writer point(data, data_field::kPoint);
      add_times(point, series, has_start);
      const double value = description_.kind == MetricKind::Info ? 1 : series.value;
      point.add_double(number_field::kDouble, value);
      add_labels(point, number_field::kAttribute, series);
    }
  }

  /// A family is of one kind in OTLP: exponential if every series has native buckets.
  void add_histograms() {
    const bool is_native = std::all_of(series_.begin(), series_.end(), [](const auto& series) {
      return series.histogram->native.has_value();
    });
    pbf_writer data(metric_, is_native ? metric_field::kExponential : metric_field::kHistogram);
    for (const SeriesSnapshot& series : series_) {
      pbf_writer point(data, data_field::kPoint);
      add_times(point, series, true);
      const std::optional<NativeHistogram>& native = series.histogram->native;
      if (is_native && native) {
        add_exponential(point, series, *native);
      } else {
        add_explicit(point, series);
      }
    }
    data.add_enum(data_field::kTemporality, kCumulative);
  }

  void add_explicit(pbf_writer& point, const SeriesSnapshot& series) {
    const HistogramValue& histogram = *series.histogram;
    std::vector<std::uint64_t> counts = histogram.buckets;
    counts.resize(description_.buckets.size() + 1);
    point.add_fixed64(histogram_field::kCount, histogram.count());
    point.add_double(histogram_field::kSum, histogram.sum);
    point.add_packed_fixed<std::uint64_t>(histogram_field::kBucketCounts, counts.begin(),
                                          counts.end());
    point.add_packed_double(histogram_field::kBounds, description_.buckets.begin(),
                            description_.buckets.end());
    add_exemplars(point, histogram_field::kExemplar, histogram);
    add_labels(point, histogram_field::kAttribute, series);
  }

  void add_exponential(pbf_writer& point, const SeriesSnapshot& series,
                       const NativeHistogram& native) {
    add_labels(point, exponential_field::kAttribute, series);
    std::uint64_t count = native.zero_count;
    for (const NativeHistogram::Bucket& bucket : native.buckets) count += bucket.count;
    point.add_fixed64(exponential_field::kCount, count);
    point.add_double(exponential_field::kSum, series.histogram->sum);
    point.add_sint32(exponential_field::kScale, native.schema);
    point.add_fixed64(exponential_field::kZeroCount, native.zero_count);
    if (!native.buckets.empty()) {
      std::vector<std::uint64_t> counts;
      const std::int32_t first = native.buckets.front().index;
      for (const NativeHistogram::Bucket& bucket : native.buckets) {
        counts.resize(static_cast<std::size_t>(bucket.index - first));  // empty ones between
        counts.push_back(bucket.count);
      }
      pbf_writer buckets(point, exponential_field::kPositive);
      // OTLP names a bucket by its lower bound, Prometheus by its upper one.
      buckets.add_sint32(buckets_field::kOffset, first - 1);
      buckets.add_packed_uint64(buckets_field::kCounts, counts.begin(), counts.end());
    }
    add_exemplars(point, exponential_field::kExemplar, *series.histogram);
    point.add_double(exponential_field::kZeroThreshold, native.zero_threshold);
  }

  void add_times(pbf_writer& point, const SeriesSnapshot& series, bool has_start) const {
    if (has_start) {
      point.add_fixed64(point_field::kStart,
                        nanoseconds(series.created == Timestamp{} ? since_ : series.created));
    }
    point.add_fixed64(point_field::kTime, nanoseconds(now_));
  }

  void add_labels(pbf_writer& point, Tag field, const SeriesSnapshot& series) const {
    for (std::size_t i = 0; i < description_.labels.size(); ++i) {
      pbf_writer attribute(point, field);
      add_text(attribute, attribute_field::kKey, description_.labels[i].name);
      pbf_writer value(attribute, attribute_field::kValue);
      add_text(value, attribute_field::kStringValue, series.labels->values[i]);
    }
  }

  void add_exemplars(pbf_writer& point, Tag field, const HistogramValue& histogram) const {
    for (const BucketExemplar& one : histogram.exemplars) {
      pbf_writer message(point, field);
      const auto& exemplar = one.exemplar;
      message.add_fixed64(exemplar_field::kTime,
                          nanoseconds(exemplar.at == Timestamp{} ? now_ : exemplar.at));
      message.add_double(exemplar_field::kDouble, exemplar.value);
      if (!exemplar.trace.is_valid()) continue;
      const auto bytes = [](const auto& id) { return reinterpret_cast<const char*>(id.data()); };
      message.add_bytes(exemplar_field::kSpanId, bytes(exemplar.trace.span_id), 8);
      message.add_bytes(exemplar_field::kTraceId, bytes(exemplar.trace.trace_id), 16);
    }
  }

  pbf_writer& metric_;
  const MetricDescription& description_;
  const std::vector<SeriesSnapshot>& series_;
  const Timestamp since_;
  const Timestamp now_;
};

}  // namespace

void append_metrics(std::string& batch, const observability::MetricsSnapshot& snapshot,
                    Timestamp since, Timestamp now) {
  pbf_writer writer(batch);
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.series.empty()) continue;
    pbf_writer metric(writer, kMetrics);
    FamilyMessage(metric, family, since, now).write();
  }
}

}  // namespace eventcore::detail
