#include "httplib_carrier.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "../tracing/tracer_fixture.hpp"
#include "eventcore/http_tracing.hpp"
#include "eventcore/tracing/http_spans.hpp"

namespace eventcore {
namespace {

using HttplibCarrier = TracerFixture;

/// A server of cpp-httplib that asks one of eventcore's for what it answers.
TEST_F(HttplibCarrier, CarriesTheTraceThroughTwoServers) {
  install();
  http::Server stock({});
  stock.route(http::Method::Get, "/stock/{sku}", http::traced([](const http::Request&) {
                return http::Response{.body = current_trace().trace_id_text()};
              }));
  ASSERT_TRUE(stock.start());

  httplib::Server shop;
  shop.Get("/order", [&](const httplib::Request& request, httplib::Response& response) {
    HttpServerSpan span({.method = request.method, .target = request.target},
                        header_values(request.headers));
    httplib::Headers headers;
    HttpClientSpan call("GET", stock.url() + "/stock/7?depth=2", set_header(headers));
    httplib::Client client("127.0.0.1", stock.port());
    const auto answer = client.Get("/stock/7?depth=2", headers);
    ASSERT_TRUE(answer);
    call.response(static_cast<std::uint16_t>(answer->status));
    response.set_content(answer->body, "text/plain");
    span.response(200);
  });
  const int port = shop.bind_to_any_port("127.0.0.1");
  ASSERT_GT(port, 0);
  std::thread serving([&] { shop.listen_after_bind(); });

  httplib::Client client("127.0.0.1", port);
  const auto answer = client.Get(
      "/order", {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                 {"baggage", "user=7"}});
  shop.stop();
  serving.join();
  ASSERT_TRUE(stock.stop({}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "0af7651916cd43dd8448eb211c80319c");

  ASSERT_EQ(flushed().size(), 3U);
  const auto servers = spans_->called("http_request");
  const OwnedSpan call = spans_->called("http_client").at(0);
  ASSERT_EQ(servers.size(), 2U);
  const bool stock_first = servers[0].attributes.contains("http.route");
  const OwnedSpan& of_stock = servers[stock_first ? 0 : 1];
  const OwnedSpan& of_shop = servers[stock_first ? 1 : 0];
  EXPECT_TRUE(call.is_child_of(of_shop));
  EXPECT_TRUE(of_stock.is_child_of(call));
  EXPECT_EQ(of_stock.attributes.at("http.route"), OwnedValue(std::string("/stock/{sku}")));
  EXPECT_EQ(of_stock.attributes.at("uri"), OwnedValue(std::string("/stock/7?depth=REDACTED")));
}

}  // namespace
}  // namespace eventcore
