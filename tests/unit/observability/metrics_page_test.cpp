#include "eventcore/observability/metrics_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::observability {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsPage, ExportsWhatTheScraperAsksFor) {
  const MetricsService service;
  const MetricsPage page =
      service.export_metrics({.accept = "application/openmetrics-text; version=1.0.0",
                              .names = {"eventcore_append_conflicts_total", "process_threads"}});
  EXPECT_EQ(page.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("# TYPE eventcore_append_conflicts counter\n"));
  EXPECT_THAT(page.body, HasSubstr("\nprocess_threads "));
  EXPECT_THAT(page.body, Not(HasSubstr("eventcore_store")));
  EXPECT_EQ(service.export_metrics({.accept_encoding = "gzip"}).content_encoding, "gzip");
}

TEST(MetricsPage, WritesAPageIntoASink) {
  const MetricsService service;
  std::vector<std::string> steps;
  std::string body;
  const ScrapeRequest request{.accept = "application/openmetrics-text",
                              .names = {"process_threads"}};
  ASSERT_TRUE(metrics_handler(service, request,
                              {.begin =
                                   [&](const PageHead& head) {
                                     EXPECT_EQ(body, "");
                                     steps.emplace_back(head.content_type);
                                     steps.emplace_back(head.content_encoding);
                                     steps.push_back(std::to_string(head.body_bytes));
                                   },
                               .write = [&](std::string_view piece) { body += piece; }}));
  EXPECT_THAT(steps, ElementsAre("application/openmetrics-text; version=1.0.0; charset=utf-8", "",
                                 std::to_string(body.size())));
  EXPECT_THAT(body, HasSubstr("# EOF\n"));
}

TEST(MetricsPage, ASlowSinkHoldsUpNobody) {
  const MetricsService service;
  std::size_t meanwhile = 0;
  const auto scrape_again = [&](std::string_view) {
    // Another thread, which would wait for good if the page were still held.
    std::jthread([&] { meanwhile += service.export_metrics().body.size(); }).join();
  };
  ASSERT_TRUE(
      metrics_handler(service, {}, {.begin = [](const PageHead&) {}, .write = scrape_again}));
  EXPECT_GT(meanwhile, 0U);
}

TEST(MetricsPage, ASinkThatThrowsIsAnError) {
  const MetricsService service;
  const auto nothing = [](const PageHead&) {};
  const Result<void> result = metrics_handler(
      service, {},
      {.begin = nothing, .write = [](std::string_view) { throw std::string("gone"); }});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::HandlerFailed);
}

}  // namespace
}  // namespace eventcore::observability
