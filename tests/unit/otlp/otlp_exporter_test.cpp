#include "eventcore/otlp/otlp_exporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "../../support/loopback_port.hpp"
#include "fake_collector.hpp"
#include "made_spans.hpp"

namespace eventcore {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeCollector;
using testing::give;
using testing::http_answer;
using testing::LoopbackPort;
using testing::names_in;

/// Long enough for any machine; nothing waits that long unless it fails.
Deadline patience() { return Deadline::after(seconds(30)); }

/// The lines of a test's exporters.
class Lines {
 public:
  [[nodiscard]] std::function<void(std::string_view)> sink() {
    return [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class OtlpExporterTest : public ::testing::Test {
 protected:
  /// Fast in trying again; sends soon.
  [[nodiscard]] OtlpOptions options(const std::string& endpoint) {
    return {.endpoint = endpoint,
            .protocol = OtlpProtocol::HttpProtobuf,
            .service_name = "tested",
            .delay = milliseconds(5),
            .retry_min = milliseconds(1),
            .retry_max = milliseconds(5),
            .exit_timeout = milliseconds(0),
            .report = lines_.sink()};
  }
  [[nodiscard]] static std::unique_ptr<OtlpExporter> open(const OtlpOptions& options) {
    auto exporter = OtlpExporter::open(options);
    EXPECT_TRUE(exporter) << exporter.error().message;
    return std::move(exporter).value();
  }
  static void expect_sum(const OtlpStats& stats) {
    EXPECT_EQ(stats.taken, stats.exported + stats.dropped() + stats.queued);
  }
  /// The spans that `collector` has accepted.
  [[nodiscard]] static std::multiset<std::string> names(const FakeCollector& collector) {
    std::multiset<std::string> all;
    for (const auto& request : collector.requests()) {
      for (std::string& name : names_in(request.body)) all.insert(std::move(name));
    }
    return all;
  }

  Lines lines_;
};

TEST_F(OtlpExporterTest, SendsEachSpanOnceInBatches) {
  const FakeCollector collector;
  OtlpOptions wanted = options(collector.url());
  wanted.batch_max = 64;
  wanted.delay = seconds(60);
  const auto exporter = open(wanted);
  give(*exporter, 200);
  const OtlpDelivery delivery = exporter->flush(patience());
  EXPECT_TRUE(delivery.complete());
  EXPECT_EQ(names(collector).size(), 200);
  EXPECT_EQ(names(collector).count("span 199"), 1);
  EXPECT_EQ(collector.requests().size(), 4);
  EXPECT_EQ(collector.requests()[0].path, "/v1/traces");
  const OtlpStats stats = exporter->stats();
  EXPECT_EQ(stats.exported, 200);
  EXPECT_EQ(stats.queued_bytes, 0);
  expect_sum(stats);
  EXPECT_THAT(lines_.all(), ::testing::IsEmpty());
}

TEST_F(OtlpExporterTest, SendsWithoutAFlushWhenTheDelayIsOver) {
  const FakeCollector collector;
  const auto exporter = open(options(collector.url()));
  give(*exporter, 3);
  collector.wait_for_requests(1);
  EXPECT_GE(names(collector).size(), 1);
}

TEST_F(OtlpExporterTest, SendsHeadersAndCompression) {
  const FakeCollector collector;
  OtlpOptions wanted = options(collector.url());
  wanted.headers = {{"Api-Key", "k1"}};
  wanted.gzip = true;
  const auto exporter = open(wanted);
  give(*exporter, 100);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  const auto request = collector.requests().at(0);
  EXPECT_EQ(request.headers.at("api-key"), "k1");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-protobuf");
  EXPECT_EQ(request.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(request.body.substr(0, 2), "\x1F\x8B");
}

TEST_F(OtlpExporterTest, WaitsForACollectorThatIsNotThereYetAndSaysSoOnce) {
  const LoopbackPort port;
  const auto exporter = open(options("http://127.0.0.1:" + std::to_string(port.number())));
  give(*exporter, 10);
  const OtlpDelivery before = exporter->flush(Deadline::after(milliseconds(50)));
  EXPECT_EQ(before.pending, 10);
  EXPECT_EQ(before.lost, 0);
  EXPECT_FALSE(exporter->stats().reachable);
  EXPECT_GE(exporter->stats().failed_requests, 1);

  const FakeCollector collector(port.number());
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(names(collector).size(), 10);
  EXPECT_TRUE(exporter->shutdown(patience()).complete());
  ASSERT_EQ(lines_.all().size(), 2);
  EXPECT_THAT(lines_.all()[0], ::testing::HasSubstr("can't be sent, trying again"));
  EXPECT_THAT(lines_.all()[1], ::testing::HasSubstr("sent again; dropped so far: 0"));
}

TEST_F(OtlpExporterTest, GoesOnWhenACollectorWasAwayInBetween) {
  const LoopbackPort port;
  auto collector = std::make_unique<FakeCollector>(port.number());
  const auto exporter = open(options(collector->url()));
  give(*exporter, 5);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  collector.reset();
  give(*exporter, 5, 5);
  EXPECT_EQ(exporter->flush(Deadline::after(milliseconds(30))).pending, 5);
  collector = std::make_unique<FakeCollector>(port.number());
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(names(*collector).size(), 5);
  EXPECT_EQ(exporter->stats().exported, 10);
}

TEST_F(OtlpExporterTest, BoundsWhatWaitsByItemsAndCountsTheRest) {
  const LoopbackPort port;
  OtlpOptions wanted = options("http://127.0.0.1:" + std::to_string(port.number()));
  wanted.queue_max = 100;
  const auto exporter = open(wanted);
  give(*exporter, 1'000);
  const OtlpStats stats = exporter->stats();
  EXPECT_EQ(stats.queued, 100);
  EXPECT_EQ(stats.dropped_full, 900);
  expect_sum(stats);
  const OtlpDelivery end = exporter->shutdown(Deadline::after(milliseconds(10)));
  EXPECT_EQ(end.lost, 100);
  EXPECT_EQ(end.pending, 0);
  EXPECT_EQ(exporter->stats().dropped(), 1'000);
  expect_sum(exporter->stats());
  EXPECT_THAT(lines_.all().back(), ::testing::HasSubstr("lost: 100"));
}

TEST_F(OtlpExporterTest, BoundsWhatWaitsByBytes) {
  const LoopbackPort port;
  OtlpOptions wanted = options("http://127.0.0.1:" + std::to_string(port.number()));
  wanted.queue_bytes_max = 10'000;
  const auto exporter = open(wanted);
  const std::string text(1'000, 'x');
  for (std::uint64_t i = 0; i < 100; ++i) {
    testing::MadeSpan span(i, text);
    exporter->take({&span.record(), 1});
  }
  const OtlpStats stats = exporter->stats();
  EXPECT_GE(stats.queued_bytes, 9'000);
  EXPECT_LE(stats.queued_bytes, 12'000);  // one item more than the limit
  EXPECT_GE(stats.dropped_full, 85);
  expect_sum(stats);
}

TEST_F(OtlpExporterTest, AHungCollectorHoldsUpNobody) {
  FakeCollector collector(0, [](const auto&) { return std::nullopt; });
  OtlpOptions wanted = options(collector.url());
  wanted.timeout = seconds(60);
  const auto exporter = open(wanted);
  give(*exporter, 10);
  collector.wait_for_requests(1);
  give(*exporter, 10, 10);
  const auto began = std::chrono::steady_clock::now();
  const OtlpDelivery end = exporter->shutdown(Deadline::after(milliseconds(20)));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(20));
  EXPECT_EQ(end.lost, 20);
}

TEST_F(OtlpExporterTest, TriesAgainAfterATimeout) {
  FakeCollector collector(0, [](const auto&) { return std::nullopt; });
  OtlpOptions wanted = options(collector.url());
  wanted.timeout = milliseconds(30);
  const auto exporter = open(wanted);
  give(*exporter, 1);
  collector.wait_for_requests(2);
  collector.behave({});
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_THAT(lines_.all().at(0), ::testing::HasSubstr("no answer within"));
}

TEST_F(OtlpExporterTest, HonoursRetryAfter) {
  FakeCollector collector(0, [](const auto&) { return http_answer(503, "Retry-After: 1\r\n"); });
  const auto exporter = open(options(collector.url()));
  give(*exporter, 1);
  collector.wait_for_requests(1);
  const auto began = std::chrono::steady_clock::now();
  collector.behave({});
  // Neither the short pause of the options nor a flush comes before what the collector asks for.
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(900));
}

TEST_F(OtlpExporterTest, TriesAgainWhatMayWorkLater) {
  for (const int status : {429, 502, 503, 504}) {
    FakeCollector collector(0, [=](const auto&) { return http_answer(status); });
    const auto exporter = open(options(collector.url()));
    give(*exporter, 1);
    collector.wait_for_requests(2);
    collector.behave({});
    EXPECT_TRUE(exporter->flush(patience()).complete()) << status;
  }
}

TEST_F(OtlpExporterTest, DropsWhatIsRefusedAndSaysWhy) {
  FakeCollector collector(0, [](const auto&) {
    return http_answer(401, "", std::string("\x12\x0A") + "no api key");  // a google.rpc.Status
  });
  const auto exporter = open(options(collector.url()));
  give(*exporter, 7);
  const OtlpDelivery delivery = exporter->flush(patience());
  EXPECT_EQ(delivery.lost, 7);
  EXPECT_EQ(exporter->stats().dropped_refused, 7);
  EXPECT_TRUE(exporter->stats().reachable);
  collector.behave({});
  give(*exporter, 1);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  ASSERT_TRUE(exporter->shutdown(patience()).complete());
  EXPECT_THAT(lines_.all().at(0),
              ::testing::HasSubstr("refused and dropped: status 401: no api key"));
}

TEST_F(OtlpExporterTest, CountsWhatACollectorRejectsOfABatch) {
  // partial_success { rejected_spans: 2 error_message: "old" }
  FakeCollector collector(0, [](const auto&) {
    return http_answer(200, "", std::string("\x0A\x07\x08\x02\x12\x03old", 9));
  });
  OtlpOptions wanted = options(collector.url());
  wanted.delay = seconds(60);
  const auto exporter = open(wanted);
  give(*exporter, 5);
  const OtlpDelivery delivery = exporter->flush(patience());
  EXPECT_EQ(delivery.exported, 3);
  EXPECT_EQ(delivery.lost, 2);
}

TEST_F(OtlpExporterTest, SurvivesEverythingThatIsNoCollector) {
  const std::string garbage[] = {
      std::string("\0\0\x06\x04\0\0\0\0\0", 9),  // the beginning of HTTP/2
      "SSH-2.0-OpenSSH\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n<html></html>\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'x'),
      "HTTP/1.1 999999999999 OK\r\n\r\n",
      "\n",
  };
  for (const std::string& answer : garbage) {
    FakeCollector collector(0, [&](const auto&) { return answer; });
    const auto exporter = open(options(collector.url()));
    give(*exporter, 3);
    collector.wait_for_requests(2);
    EXPECT_EQ(exporter->stats().exported, 0) << answer.substr(0, 40);
    collector.behave({});
    EXPECT_TRUE(exporter->flush(patience()).complete()) << answer.substr(0, 40);
  }
}

TEST_F(OtlpExporterTest, SaysThatAPortSpeaksGrpc) {
  FakeCollector collector(
      0, [](const auto&) { return std::string("\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\xff\xff", 15); });
  const auto exporter = open(options(collector.url()));
  give(*exporter, 1);
  collector.wait_for_requests(3);
  EXPECT_FALSE(exporter->flush(Deadline::after(milliseconds(1))).complete());
  ASSERT_EQ(lines_.all().size(), 1);
  EXPECT_THAT(lines_.all()[0], ::testing::HasSubstr("gRPC"));
}

TEST_F(OtlpExporterTest, TakesNothingAfterTheEnd) {
  const FakeCollector collector;
  const auto exporter = open(options(collector.url()));
  give(*exporter, 1);
  EXPECT_TRUE(exporter->shutdown(patience()).complete());
  give(*exporter, 2);
  EXPECT_EQ(exporter->stats().dropped_ended, 2);
  EXPECT_TRUE(exporter->shutdown(patience()).complete());
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(names(collector).size(), 1);
}

TEST_F(OtlpExporterTest, NeitherConnectsNorStartsAThreadWithoutSpans) {
  const FakeCollector collector;
  {
    const auto exporter = open(options(collector.url()));
    EXPECT_TRUE(exporter->flush(patience()).complete());
  }
  EXPECT_EQ(collector.requests().size(), 0);
}

TEST_F(OtlpExporterTest, FlushesFromSeveralThreadsWhileSpansCome) {
  const FakeCollector collector;
  const auto exporter = open(options(collector.url()));
  std::thread giver([&] { give(*exporter, 2'000); });
  std::vector<std::thread> flushers;
  for (int i = 0; i < 3; ++i) {
    flushers.emplace_back([&] {
      for (int turn = 0; turn < 20; ++turn) {
        EXPECT_EQ(exporter->flush(patience()).pending, 0);
        expect_sum(exporter->stats());
      }
    });
  }
  giver.join();
  for (std::thread& flusher : flushers) flusher.join();
  EXPECT_TRUE(exporter->shutdown(patience()).complete());
  EXPECT_EQ(names(collector).size(), 2'000);
}

}  // namespace
}  // namespace eventcore
