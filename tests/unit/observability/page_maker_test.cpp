#include "page_maker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <semaphore>
#include <thread>

#include "eventcore/observability/catalogue.hpp"
#include "made_snapshot.hpp"
#include "service_series.hpp"

namespace eventcore::observability::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> kept(std::vector<std::string> names) {
  MetricsSnapshot snapshot = made_snapshot();
  keep_named(snapshot, names);
  std::vector<std::string> families;
  for (const auto& family : snapshot.families) families.emplace_back(family.description->name);
  return families;
}

TEST(PageNames, AreThoseOfFamiliesAndSamples) {
  EXPECT_EQ(kept({}).size(), 4U);
  for (const std::string name : {"orders_total", "orders", "orders_created"}) {
    EXPECT_THAT(kept({name}), ElementsAre("orders_total")) << name;
  }
  for (const std::string name : {"wait_seconds", "wait_seconds_bucket", "wait_seconds_sum",
                                 "wait_seconds_count", "wait_seconds_created"}) {
    EXPECT_THAT(kept({name}), ElementsAre("wait_seconds")) << name;
  }
  for (const std::string name : {"build_info", "build"}) {
    EXPECT_THAT(kept({name}), ElementsAre("build_info")) << name;
  }
  EXPECT_THAT(kept({"size_bytes", "orders"}), ElementsAre("orders_total", "size_bytes"));
  for (const std::string name : {"orders_bucket", "order", "size", "size_bytes_sum", "wait",
                                 "wait_seconds_total", "build_info_total", ""}) {
    EXPECT_THAT(kept({name}), IsEmpty()) << name;
  }
}

class MadePages : public ::testing::Test {
 protected:
  MetricRegistry registry;
  PageMaker pages{registry, builtin<DurationHistogram>(registry, catalogue::kMetricsScrapeSeconds),
                  system_clock()};
};

TEST_F(MadePages, ShowOnlyWhatIsNamed) {
  const auto orders = registry.add<DynamicFamily<Counter, 1>>(kOrders).value();
  orders.with("red").increment();
  const auto body = [&](std::vector<std::string> names) {
    return pages.page({.names = std::move(names)}).page->body;
  };
  EXPECT_EQ(body({"orders_created"}), body({"orders_total"}));
  EXPECT_THAT(body({"orders"}), HasSubstr("orders_total{color=\"red\"} 1\n"));
  EXPECT_THAT(body({"orders"}), Not(HasSubstr("eventcore")));
  EXPECT_EQ(body({"nothing"}), "");
}

std::string decompressed(const std::string& body) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  std::string in = body;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST_F(MadePages, AreCompressedAboveAKilobyte) {
  const auto orders = registry.add<DynamicFamily<Counter, 1>>(kOrders).value();
  orders.with("red").increment();
  const ScrapeRequest small{.accept_encoding = "gzip", .names = {"orders"}};
  EXPECT_EQ(pages.page(small).page->content_encoding, "");
  for (int i = 0; i < 90; ++i) orders.with(std::to_string(i)).increment();
  const auto compressed = pages.page(small).page;
  const auto plain = pages.page({.names = {"orders"}}).page;
  EXPECT_EQ(compressed->content_encoding, "gzip");
  EXPECT_EQ(plain->content_encoding, "");
  EXPECT_LT(compressed->body.size(), plain->body.size() / 2);
  EXPECT_EQ(decompressed(compressed->body), plain->body);
}

/// A gauge whose value takes until `release` is told so.
class SlowGauge {
 public:
  explicit SlowGauge(MetricRegistry& registry)
      : registration_(registry
                          .observe({.name = "slow", .kind = MetricKind::Gauge, .help = "Slow."},
                                   [this](Observations& out) {
                                     out.report(++asked_);
                                     asked.release();
                                     release.acquire();
                                   })
                          .value()) {}

  std::counting_semaphore<> asked{0};
  std::counting_semaphore<> release{0};

 private:
  int asked_ = 0;
  ObserverRegistration registration_;
};

TEST_F(MadePages, AreMadeOnceForThoseWhoAskMeanwhile) {
  SlowGauge slow(registry);
  constexpr std::size_t kOthers = 4;
  std::vector<std::shared_ptr<MetricsPage>> got(1 + kOthers);
  std::atomic<int> shared = 0;
  const auto ask = [&](std::size_t i) {
    const SharedPage made = pages.page({.names = {"slow"}});
    got[i] = made.page;
    shared += made.is_shared ? 1 : 0;
  };
  {
    std::jthread first(ask, 0);
    slow.asked.acquire();
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i <= kOthers; ++i) others.emplace_back(ask, i);
    while (pages.waiting() < kOthers) std::this_thread::yield();
    slow.release.release();
  }
  for (const auto& page : got) EXPECT_EQ(page, got[0]);
  EXPECT_EQ(shared, 1 + static_cast<int>(kOthers));
  EXPECT_THAT(got[0]->body, HasSubstr("\nslow 1\n"));
  slow.release.release();
  const SharedPage later = pages.page({.names = {"slow"}});
  EXPECT_THAT(later.page->body, HasSubstr("\nslow 2\n")) << "a page is not kept";
  EXPECT_FALSE(later.is_shared);
}

TEST_F(MadePages, AreNotSharedByThoseWhoAskForSomethingElse) {
  SlowGauge slow(registry);
  std::jthread first([&] { EXPECT_FALSE(pages.page({}).is_shared); });
  slow.asked.acquire();
  // Would wait for the slow gauge if it were held up by the first.
  EXPECT_FALSE(pages.page({.names = {"eventcore_metrics_series"}}).is_shared);
  slow.release.release();
}

}  // namespace
}  // namespace eventcore::observability::detail
