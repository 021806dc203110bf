#include "eventcore/http_message.hpp"

#include <gtest/gtest.h>

#include "wire_text.hpp"

namespace eventcore::http {
namespace {

TEST(HttpRequest, FindsHeadersInAnyCase) {
  Request request;
  request.headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(request.header("CONTENT-TYPE"), "a");
  EXPECT_EQ(request.header("Accept"), std::nullopt);
}

TEST(HttpRequest, DecodesItsQuery) {
  Request request;
  request.query = "a=1&b+c=x%26y+z&flag&a=2&bad=%zz&last=%C3%A9";
  EXPECT_EQ(request.query_parameter("a"), "1");
  EXPECT_EQ(request.query_parameter("b c"), "x&y z");
  EXPECT_EQ(request.query_parameter("flag"), "");
  EXPECT_EQ(request.query_parameter("last"), "\xc3\xa9");
  EXPECT_EQ(request.query_parameter("bad"), std::nullopt);
  EXPECT_EQ(request.query_parameter("none"), std::nullopt);
}

TEST(HttpRequest, GivesEachValueOfAQueryParameter) {
  Request request;
  request.query = "a%5B%5D=1&b=2&a[]=%zz&a[]&a[]=x+y&";
  EXPECT_EQ(request.query_parameters("a[]"), (std::vector<std::string>{"1", "", "x y"}));
  EXPECT_TRUE(request.query_parameters("none").empty());
}

TEST(HttpResponse, SaysWhatIsWrongAsAProblem) {
  const Response response = problem(409, "Order \"7\" exists.");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(
      response.body,
      "{\"title\": \"Conflict\", \"status\": 409, \"detail\": \"Order \\\"7\\\" exists.\"}\n");
  EXPECT_EQ(problem(599, "").body, "{\"title\": \"Server Error\", \"status\": 599}\n");
}

TEST(JsonString, IsValidForAnyBytes) {
  EXPECT_EQ(json_string("a\"b\\c\nd\x01"), "\"a\\\"b\\\\c\\nd\\u0001\"");
  EXPECT_EQ(json_string("caf\xc3\xa9 \xff\xc3"), "\"caf\xc3\xa9 ??\"");
}

TEST(ListenAddress, TakesHostAndPort) {
  const auto address = detail::parse_listen_address("[::1]:8080");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->port, 8080);
  EXPECT_EQ(detail::parse_listen_address("localhost:0")->host, "127.0.0.1");
  EXPECT_FALSE(detail::parse_listen_address("a:b"));
  EXPECT_FALSE(detail::parse_listen_address("1.2.3.4:65536"));
}

TEST(HttpDate, IsInTheFormOfTheProtocol) {
  EXPECT_EQ(detail::http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(UtcText, IsToTheMillisecond) {
  EXPECT_EQ(detail::utc_text(Timestamp(std::chrono::milliseconds(784'111'777'009))),
            "1994-11-06T08:49:37.009Z");
  EXPECT_EQ(detail::utc_text(Timestamp(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace eventcore::http
