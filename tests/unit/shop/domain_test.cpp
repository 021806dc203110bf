// The commands on a memory store: each test states one rule of the shop.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shop_on_memory.hpp"

namespace shop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AdjustStock adjustment(std::string_view id, std::vector<Line> lines) {
  return {.id = AdjustmentId::parse(id).value(), .lines = std::move(lines)};
}

BookAdjustment booking(std::string_view id, std::vector<Line> lines) {
  return {.id = AdjustmentId::parse(id).value(), .lines = std::move(lines)};
}

RegisterCustomer registration(std::string_view id) {
  return {.id = CustomerId::parse(id).value(), .country = "Norway"};
}

TEST(PlaceOrder, WritesOrderCustomerAndProductsInOneBatch) {
  ShopOnMemory shop;
  const auto result =
      shop.executor.execute(order("1", {line("A", 2), line("B", 1), line("A", 3)}, "77")).value();
  EXPECT_EQ(result.event_count(), 5U);
  EXPECT_THAT(shop.types_on("order-1"), ElementsAre("order_placed"));
  EXPECT_THAT(shop.types_on("customer-77"), ElementsAre("customer_registered", "customer_ordered"));
  EXPECT_THAT(shop.types_on("product-A"), ElementsAre("stock_reserved"));
  EXPECT_THAT(shop.types_on("product-B"), ElementsAre("stock_reserved"));
  EXPECT_EQ(shop.store->head().value, 5U);
}

TEST(PlaceOrder, RegistersACustomerOnce) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)}, "77")), "");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 1)}, "77")), "");
  EXPECT_THAT(shop.types_on("customer-77"),
              ElementsAre("customer_registered", "customer_ordered", "customer_ordered"));
}

TEST(PlaceOrder, WorksWithoutACustomer) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)})), "");
  EXPECT_EQ(shop.store->head().value, 2U);
}

TEST(PlaceOrder, SellsUntrackedProductsWithoutLimit) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1'000'000)})), "");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 1'000'000)})), "");
}

TEST(PlaceOrder, NeverSellsMoreThanThereIs) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(delivery("A", 5)), "");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 3), line("A", 3)})), "out_of_stock");
  EXPECT_EQ(shop.refusal(order("2", {line("B", 9), line("A", 6)})), "out_of_stock");
  EXPECT_THAT(shop.types_on("order-2"), IsEmpty());
  EXPECT_THAT(shop.types_on("product-B"), IsEmpty());
  EXPECT_EQ(shop.refusal(order("3", {line("A", 2), line("A", 3)})), "");
  EXPECT_EQ(shop.refusal(order("4", {line("A", 1)})), "out_of_stock");
}

TEST(PlaceOrder, CountsStockFromTheFirstDelivery) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(order("1", {line("A", 7)})), "");
  EXPECT_EQ(shop.refusal(delivery("A", 2)), "");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 2)})), "");
  EXPECT_EQ(shop.refusal(order("3", {line("A", 1)})), "out_of_stock");
}

TEST(PlaceOrder, RefusesASecondOrderWithItsId) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)})), "");
  EXPECT_EQ(shop.refusal(order("1", {line("B", 1)})), "already_placed");
}

TEST(PlaceOrder, ChangesNothingWhenItIsRepeatedWithItsKey) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)}), "order:1"), "");
  const auto head = shop.store->head();
  const auto again =
      shop.executor.execute(order("1", {line("A", 1)}), {.idempotency_key = "order:1"}).value();
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(shop.store->head(), head);
}

TEST(PlaceOrder, RefusesLinesThatMakeNoSense) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(order("1", {})), "no_lines");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 0)})), "bad_quantity");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1), line("B", -1)})), "bad_quantity");
  EXPECT_EQ(shop.refusal(order("1", {line("A", kQuantityMax)})), "");
  EXPECT_EQ(shop.refusal(order("2", {line("A", kQuantityMax + 1)})), "bad_quantity");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 1'000, "922337203685477")})), "amount_too_large");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 1, "1000000000.0001")})), "amount_too_large");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 1, "1000000000"), line("B", 1, "1000000000")})), "");
}

TEST(ReturnGoods, PutsTrackedGoodsBackIntoStock) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(delivery("A", 1)), "");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)})), "");
  EXPECT_EQ(shop.refusal(goods_return("C1", {line("A", 1)})), "");
  EXPECT_EQ(shop.refusal(order("2", {line("A", 1)})), "");
  EXPECT_EQ(shop.refusal(goods_return("C1", {line("A", 1)})), "already_returned");
  EXPECT_EQ(shop.refusal(goods_return("C2", {})), "no_lines");
  EXPECT_EQ(shop.refusal(goods_return("C2", {line("A", -1)})), "bad_quantity");
  EXPECT_EQ(shop.refusal(goods_return("C2", {line("A", 2, "-1000000000")})), "amount_too_large");
  EXPECT_EQ(shop.refusal(goods_return("C2", {line("A", 0)})), "");
}

TEST(ReturnGoods, MakesNobodyACustomer) {
  ShopOnMemory shop;
  ReturnGoods goods = goods_return("C1", {line("A", 1)});
  goods.customer = CustomerId::parse("77").value();
  EXPECT_EQ(shop.refusal(goods), "");
  EXPECT_THAT(shop.types_on("customer-77"), ElementsAre("customer_returned"));
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)}, "77")), "");
  EXPECT_THAT(shop.types_on("customer-77"),
              ElementsAre("customer_returned", "customer_registered", "customer_ordered"));
}

TEST(AdjustStock, ChangesTrackedStockUpAndDown) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(delivery("A", 5)), "");
  EXPECT_EQ(shop.refusal(adjustment("1", {line("A", -3), line("A", -1)})), "");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 2)})), "out_of_stock");
  EXPECT_EQ(shop.refusal(adjustment("2", {line("A", 1)})), "");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 2)})), "");
  EXPECT_EQ(shop.refusal(adjustment("2", {line("A", 1)})), "already_adjusted");
  EXPECT_EQ(shop.refusal(adjustment("3", {})), "no_lines");
  EXPECT_EQ(shop.refusal(adjustment("3", {line("A", -kQuantityMax - 1)})), "bad_quantity");
}

TEST(AdjustStock, DoesNotBeginToTrackAProduct) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(adjustment("1", {line("A", -9'360)})), "");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)})), "");
}

TEST(BookAdjustment, TouchesNoStock) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(booking("A1", {line("B", 1, "-11062.06")})), "");
  EXPECT_THAT(shop.types_on("adjustment-A1"), ElementsAre("adjustment_booked"));
  EXPECT_THAT(shop.types_on("product-B"), IsEmpty());
  EXPECT_EQ(shop.refusal(booking("A1", {line("B", 1)})), "already_booked");
  EXPECT_EQ(shop.refusal(booking("A2", {})), "no_lines");
  EXPECT_EQ(shop.refusal(booking("A2", {line("B", 1, "-1000000000.0001")})), "amount_too_large");
}

TEST(RegisterCustomer, RefusesAKnownOne) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(registration("77")), "");
  EXPECT_EQ(shop.refusal(registration("77")), "already_registered");
  EXPECT_EQ(shop.refusal(order("1", {line("A", 1)}, "77")), "");
  EXPECT_THAT(shop.types_on("customer-77"), ElementsAre("customer_registered", "customer_ordered"));
}

TEST(ReceiveStock, TakesPositiveQuantitiesOnly) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(delivery("A", 0)), "bad_quantity");
  EXPECT_EQ(shop.refusal(delivery("A", kQuantityMax + 1)), "bad_quantity");
  EXPECT_EQ(shop.refusal(delivery("A", kQuantityMax)), "");
}

}  // namespace
}  // namespace shop
