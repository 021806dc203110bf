#include "eventcore/tracing/propagation.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "eventcore/tracing/http_spans.hpp"
#include "eventcore/tracing/span.hpp"
#include "tracer_fixture.hpp"

namespace eventcore {
namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

using Headers = std::multimap<std::string, std::string>;

HeaderValues values_of(const Headers& headers) {
  return [&headers](std::string_view name) {
    std::vector<std::string_view> values;
    const auto [begin, end] = headers.equal_range(std::string(name));
    for (auto it = begin; it != end; ++it) values.push_back(it->second);
    return values;
  };
}

SetHeader setter_of(Headers& headers) {
  return [&headers](std::string_view name, std::string_view value) {
    headers.erase(std::string(name));
    headers.emplace(name, value);
  };
}

using PropagationTest = TracerFixture;

TEST(Propagation, ReadsWhatCame) {
  const Headers headers{{"traceparent", std::string(kParent) + " "},
                        {"tracestate", "foo=1"},
                        {"tracestate", "bar=2"},
                        {"baggage", "a=1"}};
  const PropagatedContext context = extract_context(values_of(headers));
  EXPECT_EQ(context.trace.traceparent(), kParent);
  EXPECT_EQ(context.state.header(), "foo=1,bar=2");
  EXPECT_EQ(context.baggage.find("a"), "1");
}

TEST(Propagation, TakesWhatIsInvalidForAbsent) {
  for (const char* bad : {"", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-xx",
                          "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c8031-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033-01",
                          "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    const Headers headers{{"traceparent", bad}, {"tracestate", "foo=1"}, {"baggage", "a=1"}};
    const PropagatedContext context = extract_context(values_of(headers));
    EXPECT_FALSE(context.trace.is_valid()) << bad;
    EXPECT_TRUE(context.state.is_empty()) << bad;
    EXPECT_EQ(context.baggage.find("a"), "1") << bad;
  }
  const Headers twice{{"traceparent", std::string(kParent)}, {"traceparent", std::string(kParent)}};
  EXPECT_FALSE(extract_context(values_of(twice)).trace.is_valid());
  // A bad tracestate costs itself alone; a later version is read as far as it is known.
  const Headers state{{"traceparent", std::string(kParent)}, {"tracestate", "foo"}};
  EXPECT_TRUE(extract_context(values_of(state)).trace.is_valid());
  EXPECT_TRUE(extract_context(values_of(state)).state.is_empty());
  const Headers later{{"traceparent", "cc" + std::string(kParent.substr(2)) + "-what-will-be"}};
  EXPECT_TRUE(extract_context(values_of(later)).trace.is_valid());
}

TEST_F(PropagationTest, GoesThroughAService) {
  install();
  const Headers incoming{
      {"traceparent", std::string(kParent)}, {"tracestate", "foo=1"}, {"baggage", "user=a%20b"}};
  Headers outgoing;
  {
    HttpServerSpan server({.method = "GET", .target = "/orders?card=4711&x"}, values_of(incoming));
    HttpClientSpan client("POST", "https://me:secret@stock.example:8443/take?sku=7",
                          setter_of(outgoing));
    client.response(404);
    server.response(200);
  }
  EXPECT_TRUE(current_propagation().baggage.is_empty());
  flushed();
  const OwnedSpan server = spans_->called("http_request").at(0);
  const OwnedSpan client = spans_->called("http_client").at(0);
  EXPECT_EQ(server.kind, SpanKind::Server);
  EXPECT_EQ(server.context.trace_id, TraceContext::parse(kParent)->trace_id);
  EXPECT_EQ(server.parent_id, TraceContext::parse(kParent)->span_id);
  EXPECT_EQ(server.trace_state, "foo=1");
  EXPECT_EQ(server.status, SpanStatus::Unset);
  EXPECT_EQ(server.attributes.at("method"), OwnedValue(std::string("GET")));
  EXPECT_EQ(server.attributes.at("uri"), OwnedValue(std::string("/orders?card=REDACTED&REDACTED")));
  EXPECT_EQ(server.attributes.at("version"), OwnedValue(std::string("1.1")));
  EXPECT_EQ(server.attributes.at("http.response.status_code"), OwnedValue(std::int64_t{200}));
  EXPECT_EQ(client.kind, SpanKind::Client);
  EXPECT_TRUE(client.is_child_of(server));
  EXPECT_EQ(client.status, SpanStatus::Error);
  EXPECT_EQ(client.attributes.at("error.type"), OwnedValue(std::string("404")));
  EXPECT_EQ(client.attributes.at("url.full"),
            OwnedValue(std::string("https://REDACTED@stock.example:8443/take?sku=REDACTED")));
  EXPECT_EQ(client.attributes.at("server.address"), OwnedValue(std::string("stock.example")));
  EXPECT_EQ(client.attributes.at("server.port"), OwnedValue(std::int64_t{8443}));
  EXPECT_EQ(outgoing.find("traceparent")->second, client.context.traceparent());
  EXPECT_EQ(outgoing.find("tracestate")->second, "foo=1");
  EXPECT_EQ(outgoing.find("baggage")->second, "user=a%20b");
}

TEST(Propagation, GoesThroughWithoutATracer) {
  const Headers incoming{{"traceparent", std::string(kParent)}, {"tracestate", "foo=1"}};
  Headers outgoing;
  HttpServerSpan server({.method = "GET", .target = "/"}, values_of(incoming));
  HttpClientSpan client("GET", "http://other/", setter_of(outgoing));
  EXPECT_EQ(outgoing.find("traceparent")->second, kParent);
  EXPECT_EQ(outgoing.find("tracestate")->second, "foo=1");
}

TEST(Propagation, SetsNothingWithoutATrace) {
  Headers outgoing;
  inject_context(setter_of(outgoing));
  EXPECT_TRUE(outgoing.empty());
}

TEST(Redaction, HidesValuesAndUsers) {
  EXPECT_EQ(redact_target("/a/b"), "/a/b");
  EXPECT_EQ(redact_target("/a?"), "/a?");
  EXPECT_EQ(redact_target("/a?x=1"), "/a?x=REDACTED");
  EXPECT_EQ(redact_target("/a?x=1&&y&z="), "/a?x=REDACTED&&REDACTED&z=REDACTED");
  EXPECT_EQ(redact_target("http://u:p@h/a?x=1#f"), "http://REDACTED@h/a?x=REDACTED");
  EXPECT_EQ(redact_target("http://h/a@b"), "http://h/a@b");
  EXPECT_EQ(redact_target(""), "");
}

}  // namespace
}  // namespace eventcore
