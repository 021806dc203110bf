// What decoders that are not ours make of what is sent, over HTTP and gRPC.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <set>

#include "../../support/loopback_port.hpp"
#include "eventcore/otlp/init_tracing.hpp"
#include "eventcore/otlp/otlp_grpc.hpp"
#include "eventcore/tracing/span.hpp"
#include "otlp_receiver.hpp"

namespace eventcore {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::attributes_of;
using testing::LoopbackPort;
using testing::OtlpReceiver;

Deadline patience() { return Deadline::after(seconds(30)); }

constexpr Timestamp kStart{std::chrono::nanoseconds(1'700'000'000'123'456'789)};

template <std::size_t Size>
std::array<std::uint8_t, Size> id(std::uint8_t first) {
  std::array<std::uint8_t, Size> bytes{};
  for (std::size_t i = 0; i < Size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

/// Gives `exporter` a span that has everything.
void give_full_span(OtlpExporter& exporter) {
  const SpanAttribute attributes[] = {{"text", std::string_view("Größe 漢字")},
                                      {"whole", std::int64_t{-42}},
                                      {"large", std::int64_t{1} << 62},
                                      {"number", 0.25},
                                      {"yes", true},
                                      {"no", false}};
  const SpanAttribute link_attributes[] = {{"position", std::int64_t{17}}};
  const SpanEvent events[] = {{"retried", kStart + std::chrono::nanoseconds(5), attributes},
                              {"bare", kStart, {}}};
  const SpanLink links[] = {{{id<16>(0x40), id<8>(0x50), 1}, link_attributes}};
  const SpanRecord record{.name = "full",
                          .kind = SpanKind::Producer,
                          .context = {id<16>(0x10), id<8>(0x20), 1},
                          .parent_id = id<8>(0x30),
                          .trace_state = "vendor=value",
                          .start = kStart,
                          .end = kStart + std::chrono::nanoseconds(1'500),
                          .status = SpanStatus::Error,
                          .status_message = "conflict",
                          .attributes = attributes,
                          .events = events,
                          .links = links,
                          .dropped_attributes = 1,
                          .dropped_events = 2,
                          .dropped_links = 300};
  exporter.take({&record, 1});
}

void expect_full_span(const json& span) {
  EXPECT_EQ(span["name"], "full");
  EXPECT_EQ(span["kind"], 4);
  EXPECT_EQ(span["traceId"], "101112131415161718191a1b1c1d1e1f");
  EXPECT_EQ(span["spanId"], "2021222324252627");
  EXPECT_EQ(span["parentSpanId"], "3031323334353637");
  EXPECT_EQ(span["traceState"], "vendor=value");
  EXPECT_EQ(span["startTimeUnixNano"], "1700000000123456789");
  EXPECT_EQ(span["endTimeUnixNano"], "1700000000123458289");
  EXPECT_EQ(span["status"]["code"], 2);
  EXPECT_EQ(span["status"]["message"], "conflict");
  EXPECT_EQ(span["droppedAttributesCount"], 1);
  EXPECT_EQ(span["droppedEventsCount"], 2);
  EXPECT_EQ(span["droppedLinksCount"], 300);
  const json expected = {{"text", {{"stringValue", "Größe 漢字"}}},
                         {"whole", {{"intValue", "-42"}}},
                         {"large", {{"intValue", "4611686018427387904"}}},
                         {"number", {{"doubleValue", 0.25}}},
                         {"yes", {{"boolValue", true}}},
                         {"no", {{"boolValue", false}}}};
  EXPECT_EQ(attributes_of(span), expected);
  ASSERT_EQ(span["events"].size(), 2);
  EXPECT_EQ(span["events"][0]["name"], "retried");
  EXPECT_EQ(span["events"][0]["timeUnixNano"], "1700000000123456794");
  EXPECT_EQ(attributes_of(span["events"][0]), expected);
  ASSERT_EQ(span["links"].size(), 1);
  EXPECT_EQ(span["links"][0]["traceId"], "404142434445464748494a4b4c4d4e4f");
  EXPECT_EQ(span["links"][0]["spanId"], "5051525354555657");
  EXPECT_EQ(attributes_of(span["links"][0])["position"]["intValue"], "17");
}

/// Both transports, with and without compression.
struct Way {
  OtlpProtocol protocol;
  bool gzip;
};
class OtlpExportTest : public ::testing::TestWithParam<Way> {
 protected:
  [[nodiscard]] static std::string url(const OtlpReceiver& receiver) {
    return GetParam().protocol == OtlpProtocol::Grpc ? receiver.grpc_url() : receiver.http_url();
  }
  [[nodiscard]] OtlpOptions options(const std::string& endpoint) {
    return {.endpoint = endpoint,
            .protocol = GetParam().protocol,
            .grpc = &make_otlp_grpc_transport,
            .headers = {{"x-api-key", "k 1"}},
            .gzip = GetParam().gzip,
            .service_name = "tested",
            .service_version = "1.2.3",
            .resource = {{"deployment.environment", "ci"}},
            .retry_min = milliseconds(20),
            .retry_max = milliseconds(200),
            .exit_timeout = milliseconds(0),
            .report = [this](std::string_view line) {
              const std::lock_guard lock(mutex_);
              lines_.emplace_back(line);
            }};
  }
  [[nodiscard]] static std::unique_ptr<OtlpExporter> open(const OtlpOptions& options) {
    auto exporter = OtlpExporter::open(options);
    EXPECT_TRUE(exporter) << exporter.error().message;
    return std::move(exporter).value();
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};
std::string name_of(const ::testing::TestParamInfo<Way>& info) {
  return std::string(info.param.protocol == OtlpProtocol::Grpc ? "Grpc" : "Http") +
         (info.param.gzip ? "Gzip" : "");
}
INSTANTIATE_TEST_SUITE_P(Ways, OtlpExportTest,
                         ::testing::Values(Way{OtlpProtocol::HttpProtobuf, false},
                                           Way{OtlpProtocol::HttpProtobuf, true},
                                           Way{OtlpProtocol::Grpc, false},
                                           Way{OtlpProtocol::Grpc, true}),
                         &name_of);

TEST_P(OtlpExportTest, ArrivesWithEverything) {
  const OtlpReceiver receiver;
  const auto exporter = open(options(url(receiver)));
  give_full_span(*exporter);
  const OtlpDelivery delivery = exporter->flush(patience());
  EXPECT_TRUE(delivery.complete());
  EXPECT_EQ(delivery.exported, 1);
  const auto received = receiver.received();
  ASSERT_EQ(received.size(), 1);
  EXPECT_EQ(received[0]["headers"]["x-api-key"], "k 1");
  const json& resource_spans = received[0]["body"]["resourceSpans"];
  ASSERT_EQ(resource_spans.size(), 1);
  const json resource = attributes_of(resource_spans[0]["resource"]);
  EXPECT_EQ(resource["service.name"]["stringValue"], "tested");
  EXPECT_EQ(resource["service.version"]["stringValue"], "1.2.3");
  EXPECT_EQ(resource["deployment.environment"]["stringValue"], "ci");
  EXPECT_EQ(resource["telemetry.sdk.name"]["stringValue"], "eventcore");
  EXPECT_EQ(resource["telemetry.sdk.language"]["stringValue"], "cpp");
  EXPECT_EQ(resource_spans[0]["scopeSpans"][0]["scope"]["name"], "eventcore");
  ASSERT_EQ(receiver.spans().size(), 1);
  expect_full_span(receiver.spans()[0]);
}

TEST_P(OtlpExportTest, TriesAgainWhenTheCollectorIsBusy) {
  const OtlpReceiver receiver;
  receiver.behave({{"status", 503}, {"grpcCode", 14}, {"count", 2}});
  const auto exporter = open(options(url(receiver)));
  give_full_span(*exporter);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(receiver.spans().size(), 1);
  EXPECT_EQ(exporter->stats().failed_requests, 2);
  ASSERT_TRUE(exporter->shutdown(patience()).complete());
  EXPECT_EQ(lines().size(), 2);
}

TEST_P(OtlpExportTest, DropsWhatIsRefused) {
  const OtlpReceiver receiver;
  receiver.behave({{"status", 400}, {"grpcCode", 3}, {"count", 1}});
  const auto exporter = open(options(url(receiver)));
  give_full_span(*exporter);
  EXPECT_EQ(exporter->flush(patience()).lost, 1);
  EXPECT_EQ(exporter->stats().dropped_refused, 1);
}

TEST_P(OtlpExportTest, GoesOnAfterTheCollectorWasKilled) {
  const LoopbackPort http;
  const LoopbackPort grpc;
  auto receiver = std::make_unique<OtlpReceiver>(http.number(), grpc.number());
  const auto exporter = open(options(url(*receiver)));
  give_full_span(*exporter);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  receiver.reset();  // kills
  give_full_span(*exporter);
  EXPECT_EQ(exporter->flush(Deadline::after(milliseconds(200))).pending, 1);
  EXPECT_FALSE(exporter->stats().reachable);
  receiver = std::make_unique<OtlpReceiver>(http.number(), grpc.number());
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(receiver->spans().size(), 1);
  EXPECT_EQ(exporter->stats().exported, 2);
}

TEST_P(OtlpExportTest, GoesOnAfterTheCollectorHung) {
  const OtlpReceiver receiver;
  OtlpOptions wanted = options(url(receiver));
  wanted.timeout = milliseconds(200);
  wanted.queue_max = 10;
  const auto exporter = open(wanted);
  receiver.pause();
  for (int i = 0; i < 50; ++i) give_full_span(*exporter);
  EXPECT_EQ(exporter->flush(Deadline::after(milliseconds(500))).pending, 10);
  EXPECT_EQ(exporter->stats().dropped_full, 40);
  receiver.resume();
  EXPECT_TRUE(exporter->flush(patience()).complete());
  // A request that came too late may have been taken as well: at least once.
  EXPECT_GE(receiver.spans().size(), 10);
  EXPECT_EQ(exporter->stats().exported, 10);
}

TEST_P(OtlpExportTest, SaysInOneLineThatAPortSpeaksTheOtherProtocol) {
  const OtlpReceiver receiver;
  const bool is_grpc = GetParam().protocol == OtlpProtocol::Grpc;
  const auto exporter = open(options(is_grpc ? receiver.http_url() : receiver.grpc_url()));
  give_full_span(*exporter);
  EXPECT_EQ(exporter->flush(Deadline::after(seconds(1))).exported, 0);
  ASSERT_GE(lines().size(), 1);
  EXPECT_THAT(lines()[0], ::testing::HasSubstr(is_grpc ? "4318" : "4317"));
  EXPECT_THAT(lines()[0], ::testing::Not(::testing::HasSubstr("\n")));
}

TEST_P(OtlpExportTest, SpeaksTlsWithThoseItTrusts) {
  const testing::OwnCertificate certificate;
  const OtlpReceiver receiver(0, 0, {&certificate});
  const auto trusting_nobody = open(options(url(receiver)));
  give_full_span(*trusting_nobody);
  EXPECT_EQ(trusting_nobody->flush(Deadline::after(seconds(1))).exported, 0);
  EXPECT_EQ(receiver.spans().size(), 0);

  OtlpOptions wanted = options(url(receiver));
  wanted.ca_file = certificate.certificate();
  const auto exporter = open(wanted);
  give_full_span(*exporter);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(receiver.spans().size(), 1);
}

TEST_P(OtlpExportTest, ShowsItsCertificate) {
  const testing::OwnCertificate certificate;
  const OtlpReceiver receiver(0, 0, {&certificate, true});
  OtlpOptions wanted = options(url(receiver));
  wanted.ca_file = certificate.certificate();
  const auto nobody = open(wanted);
  give_full_span(*nobody);
  EXPECT_EQ(nobody->flush(Deadline::after(seconds(1))).exported, 0);

  wanted.certificate_file = certificate.certificate();
  wanted.key_file = certificate.key();
  const auto exporter = open(wanted);
  give_full_span(*exporter);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(receiver.spans().size(), 1);
}

TEST(OtlpGrpc, WaitsAsLongAsTheCollectorAsks) {
  const OtlpReceiver receiver;
  // google.rpc.Status { code: 8, details: RetryInfo { retry_delay { nanos: 500 000 000 } } }
  const std::string type = "type.googleapis.com/google.rpc.RetryInfo";
  const std::string info("\x0A\x06\x10\x80\xCA\xB5\xEE\x01", 8);
  std::string any = "\x0A" + std::string(1, static_cast<char>(type.size())) + type + "\x12" +
                    std::string(1, static_cast<char>(info.size())) + info;
  const std::string status = std::string("\x08\x08\x1A", 3) + static_cast<char>(any.size()) + any;
  std::string hex;
  for (const char c : status) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  receiver.behave({{"grpcCode", 8}, {"details", hex}, {"count", 1}});
  const auto exporter = OtlpExporter::open({.endpoint = receiver.grpc_url(),
                                            .protocol = OtlpProtocol::Grpc,
                                            .grpc = &make_otlp_grpc_transport,
                                            .retry_min = milliseconds(1),
                                            .retry_max = milliseconds(1),
                                            .report = [](std::string_view) {}})
                            .value();
  const auto began = std::chrono::steady_clock::now();
  give_full_span(*exporter);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(450));
  EXPECT_EQ(receiver.spans().size(), 1);
}

/// Runs `body` in a forked child, which must exit with 0.
template <class Body>
void in_child(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    body();
    exit(::testing::Test::HasFailure() ? 1 : 0);  // with all handlers
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

std::multiset<std::string> names_of(const OtlpReceiver& receiver) {
  std::multiset<std::string> names;
  for (const auto& span : receiver.spans()) names.insert(span["name"]);
  return names;
}

TEST(OtlpFork, ParentAndChildSendTheirOwn) {
  const OtlpReceiver receiver;
  ASSERT_TRUE(init_tracing("forking", receiver.http_url()));
  { const Span span("before"); }
  EXPECT_TRUE(flush_tracing(patience()).is_complete);  // the connection is open
  { const Span span("queued over the fork"); }
  in_child([] {
    { const Span span("of the child"); }
    EXPECT_TRUE(flush_tracing(patience()).is_complete);
    { const Span span("at the exit of the child"); }
  });
  { const Span span("after"); }
  EXPECT_TRUE(shutdown_tracing(patience()).is_complete);
  EXPECT_EQ(names_of(receiver),
            (std::multiset<std::string>{"before", "queued over the fork", "of the child",
                                        "at the exit of the child", "after"}));
}

TEST(OtlpFork, WorksWhenTheChildBegins) {
  const OtlpReceiver receiver;
  const std::string url = receiver.http_url();
  in_child([&] {
    EXPECT_TRUE(init_tracing("child", url));
    const Span span("of the child");
  });
  EXPECT_EQ(names_of(receiver), (std::multiset<std::string>{"of the child"}));
}

TEST(OtlpFork, DropsOverGrpcInAChildAndLeavesTheParentAlone) {
  const OtlpReceiver receiver;
  TracingOptions options;
  options.otlp = {.endpoint = receiver.grpc_url(),
                  .protocol = OtlpProtocol::Grpc,
                  .grpc = &make_otlp_grpc_transport,
                  .report = [](std::string_view) {}};
  ASSERT_TRUE(init_tracing(options));
  { const Span span("before"); }
  EXPECT_TRUE(flush_tracing(patience()).is_complete);
  in_child([] {
    { const Span span("of the child"); }
    EXPECT_EQ(flush_tracing(patience()).lost, 1);
  });
  { const Span span("after"); }
  EXPECT_TRUE(shutdown_tracing(patience()).is_complete);
  EXPECT_EQ(names_of(receiver), (std::multiset<std::string>{"before", "after"}));
}

}  // namespace
}  // namespace eventcore
