#include "eventcore/observability/prometheus_protobuf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "made_snapshot.hpp"

namespace eventcore::observability {
namespace {

using protozero::pbf_reader;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// What a reader of metrics.proto sees, by the numbers of the public file.
using Labels = std::vector<std::pair<std::string, std::string>>;

struct ReadExemplar {
  Labels labels;
  double value = 0;
  double seconds = 0;
};

struct ReadBucket {
  std::uint64_t count = 0;
  double bound = 0;
  std::vector<ReadExemplar> exemplars;
};

struct ReadHistogram {
  std::uint64_t count = 0;
  double sum = 0;
  std::vector<ReadBucket> buckets;
  bool has_schema = false;
  int schema = 0;
  double zero_threshold = 0;
  std::uint64_t zero_count = 0;
  std::vector<std::pair<int, unsigned>> spans;
  std::vector<std::int64_t> deltas;
  double created = 0;
};

struct ReadMetric {
  Labels labels;
  std::map<int, double> values;  // by the field of its kind
  double created = 0;
  ReadHistogram histogram;
};

struct ReadFamily {
  std::string name;
  std::string help;
  int type = -1;
  std::string unit;
  std::vector<ReadMetric> metrics;
};

double read_time(pbf_reader message) {
  double seconds = 0;
  while (message.next()) {
    if (message.tag() == 1) {
      seconds += static_cast<double>(message.get_int64());
    } else if (message.tag() == 2) {
      seconds += message.get_int32() / 1e9;
    } else {
      ADD_FAILURE() << message.tag();
      message.skip();
    }
  }
  return seconds;
}

std::pair<std::string, std::string> read_label(pbf_reader message) {
  std::pair<std::string, std::string> label;
  while (message.next()) {
    std::string& field = message.tag() == 1 ? label.first : label.second;
    field = message.get_string();  // after which the tag is not known any more
  }
  return label;
}

ReadExemplar read_exemplar(pbf_reader message) {
  ReadExemplar exemplar;
  while (message.next()) {
    if (message.tag() == 1) {
      exemplar.labels.push_back(read_label(message.get_message()));
    } else if (message.tag() == 2) {
      exemplar.value = message.get_double();
    } else {
      exemplar.seconds = read_time(message.get_message());
    }
  }
  return exemplar;
}

ReadBucket read_bucket(pbf_reader message) {
  ReadBucket bucket;
  while (message.next()) {
    if (message.tag() == 1) {
      bucket.count = message.get_uint64();
    } else if (message.tag() == 2) {
      bucket.bound = message.get_double();
    } else {
      bucket.exemplars.push_back(read_exemplar(message.get_message()));
    }
  }
  return bucket;
}

std::pair<int, unsigned> read_span(pbf_reader message) {
  std::pair<int, unsigned> span;
  while (message.next()) {
    if (message.tag() == 1) {
      span.first = message.get_sint32();
    } else {
      span.second = message.get_uint32();
    }
  }
  return span;
}

ReadHistogram read_histogram(pbf_reader message) {
  ReadHistogram histogram;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        histogram.count = message.get_uint64();
        break;
      case 2:
        histogram.sum = message.get_double();
        break;
      case 3:
        histogram.buckets.push_back(read_bucket(message.get_message()));
        break;
      case 5:
        histogram.has_schema = true;
        histogram.schema = message.get_sint32();
        break;
      case 6:
        histogram.zero_threshold = message.get_double();
        break;
      case 7:
        histogram.zero_count = message.get_uint64();
        break;
      case 12:
        histogram.spans.push_back(read_span(message.get_message()));
        break;
      case 13:
        for (const std::int64_t delta : message.get_packed_sint64()) {
          histogram.deltas.push_back(delta);
        }
        break;
      case 15:
        histogram.created = read_time(message.get_message());
        break;
      default:
        ADD_FAILURE() << "field " << message.tag();
        message.skip();
    }
  }
  return histogram;
}

ReadMetric read_metric(pbf_reader message) {
  ReadMetric metric;
  while (message.next()) {
    const int field = static_cast<int>(message.tag());
    if (field == 1) {
      metric.labels.push_back(read_label(message.get_message()));
    } else if (field == 7) {
      metric.histogram = read_histogram(message.get_message());
    } else {
      pbf_reader number = message.get_message();
      while (number.next()) {
        if (number.tag() == 1) {
          metric.values[field] = number.get_double();
        } else {
          EXPECT_EQ(number.tag(), 3U);
          metric.created = read_time(number.get_message());
        }
      }
    }
  }
  return metric;
}

std::vector<ReadFamily> read(const std::string& page) {
  std::vector<ReadFamily> families;
  const char* at = page.data();
  const char* const end = at + page.size();
  while (at != end) {
    const std::uint64_t size = protozero::decode_varint(&at, end);
    pbf_reader message(at, size);
    at += size;
    ReadFamily& family = families.emplace_back();
    while (message.next()) {
      switch (message.tag()) {
        case 1:
          family.name = message.get_string();
          break;
        case 2:
          family.help = message.get_string();
          break;
        case 3:
          family.type = message.get_enum();
          break;
        case 4:
          family.metrics.push_back(read_metric(message.get_message()));
          break;
        default:
          EXPECT_EQ(message.tag(), 5U);
          family.unit = message.get_string();
      }
    }
  }
  return families;
}

ReadHistogram only_histogram(HistogramValue value) {
  MetricsSnapshot snapshot;
  snapshot.families = {made_family(kWait, {made_histogram(kWait, {"red"}, std::move(value))})};
  return read(prometheus_protobuf(snapshot)).at(0).metrics.at(0).histogram;
}

TEST(PrometheusProtobuf, WritesEachKind) {
  const std::vector<ReadFamily> families = read(prometheus_protobuf(made_snapshot()));
  ASSERT_EQ(families.size(), 4U);
  EXPECT_EQ(families[0].name, "build_info");
  EXPECT_EQ(families[0].type, 1);
  EXPECT_THAT(families[0].metrics[0].labels, ElementsAre(Pair("color", "blue")));
  EXPECT_THAT(families[0].metrics[0].values, ElementsAre(Pair(2, 1)));
  EXPECT_EQ(families[1].name, "orders_total");
  EXPECT_EQ(families[1].help, "Orders of a \"color\".");
  EXPECT_EQ(families[1].type, 0);
  EXPECT_EQ(families[1].unit, "");
  ASSERT_EQ(families[1].metrics.size(), 2U);
  EXPECT_THAT(families[1].metrics[0].values, ElementsAre(Pair(3, 12'345'678'901)));
  EXPECT_EQ(families[1].metrics[0].created, 1'700'000'000.25);
  EXPECT_THAT(families[1].metrics[1].values, ElementsAre(Pair(3, 0)));
  EXPECT_EQ(families[2].unit, "bytes");
  EXPECT_THAT(families[2].metrics[0].labels, IsEmpty());
  EXPECT_THAT(families[2].metrics[0].values, ElementsAre(Pair(2, -1.5)));
  EXPECT_EQ(families[3].type, 4);
  EXPECT_EQ(families[3].unit, "seconds");
}

TEST(PrometheusProtobuf, HistogramsHaveClassicBucketsWithExemplars) {
  const ReadHistogram histogram =
      read(prometheus_protobuf(made_snapshot())).at(3).metrics.at(0).histogram;
  EXPECT_EQ(histogram.count, 4U);
  EXPECT_EQ(histogram.sum, 9.25);
  EXPECT_EQ(histogram.created, 1'700'000'000.25);
  ASSERT_EQ(histogram.buckets.size(), 4U);
  EXPECT_EQ(histogram.buckets[0].count, 1U);
  EXPECT_EQ(histogram.buckets[0].bound, 0.005);
  EXPECT_EQ(histogram.buckets[1].count, 1U);
  EXPECT_EQ(histogram.buckets[2].count, 3U);
  EXPECT_EQ(histogram.buckets[3].count, 4U);
  EXPECT_TRUE(std::isinf(histogram.buckets[3].bound));
  EXPECT_THAT(histogram.buckets[1].exemplars, IsEmpty());
  ASSERT_EQ(histogram.buckets[2].exemplars.size(), 1U);
  const ReadExemplar& exemplar = histogram.buckets[2].exemplars[0];
  EXPECT_THAT(exemplar.labels, ElementsAre(Pair("trace_id", "0123456789abcdef0123456789abcdef"),
                                           Pair("span_id", "00f067aa0ba902b7")));
  EXPECT_EQ(exemplar.value, 2.25);
  EXPECT_EQ(exemplar.seconds, 1'700'000'007.25);
}

TEST(PrometheusProtobuf, HistogramsHaveNativeBuckets) {
  const ReadHistogram histogram =
      read(prometheus_protobuf(made_snapshot())).at(3).metrics.at(0).histogram;
  EXPECT_EQ(histogram.schema, 3);
  EXPECT_EQ(histogram.zero_threshold, 1e-9);
  EXPECT_EQ(histogram.zero_count, 1U);
  EXPECT_THAT(histogram.spans, ElementsAre(Pair(-4, 2)));
  EXPECT_THAT(histogram.deltas, ElementsAre(2, -1));
}

TEST(PrometheusProtobuf, ShortGapsAreEmptyBucketsAndLongOnesSpans) {
  const NativeHistogram native{5, 0, 0, {{10, 7}, {13, 9}, {17, 1}, {18, 4}}};
  const ReadHistogram histogram = only_histogram({{21, 0, 0, 0}, 1, native, {}});
  EXPECT_THAT(histogram.spans, ElementsAre(Pair(10, 4), Pair(3, 2)));
  EXPECT_THAT(histogram.deltas, ElementsAre(7, -7, 0, 9, -8, 3));
}

TEST(PrometheusProtobuf, AnEmptyNativeHistogramIsNative) {
  const ReadHistogram histogram =
      only_histogram({{0, 0, 0, 0}, 0, NativeHistogram{3, 0, 0, {}}, {}});
  EXPECT_TRUE(histogram.has_schema);
  EXPECT_THAT(histogram.spans, ElementsAre(Pair(0, 0U)));
  EXPECT_THAT(histogram.deltas, IsEmpty());
}

TEST(PrometheusProtobuf, AClassicHistogramHasNoNativeFields) {
  const ReadHistogram histogram = only_histogram({{1, 0, 0, 0}, 0, {}, {}});
  EXPECT_FALSE(histogram.has_schema);
  EXPECT_THAT(histogram.spans, IsEmpty());
}

TEST(PrometheusProtobuf, LeavesOutWhatIsNotThere) {
  EXPECT_EQ(prometheus_protobuf({}), "");
  MetricsSnapshot snapshot;
  snapshot.families = {made_family(kOrders, {})};
  EXPECT_EQ(prometheus_protobuf(snapshot), "");
  SeriesSnapshot unknown_start = made_series(kOrders, {"red"}, 1);
  unknown_start.created = {};
  snapshot.families[0].series = {unknown_start};
  EXPECT_EQ(read(prometheus_protobuf(snapshot)).at(0).metrics.at(0).created, 0);
}

}  // namespace
}  // namespace eventcore::observability
