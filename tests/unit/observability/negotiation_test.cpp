#include "negotiation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventcore::observability::detail {
namespace {

constexpr auto kText = PageFormat::PrometheusText;
constexpr auto kOpen = PageFormat::OpenMetrics;
constexpr auto kOpen001 = PageFormat::OpenMetrics001;
constexpr auto kProtobuf = PageFormat::Protobuf;

const std::string kProto =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

TEST(Negotiation, AnswersWhatPrometheusServersAskFor) {
  // 2.42 with exemplars, 2.42 with native histograms, 3.x, 3.x with native histograms.
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=1.0.0,application/"
                             "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;"
                             "q=0.5,*/*;q=0.1"),
            kOpen);
  EXPECT_EQ(negotiate_format(kProto + ",application/openmetrics-text;version=1.0.0;q=0.8,"
                                      "application/openmetrics-text;version=0.0.1;q=0.75,"
                                      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            kProtobuf);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
                             "q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
                             "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                             "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
            kOpen);
  EXPECT_EQ(negotiate_format(kProto + ";q=0.7,application/openmetrics-text;version=1.0.0;"
                                      "escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;"
                                      "q=0.3,*/*;q=0.2"),
            kProtobuf);
}

TEST(Negotiation, AnswersWithTextUnlessAskedForMore) {
  for (const std::string_view accept :
       {"", "*/*", "text/*", "text/plain", "text/plain;version=0.0.4;q=0.001", "text/html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json",
        ",;,=;q", ";;;,,,", "\"", "text/plain;version=1.0.0;escaping=allow-utf-8"}) {
    EXPECT_EQ(negotiate_format(accept), kText) << accept;
  }
}

TEST(Negotiation, ChoosesTheHighestQAndOfEqualsTheFirst) {
  EXPECT_EQ(negotiate_format("text/plain;q=0.5,application/openmetrics-text;q=0.6"), kOpen);
  EXPECT_EQ(negotiate_format("text/plain;q=0.6,application/openmetrics-text;q=0.5"), kText);
  EXPECT_EQ(negotiate_format("application/openmetrics-text,text/plain"), kOpen);
  EXPECT_EQ(negotiate_format("text/plain,application/openmetrics-text"), kText);
  EXPECT_EQ(negotiate_format("application/*, text/plain;q=0.5"), kOpen);
}

TEST(Negotiation, AQOfZeroForbidsAndABadOneMeansNothing) {
  EXPECT_EQ(negotiate_format("application/openmetrics-text;q=0"), kText);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;q=0.000,*/*"), kText);
  for (const std::string_view q : {"2", "-1", "nan", "x", "", "1e9", "0.5x"}) {
    EXPECT_EQ(negotiate_format("application/openmetrics-text;q=" + std::string(q)), kText) << q;
  }
}

TEST(Negotiation, VersionsAndParametersHaveToFit) {
  EXPECT_EQ(negotiate_format("application/openmetrics-text"), kOpen);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=0.0.1"), kOpen001);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=2.0.0"), kText);
  EXPECT_EQ(negotiate_format("application/vnd.google.protobuf"), kText);
  EXPECT_EQ(negotiate_format("application/vnd.google.protobuf;"
                             "proto=io.prometheus.client.MetricFamily;encoding=text"),
            kText);
  EXPECT_EQ(negotiate_format("application/vnd.google.protobuf;proto=other;encoding=delimited"),
            kText);
}

TEST(Negotiation, ReadsHeadersAsTheyMayBeWritten) {
  EXPECT_EQ(negotiate_format(" Application/OpenMetrics-Text ; Version = \"1.0.0\" ; Q = 1.0 "),
            kOpen);
  EXPECT_EQ(negotiate_format("text/x;a=\"b,application/openmetrics-text\",text/plain"), kText);
  EXPECT_EQ(negotiate_format("text/x;a=\"\\\",;\",application/openmetrics-text"), kOpen);
}

TEST(Negotiation, KnowsTheContentTypes) {
  EXPECT_EQ(content_type(kText), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(content_type(kOpen), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_EQ(content_type(kOpen001), "application/openmetrics-text; version=0.0.1; charset=utf-8");
  EXPECT_EQ(content_type(kProtobuf),
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            "encoding=delimited");
}

TEST(Negotiation, CompressesForWhoTakesIt) {
  for (const std::string_view good : {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5, br", "*",
                                      "identity;q=1, *;q=0.1", "gzip;q=0.001"}) {
    EXPECT_TRUE(accepts_gzip(good)) << good;
  }
  for (const std::string_view bad :
       {"", "identity", "deflate", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "gzip;q=x", "gzipped"}) {
    EXPECT_FALSE(accepts_gzip(bad)) << bad;
  }
}

}  // namespace
}  // namespace eventcore::observability::detail
