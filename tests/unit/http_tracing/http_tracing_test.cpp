#include "eventcore/http_tracing.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "../tracing/tracer_fixture.hpp"

namespace eventcore {
namespace {

using HttpTracing = TracerFixture;

http::Request request_of(std::string target) {
  http::Request request;
  request.method = http::Method::Post;
  request.target = std::move(target);
  request.version = "1.0";
  request.route = "/orders";
  request.peer = "127.0.0.1:4711";
  return request;
}

TEST_F(HttpTracing, AnswersInsideASpan) {
  install();
  http::Request request = request_of("/orders?token=secret");
  request.headers = {{"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}};
  TraceContext inside;
  const http::Response response =
      http::trace_propagation_middleware(request, [&](const http::Request&) {
        inside = current_trace();
        return http::problem(422, "no");
      });
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(inside.traceparent(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  EXPECT_TRUE(flushed().empty());  // as the client has decided

  request.headers = {{"TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  static_cast<void>(
      http::traced([](const http::Request&) { return http::problem(422, "no"); })(request));
  ASSERT_EQ(flushed().size(), 1U);
  const OwnedSpan span = spans_->all()[0];
  EXPECT_EQ(span.name, "http_request");
  EXPECT_EQ(span.kind, SpanKind::Server);
  EXPECT_EQ(span.status, SpanStatus::Unset);
  EXPECT_EQ(span.attributes,
            (OwnedAttributes{{"method", std::string("POST")},
                             {"uri", std::string("/orders?token=REDACTED")},
                             {"version", std::string("1.0")},
                             {"http.request.method", std::string("POST")},
                             {"http.route", std::string("/orders")},
                             {"http.response.status_code", std::int64_t{422}},
                             {"network.peer.address", std::string("127.0.0.1:4711")},
                             {"network.protocol.version", std::string("1.0")},
                             {"url.path", std::string("/orders")},
                             {"url.query", std::string("token=REDACTED")},
                             {"url.scheme", std::string("http")}}));
}

TEST_F(HttpTracing, TellsOfFailures) {
  install();
  const http::Request request = request_of("/orders");
  static_cast<void>(http::trace_propagation_middleware(
      request, [](const http::Request&) { return http::problem(503, "away"); }));
  EXPECT_THROW(
      static_cast<void>(http::trace_propagation_middleware(
          request, [](const http::Request&) -> http::Response { throw std::runtime_error("no"); })),
      std::runtime_error);
  const auto spans = flushed();
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].status, SpanStatus::Error);
  EXPECT_EQ(spans[0].attributes.at("error.type"), OwnedValue(std::string("503")));
  EXPECT_EQ(spans[1].status, SpanStatus::Error);
  EXPECT_EQ(spans[1].attributes.at("error.type"), OwnedValue(std::string("exception")));
}

TEST_F(HttpTracing, NeverFailsARequestForItsHeaders) {
  install();
  http::Request request = request_of("/orders");
  request.headers = {{"traceparent", "00-nonsense"}, {"tracestate", "\x01"}, {"baggage", ",;=,"}};
  EXPECT_EQ(http::trace_propagation_middleware(
                request, [](const http::Request&) { return http::Response{}; })
                .status,
            200);
  ASSERT_EQ(flushed().size(), 1U);
  EXPECT_TRUE(spans_->all()[0].is_root());
}

}  // namespace
}  // namespace eventcore
