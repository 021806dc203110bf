#include "report/sales_report.hpp"

#include <gtest/gtest.h>

#include "shop_on_memory.hpp"

namespace shop {
namespace {

TEST(SalesReport, CountsSalesAndReturnsOnly) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(delivery("A", 100)), "");
  PlaceOrder abroad = order("1", {line("A", 2, "2.55"), line("a", 1, "0.001")}, "77");
  abroad.lines[1].country = "Sweden";
  EXPECT_EQ(shop.refusal(abroad), "");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 1, "2.55")})), "");
  EXPECT_EQ(shop.refusal(goods_return("C1", {line("A", 1, "-2.5"), line("M", 2, "3")})), "");
  EXPECT_EQ(shop.refusal(AdjustStock{AdjustmentId::parse("1").value(), {}, {line("Z", -5, "9")}}),
            "");
  EXPECT_EQ(
      shop.refusal(BookAdjustment{AdjustmentId::parse("A1").value(), {}, {line("Z", 1, "-50")}}),
      "");

  SalesReport report;
  ASSERT_TRUE(report.catch_up(*shop.store));
  EXPECT_EQ(to_json(report), R"({
  "orders": 2,
  "returns": 1,
  "adjustments": 1,
  "units_sold": 4,
  "units_returned": 3,
  "gross": "7.6510",
  "returned": "8.5000",
  "customers": 1,
  "products": 2,
  "revenue_by_country": {
    "Norway": "7.6500",
    "Sweden": "0.0010"
  }
})");
}

TEST(SalesReport, TakesInEachEventOnce) {
  ShopOnMemory shop;
  SalesReport report;
  ASSERT_TRUE(report.catch_up(*shop.store));
  EXPECT_EQ(report.orders(), 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(shop.refusal(order(std::to_string(i), {line("A", 1)})), "");
    ASSERT_TRUE(report.catch_up(*shop.store));
    ASSERT_TRUE(report.catch_up(*shop.store));
    EXPECT_EQ(report.orders(), i + 1);
  }
}

TEST(SalesReport, SumsUpWhateverIsStored) {
  ShopOnMemory shop;
  const std::vector<Line> lines{line("A", kQuantityMax, "900000000000000"),
                                line("B", 1, "900000000000000.0001")};
  for (int i = 0; i < 3; ++i) {
    shop.write("order-1", OrderPlaced{OrderId::parse("1").value(), {}, "Norway", {}, lines, {}});
  }
  const std::vector<Line> back{line("A", kQuantityMax, "-900000000000000")};
  shop.write("return-C1", GoodsReturned{ReturnId::parse("C1").value(), {}, "Norway", {}, back, {}});
  SalesReport report;
  ASSERT_TRUE(report.catch_up(*shop.store));
  EXPECT_EQ(report.orders(), 3);
  EXPECT_EQ(report.gross().to_string(), "2700000002700000000000000.0003");
  EXPECT_EQ(report.returned().to_string(), "900000000000000000000000.0000");
  EXPECT_EQ(report.revenue_by_country().at("Norway"), report.gross());
}

}  // namespace
}  // namespace shop
