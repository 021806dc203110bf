#include "eventcore/metrics_endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventcore::observability {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string header(const http::Response& response, std::string_view name) {
  for (const http::Header& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

class Endpoint : public ::testing::Test {
 protected:
  std::shared_ptr<MetricsService> metrics = std::make_shared<MetricsService>();
  http::Handler answer = metrics_endpoint(metrics);
  http::Request request;
};

TEST_F(Endpoint, ReadsWhatTheRequestAsksFor) {
  request.headers = {{"accept", "text/plain"}, {"ACCEPT-ENCODING", "gzip"}};
  request.query = "name[]=a&other=b&name%5B%5D=c";
  const ScrapeRequest scrape = scrape_request(request);
  EXPECT_EQ(scrape.accept, "text/plain");
  EXPECT_EQ(scrape.accept_encoding, "gzip");
  EXPECT_THAT(scrape.names, ElementsAre("a", "c"));
  EXPECT_EQ(scrape_request({}).accept, "");
}

TEST_F(Endpoint, AnswersWithTextByDefault) {
  const http::Response response = answer(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(header(response, "Content-Encoding"), "");
  EXPECT_EQ(header(response, "Vary"), "Accept, Accept-Encoding");
  EXPECT_THAT(response.body, HasSubstr("# TYPE process_threads gauge\n"));
}

TEST_F(Endpoint, AnswersInTheFormatAskedFor) {
  request.headers = {{"Accept", "application/openmetrics-text;version=1.0.0"}};
  request.query = "name[]=process_threads";
  const http::Response response = answer(request);
  EXPECT_EQ(response.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("\n# EOF\n"));
  EXPECT_THAT(response.body, Not(HasSubstr("eventcore")));
}

TEST_F(Endpoint, SaysThatAPageIsCompressed) {
  request.headers = {{"Accept-Encoding", "gzip"}};
  const http::Response response = answer(request);
  EXPECT_EQ(header(response, "Content-Encoding"), "gzip");
  EXPECT_EQ(response.body.substr(0, 2), "\x1f\x8b");
}

}  // namespace
}  // namespace eventcore::observability
