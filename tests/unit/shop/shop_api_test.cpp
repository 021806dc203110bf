#include "serve/shop_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <eventcore/http_tracing.hpp>
#include <eventcore/observability/metric_registry.hpp>
#include <eventcore/trace_context.hpp>

#include "serve/problem.hpp"
#include "shop_on_memory.hpp"

namespace shop {
namespace {

using eventcore::http::Request;
using eventcore::http::Response;
using testing::HasSubstr;

constexpr const char* kOrder =
    R"({"customer":"77","country":"Norway","lines":[{"product":"A","quantity":2,"price":"7.5"}]})";

struct Api : ShopOnMemory {
  eventcore::observability::MetricRegistry registry;
  BusinessMetrics metrics = BusinessMetrics::create(registry).value();
  ShopApi api{*store, executor, metrics};

  std::optional<double> value(std::string_view name) { return registry.snapshot().value(name); }
  std::uint64_t orders_recorded() {
    return registry.snapshot().histogram("eventcore_order_value_dollars").count();
  }
};

Request post(std::string body, std::string key = {}) {
  Request request{.method = eventcore::http::Method::Post, .body = std::move(body)};
  if (!key.empty()) request.headers.push_back({"Idempotency-Key", std::move(key)});
  return request;
}

Request get(std::string id) { return {.parameters = {{"id", std::move(id)}}}; }

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(ShopApi, RecordsAnOrderOnce) {
  Api shop;
  const Response first = shop.api.post_order(post(kOrder, "k"));
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(shop.orders_recorded(), 1U);
  EXPECT_EQ(shop.value("eventcore_user_registrations_total"), 1.0);

  const Response again = shop.api.post_order(post(kOrder, "k"));
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(header(again, "Idempotency-Replayed"), "true");
  EXPECT_EQ(header(again, "Location"), header(first, "Location"));
  EXPECT_EQ(shop.orders_recorded(), 1U);
  EXPECT_EQ(shop.value("eventcore_user_registrations_total"), 1.0);
}

TEST(ShopApi, RecordsNoRefusedOrder) {
  Api shop;
  EXPECT_EQ(shop.refusal(delivery("A", 1)), "");
  const Response response = shop.api.post_order(post(kOrder));
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_THAT(response.body, HasSubstr(R"("code":"out_of_stock")"));
  EXPECT_EQ(shop.orders_recorded(), 0U);
  EXPECT_EQ(shop.value("eventcore_user_registrations_total"), 0.0);
}

TEST(ShopApi, RefusesAKeyWithAnotherRequest) {
  Api shop;
  EXPECT_EQ(shop.api.post_order(post(kOrder, "k")).status, 201);
  std::string other = kOrder;
  other.replace(other.find("7.5"), 3, "8.5");
  const Response changed = shop.api.post_order(post(other, "k"));
  EXPECT_EQ(changed.status, 422);
  EXPECT_THAT(changed.body, HasSubstr("idempotency_key_reused"));
  const Response elsewhere = shop.api.post_customer(post(R"({"customer":"9"})", "k"));
  EXPECT_EQ(elsewhere.status, 422);
  EXPECT_THAT(elsewhere.body, HasSubstr("idempotency_key_reused"));
}

TEST(ShopApi, KeepsTheTraceOfARequest) {
  Api shop;
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Request request = post(kOrder);
  request.headers.push_back({"traceparent", traceparent});
  const auto answer = [&](const Request& one) { return shop.api.post_order(one); };
  EXPECT_EQ(eventcore::http::trace_propagation_middleware(request, answer).status, 201);
  const auto page = shop.store->read(eventcore::LogQuery{.with_batch = true}).value();
  ASSERT_FALSE(page.events.empty());
  EXPECT_EQ(page.events.front().batch->trace.traceparent(), traceparent);
}

TEST(ShopApi, ShowsAnOrderAsItIsStored) {
  Api shop;
  std::string body = kOrder;
  body.insert(1, R"("order":"9",)");
  EXPECT_EQ(shop.api.post_order(post(body)).status, 201);
  const Response response = shop.api.read_order(get("9"));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("order":"9","customer":"77","country":"Norway")"));
  EXPECT_THAT(response.body, HasSubstr(R"("price":"7.5000")"));
  EXPECT_EQ(shop.api.read_order(get("8")).status, 404);
  EXPECT_EQ(shop.api.read_order(get("")).status, 404);
}

TEST(ShopApi, ShowsAProductAfterEveryChange) {
  Api shop;
  EXPECT_EQ(shop.api.read_product(get("A")).status, 404);
  EXPECT_EQ(shop.api.post_delivery(post(R"({"product":"A","quantity":5})")).status, 201);
  EXPECT_THAT(shop.api.read_product(get("A")).body, HasSubstr(R"("on_hand":5)"));
  EXPECT_EQ(shop.api.post_order(post(kOrder)).status, 201);
  EXPECT_THAT(shop.api.read_product(get("A")).body, HasSubstr(R"("on_hand":3)"));
  EXPECT_EQ(
      shop.api.post_return(post(R"({"lines":[{"product":"A","quantity":1,"price":"1"}]})")).status,
      201);
  EXPECT_EQ(shop.api.read_product(get("A")).body,
            R"({"product":"A","tracked":true,"on_hand":4,"sold":2,"returned":1})");
}

TEST(ShopApi, ShowsRevenueUpToTheLatestOrder) {
  Api shop;
  EXPECT_THAT(shop.api.read_revenue({}).body, HasSubstr(R"("orders": 0)"));
  EXPECT_EQ(shop.api.post_order(post(kOrder)).status, 201);
  EXPECT_THAT(shop.api.read_revenue({}).body, HasSubstr(R"("gross": "15.0000")"));
}

TEST(ShopApi, TakesJsonHoweverItIsCalled) {
  Api shop;
  const auto status_with = [&](std::string type) {
    Request request = post(kOrder);
    request.headers.push_back({"Content-Type", std::move(type)});
    return shop.api.post_order(request).status;
  };
  for (const char* type :
       {"application/json", "Application/JSON", "application/json ; charset=utf-8",
        " application/json\t;charset=utf-8", ""}) {
    EXPECT_EQ(status_with(type), 201) << type;
  }
  for (const char* type : {"text/plain", "application/jsonx", "application/json-patch+json", ";",
                           "application / json"}) {
    EXPECT_EQ(status_with(type), 415) << type;
  }
}

TEST(ShopApi, TakesOneKeyThatSaysSomething) {
  Api shop;
  const auto answer_with = [&](const std::vector<std::string>& keys) {
    Request request = post(kOrder);
    for (const std::string& key : keys) request.headers.push_back({"idempotency-KEY", key});
    return shop.api.post_order(request);
  };
  for (const auto& keys : {std::vector<std::string>{""},
                           {"a", "b"},
                           {"a", ""},
                           {"a", "a", "b"},
                           {std::string(201, 'k')}}) {
    const Response refused = answer_with(keys);
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("invalid_idempotency_key"));
  }
  EXPECT_EQ(shop.orders_recorded(), 0U);
  EXPECT_EQ(answer_with({"a", "a"}).status, 201);
  EXPECT_EQ(header(answer_with({"a"}), "Idempotency-Replayed"), "true");
  EXPECT_EQ(answer_with({std::string(200, 'k')}).status, 201);
}

TEST(ShopApi, NeverBlamesAReaderForWhatIsStored) {
  Api shop;
  shop.write("order-9", "order_placed", R"({"order":5})");
  EXPECT_EQ(shop.api.read_order(get("9")).status, 500);
  EXPECT_EQ(shop.api.read_revenue({}).status, 500);
  EXPECT_EQ(problem_of_read(eventcore::make_error(eventcore::ErrorCode::LimitExceeded, "x")).status,
            500);
  EXPECT_EQ(
      problem_of_read(eventcore::make_error(eventcore::ErrorCode::InvalidArgument, "x")).status,
      500);
}

TEST(ShopApi, AsksToTryAgainWhenTheStoreIsAway) {
  Api shop;
  ASSERT_TRUE(shop.store->close({}));
  const Response response = shop.api.post_order(post(kOrder));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "1");
  EXPECT_EQ(shop.api.read_order(get("9")).status, 503);
}

}  // namespace
}  // namespace shop
