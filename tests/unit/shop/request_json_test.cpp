#include "serve/request_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Problem problem_with(std::string_view body) {
  const auto parsed = parse_order(body, {});
  const auto* problem = std::get_if<Problem>(&parsed);
  return problem == nullptr ? Problem{0, "none", "", {}} : *problem;
}

std::vector<std::string> pointers(std::string_view body) {
  std::vector<std::string> result;
  for (const FieldFault& fault : problem_with(body).faults) result.push_back(fault.pointer);
  return result;
}

std::string order_of_lines(std::size_t count) {
  std::string body = R"({"lines":[)";
  for (std::size_t i = 0; i < count; ++i) {
    body += std::string(i == 0 ? "" : ",") + R"({"product":"A","quantity":1,"price":"1"})";
  }
  return body + "]}";
}

TEST(RequestJson, BecomesAnOrder) {
  const auto parsed = parse_order(R"({"order":"9","customer":"77","country":"Norway","lines":[
      {"product":"A","description":"Tea","quantity":2,"price":"2.55"}]})",
                                  {});
  const auto& order = std::get<PlaceOrder>(parsed);
  EXPECT_EQ(order.id.text(), "9");
  EXPECT_EQ(order.customer->text(), "77");
  EXPECT_EQ(order.country, "Norway");
  ASSERT_EQ(order.lines.size(), 1U);
  EXPECT_EQ(order.lines[0].quantity, 2);
  EXPECT_EQ(order.lines[0].price, Money::of_units(25'500));
}

TEST(RequestJson, GivesAnOrderAnIdIfItHasNone) {
  const auto first = std::get<PlaceOrder>(parse_order(order_of_lines(1), {}));
  const auto second = std::get<PlaceOrder>(parse_order(order_of_lines(1), {}));
  EXPECT_EQ(first.id.text().size(), 36U);
  EXPECT_NE(first.id, second.id);
  EXPECT_FALSE(first.customer);
}

TEST(RequestJson, MustBeAnObject) {
  for (const char* body : {"", "{", "[]", "1", "null", "\"{}\"", "{\"a\":1,}", "{}x"}) {
    EXPECT_EQ(problem_with(body).code, "malformed_body") << body;
    EXPECT_EQ(problem_with(body).status, 400) << body;
  }
}

TEST(RequestJson, IsJsonToItsLastByte) {
  const std::string good = order_of_lines(1);
  const std::string nul(1, '\0');
  EXPECT_EQ(problem_with(good).code, "none");
  for (const std::string& body :
       {good + nul, good + nul + "garbage", nul + good, "\xEF\xBB\xBF" + good}) {
    EXPECT_EQ(problem_with(body).code, "malformed_body");
    EXPECT_EQ(problem_with(body).status, 400);
  }
}

TEST(RequestJson, LimitsTheAmountOfALine) {
  const auto with = [](const std::string& quantity, const std::string& price) {
    return R"({"lines":[{"product":"A","quantity":)" + quantity + R"(,"price":")" + price + "\"}]}";
  };
  EXPECT_THAT(pointers(with("1000000000", "1")), IsEmpty());
  EXPECT_THAT(pointers(with("1", "1000000000")), IsEmpty());
  EXPECT_THAT(pointers(with("1", "1000000000.0001")), ElementsAre("/lines/0"));
  EXPECT_THAT(pointers(with("1000000000", "1.0001")), ElementsAre("/lines/0"));
  EXPECT_THAT(pointers(with("1", "900000000000000")), ElementsAre("/lines/0"));
  EXPECT_THAT(pointers(with("1000000000", "900000000000000")), ElementsAre("/lines/0"));
}

TEST(RequestJson, TakesNoControlCharactersInCodes) {
  EXPECT_THAT(pointers(R"({"order":"9\u0000","customer":"7\n","lines":[
      {"product":"\u001b[31m","quantity":1,"price":"1"}]})"),
              ElementsAre("/order", "/customer", "/lines/0/product"));
}

TEST(RequestJson, NamesEveryFaultAtOnce) {
  EXPECT_THAT(pointers(R"({"order":"","customr":1,"country":5,"lines":[1,{"product":"A"}]})"),
              ElementsAre("/customr", "/order", "/country", "/lines/0", "/lines/1/quantity",
                          "/lines/1/price"));
}

TEST(RequestJson, TakesQuantitiesWithinTheirRange) {
  const auto with = [](const std::string& quantity) {
    return R"({"lines":[{"product":"A","price":"1","quantity":)" + quantity + "}]}";
  };
  EXPECT_THAT(pointers(with("1")), IsEmpty());
  EXPECT_THAT(pointers(with("1000000000")), IsEmpty());
  for (const char* quantity : {"0", "-1", "1000000001", "9223372036854775808",
                               "18446744073709551615", "1.0", "1e3", "\"1\"", "true"}) {
    EXPECT_THAT(pointers(with(quantity)), ElementsAre("/lines/0/quantity")) << quantity;
  }
}

TEST(RequestJson, TakesPricesAsDecimalStrings) {
  const auto with = [](const std::string& price) {
    return R"({"lines":[{"product":"A","quantity":1,"price":)" + price + "}]}";
  };
  EXPECT_THAT(pointers(with("\"0\"")), IsEmpty());
  EXPECT_THAT(pointers(with("\"12.7500\"")), IsEmpty());
  for (const char* price : {"1", "1.5", "\"-1\"", "\"\"", "\"1.00001\"", "null"}) {
    EXPECT_THAT(pointers(with(price)), ElementsAre("/lines/0/price")) << price;
  }
}

TEST(RequestJson, HasLimits) {
  EXPECT_EQ(problem_with(order_of_lines(kLinesMax)).code, "none");
  EXPECT_THAT(pointers(order_of_lines(kLinesMax + 1)), ElementsAre("/lines"));
  const auto country = [](std::size_t bytes) {
    return R"({"country":")" + std::string(bytes, 'x') +
           R"(","lines":[{"product":"A","quantity":1,"price":"1"}]})";
  };
  EXPECT_THAT(pointers(country(kCountryBytesMax)), IsEmpty());
  EXPECT_THAT(pointers(country(kCountryBytesMax + 1)), ElementsAre("/country"));
}

}  // namespace
}  // namespace shop
