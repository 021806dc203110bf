#include "beast_carrier.hpp"

#include <gtest/gtest.h>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include "../tracing/tracer_fixture.hpp"
#include "eventcore/tracing/http_spans.hpp"

namespace eventcore {
namespace {

using BeastCarrier = TracerFixture;

TEST_F(BeastCarrier, CarriesTraceAndBaggage) {
  namespace beast_http = boost::beast::http;
  install();
  beast_http::request<beast_http::empty_body> request{beast_http::verb::get, "/stock?sku=1", 11};
  request.insert("TraceParent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  request.insert("tracestate", "foo=1");
  request.insert("TRACESTATE", "bar=2");
  beast_http::request<beast_http::empty_body> onward{beast_http::verb::get, "/", 11};
  {
    HttpServerSpan span({.method = "GET", .target = "/stock?sku=1"}, header_values(request));
    HttpClientSpan client("GET", "http://next/", set_header(onward));
    client.response(200);
    span.response(503);
  }
  ASSERT_EQ(flushed().size(), 2U);
  const OwnedSpan server = spans_->called("http_request").at(0);
  EXPECT_EQ(server.trace_state, "foo=1,bar=2");
  EXPECT_EQ(server.status, SpanStatus::Error);
  EXPECT_EQ(onward["traceparent"], spans_->called("http_client").at(0).context.traceparent());
  EXPECT_EQ(onward["tracestate"], "foo=1,bar=2");
}

}  // namespace
}  // namespace eventcore
