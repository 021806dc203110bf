// What decoders that are not ours make of log records.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging.hpp"
#include "eventcore/otlp/init_tracing.hpp"
#include "eventcore/otlp/otlp_grpc.hpp"
#include "eventcore/otlp/otlp_logs_exporter.hpp"
#include "eventcore/tracing/span.hpp"
#include "otlp_receiver.hpp"

namespace eventcore {
namespace {

using nlohmann::json;
using testing::attributes_of;
using testing::OtlpReceiver;

Deadline patience() { return Deadline::after(std::chrono::seconds(30)); }

/// Takes lines, and forgets them.
class NoLines final : public LogSink {
  void write(std::span<const LogLine>, std::string_view) override {}
};

/// Switches the log on, with `logs`.
void log_to(std::shared_ptr<OtlpLogsExporter> logs) {
  LoggingOptions options;
  options.environment_first = false;
  options.sink = std::make_shared<NoLines>();
  options.exporters = {std::move(logs)};
  ASSERT_TRUE(init_logging(options));
}

std::vector<json> records_of(const OtlpReceiver& receiver) {
  std::vector<json> records;
  for (const auto& one : receiver.received()) {
    if (one["signal"] != "logs") continue;
    for (const auto& resource : one["body"]["resourceLogs"]) {
      EXPECT_EQ(attributes_of(resource["resource"])["service.name"]["stringValue"], "shop");
      for (const auto& scope : resource["scopeLogs"]) {
        EXPECT_EQ(scope["scope"]["name"], "eventcore");
        for (const auto& record : scope["logRecords"]) records.push_back(record);
      }
    }
  }
  return records;
}

class OtlpLogsTest : public ::testing::TestWithParam<OtlpProtocol> {
 protected:
  ~OtlpLogsTest() override {
    ignore_error(init_logging("off", "json"), "the filter is right");
    static_cast<void>(shutdown_tracing(patience()));
  }

  [[nodiscard]] OtlpOptions options() const {
    const bool is_grpc = GetParam() == OtlpProtocol::Grpc;
    return {.endpoint = is_grpc ? receiver_.grpc_url() : receiver_.http_url(),
            .protocol = GetParam(),
            .grpc = &make_otlp_grpc_transport,
            .service_name = "shop"};
  }

  OtlpReceiver receiver_;
};
INSTANTIATE_TEST_SUITE_P(Protocols, OtlpLogsTest,
                         ::testing::Values(OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc),
                         [](const auto& one) {
                           return one.param == OtlpProtocol::Grpc ? "Grpc" : "Http";
                         });

TEST_P(OtlpLogsTest, ArrivesWithEverything) {
  const auto logs = OtlpLogsExporter::open(options());
  ASSERT_TRUE(logs);
  log_to(*logs);
  const std::string_view streams[] = {"order-1", "product-2"};
  const Uuid id = *Uuid::parse("01234567-89ab-cdef-0123-456789abcdef");
  const auto before = std::chrono::system_clock::now().time_since_epoch();
  EVENTCORE_LOG_WARN(
      "It happened", field("count", 3U), field("difference", -4), field("ratio", 0.25),
      field("is_late", true), field("wait_ms", std::chrono::microseconds(1'500)),
      field("name", "Zoë"), field("id", id), field("streams", std::span(streams)),
      field("most", std::numeric_limits<std::uint64_t>::max()), field("none", std::nan("")));
  ASSERT_TRUE(flush_log(patience()).is_complete);

  const auto records = records_of(receiver_);
  ASSERT_EQ(records.size(), 1);
  const json& record = records[0];
  EXPECT_EQ(record["severityNumber"], 13) << record;
  EXPECT_EQ(record["severityText"], "warn");
  EXPECT_EQ(record["body"]["stringValue"], "It happened");
  const std::uint64_t time = std::stoull(record["timeUnixNano"].get<std::string>());
  EXPECT_NEAR(static_cast<double>(time), static_cast<double>(before / std::chrono::nanoseconds(1)),
              60e9);
  EXPECT_EQ(record["observedTimeUnixNano"], record["timeUnixNano"]);
  EXPECT_FALSE(record.contains("traceId")) << record;

  const json attributes = attributes_of(record);
  EXPECT_EQ(attributes.at("count"), (json{{"intValue", "3"}}));
  EXPECT_EQ(attributes.at("difference"), (json{{"intValue", "-4"}}));
  EXPECT_EQ(attributes.at("ratio"), (json{{"doubleValue", 0.25}}));
  EXPECT_EQ(attributes.at("is_late"), (json{{"boolValue", true}}));
  EXPECT_EQ(attributes.at("wait_ms"), (json{{"doubleValue", 1.5}}));
  EXPECT_EQ(attributes.at("name"), (json{{"stringValue", "Zoë"}}));
  EXPECT_EQ(attributes.at("id"), (json{{"stringValue", id.to_string()}}));
  EXPECT_EQ(attributes.at("most"), (json{{"stringValue", "18446744073709551615"}}));
  EXPECT_EQ(attributes.at("none"),
            (json{{"doubleValue", nullptr}}));  // NaN, which JSON does not know
  const json values = {{{"stringValue", "order-1"}}, {{"stringValue", "product-2"}}};
  EXPECT_EQ(attributes.at("streams")["arrayValue"]["values"], values);
  EXPECT_THAT(attributes.at("code.file.path")["stringValue"].get<std::string>(),
              ::testing::EndsWith("otlp_logs_test.cpp"));
  EXPECT_GT(std::stoi(attributes.at("code.line.number")["intValue"].get<std::string>()), 80);
  EXPECT_TRUE(attributes.contains("target"));
}

TEST_P(OtlpLogsTest, NamesTheTraceThatItBelongsTo) {
  const auto logs = OtlpLogsExporter::open(options());
  ASSERT_TRUE(logs);
  log_to(*logs);
  ASSERT_TRUE(init_tracing({.otlp = options()}));
  {
    const Span span("checkout");
    EVENTCORE_LOG_INFO("In it");
  }
  ASSERT_TRUE(flush_log(patience()).is_complete);
  ASSERT_TRUE(flush_tracing(patience()).is_complete);
  const auto spans = receiver_.spans();
  const auto records = records_of(receiver_);
  ASSERT_EQ(spans.size(), 1);
  ASSERT_EQ(records.size(), 1);
  EXPECT_EQ(records[0]["traceId"], spans[0]["traceId"]);
  EXPECT_EQ(records[0]["spanId"], spans[0]["spanId"]);
  EXPECT_EQ(attributes_of(records[0])["span"]["stringValue"], "checkout");
}

TEST_P(OtlpLogsTest, WithholdsWhatTheLogWithholds) {
  const auto logs = OtlpLogsExporter::open(options());
  ASSERT_TRUE(logs);
  log_to(*logs);
  const std::string broken = "caf\xE9";
  EVENTCORE_LOG_INFO("Connected", field("db_password", "marker"),
                     field("url", "postgres://me:marker@host/shop"), field("broken", broken),
                     field("long_text", std::string(2'000, 'x')));
  EVENTCORE_LOG_DEBUG("Below the filter");
  ASSERT_TRUE(flush_log(patience()).is_complete);
  const auto records = records_of(receiver_);
  ASSERT_EQ(records.size(), 1);
  EXPECT_THAT(records[0].dump(), ::testing::Not(::testing::HasSubstr("marker")));
  const json attributes = attributes_of(records[0]);
  EXPECT_EQ(attributes.at("db_password")["stringValue"], "[redacted]");
  EXPECT_EQ(attributes.at("broken")["stringValue"], "caf\uFFFD");
  EXPECT_THAT(attributes.at("long_text")["stringValue"].get<std::string>(),
              ::testing::EndsWith("x…"));
}

TEST_P(OtlpLogsTest, IsNotCompleteWithoutItsCollector) {
  receiver_.behave({{"count", 1'000'000}, {"status", 503}, {"grpcCode", 14}});
  OtlpOptions there = options();
  there.report = [](std::string_view) {};
  there.retry_min = there.retry_max = std::chrono::milliseconds(1);
  const auto logs = OtlpLogsExporter::open(there);
  ASSERT_TRUE(logs);
  log_to(*logs);
  EVENTCORE_LOG_INFO("First");
  const LogFlush flushed = flush_log(Deadline::after(std::chrono::milliseconds(100)));
  EXPECT_FALSE(flushed.is_complete);
  EXPECT_EQ((*logs)->stats().taken, 1);
  EXPECT_EQ((*logs)->stats().exported, 0);
  receiver_.behave({{"count", 0}});
  EVENTCORE_LOG_INFO("Second");
  EXPECT_TRUE(flush_log(patience()).is_complete);
  EXPECT_EQ((*logs)->stats().exported, 2);
  EXPECT_EQ(records_of(receiver_).size(), 2);
}

TEST(OtlpLogs, AreOffWithoutAnEndpoint) {
  const auto logs = OtlpLogsExporter::open({});
  ASSERT_TRUE(logs);
  EXPECT_EQ(*logs, nullptr);
  LoggingOptions options;
  options.exporters = {nullptr};
  EXPECT_EQ(init_logging(options).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace eventcore
