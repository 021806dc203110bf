#include "replay/replay.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/sales_report.hpp"
#include "shop_on_memory.hpp"

namespace shop {
namespace {

/// A hundred invoices that share customers and products.
std::vector<ReplayStep> hundred_steps() {
  std::string text =
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
  for (int i = 0; i < 100; ++i) {
    const std::string number = (i % 10 == 0 ? "C" : "") + std::to_string(1'000 + i);
    const char* quantity = i % 10 == 0 ? "-1" : "2";
    for (int product = i % 3; product < 8; product += 2) {
      text += number + ",P" + std::to_string(product) + ",Thing," + quantity +
              ",12/1/10 8:26,1.25," + std::to_string(i % 7) + ",Norway\n";
    }
  }
  return parse_retail_file(text).value().steps;
}

TEST(Replay, ChangesNothingTheSecondTime) {
  for (const std::size_t concurrency : {std::size_t{1}, std::size_t{16}}) {
    ShopOnMemory shop;
    const auto steps = hundred_steps();
    ReplayOutcome outcome = replay(steps, shop.executor, {.concurrency = concurrency});
    EXPECT_EQ(outcome.tally.stored, 100U);
    EXPECT_FALSE(outcome.stopped);
    EXPECT_FALSE(outcome.error);
    SalesReport report;
    ASSERT_TRUE(report.catch_up(*shop.store));
    EXPECT_EQ(report.orders(), 90);
    EXPECT_EQ(report.returns(), 10);
    const auto head = shop.store->head();

    outcome = replay(steps, shop.executor, {.concurrency = concurrency});
    EXPECT_EQ(outcome.tally.repeated, 100U);
    EXPECT_EQ(shop.store->head(), head);
  }
}

TEST(Replay, TellsOfRefusalsAndGoesOn) {
  ShopOnMemory shop;
  EXPECT_EQ(shop.refusal(delivery("P0", 1)), "");
  std::size_t problems = 0;
  const auto steps = hundred_steps();
  const ReplayOutcome outcome =
      replay(steps, shop.executor, {.problem = [&](const ReplayStep&, const std::string& reason) {
               ++problems;
               EXPECT_NE(reason.find("P0"), std::string::npos);
             }});
  EXPECT_EQ(outcome.tally.done(), steps.size());
  EXPECT_GT(outcome.tally.refused, 0U);
  EXPECT_EQ(problems, outcome.tally.refused);
}

TEST(Replay, EndsWithTheStore) {
  ShopOnMemory shop;
  ASSERT_TRUE(shop.store->close({}));
  const auto steps = hundred_steps();
  const ReplayOutcome outcome = replay(steps, shop.executor, {.concurrency = 1});
  EXPECT_EQ(outcome.tally.done(), 1U);
  EXPECT_EQ(outcome.tally.failed, 1U);
  EXPECT_EQ(outcome.error->code, eventcore::ErrorCode::ShuttingDown);
}

TEST(Replay, StopsBetweenCommandsAndCanGoOn) {
  ShopOnMemory shop;
  const auto steps = hundred_steps();
  std::stop_source stop;
  ReplayOutcome outcome = replay(
      steps, shop.executor,
      {.concurrency = 1, .stop = stop.get_token(), .progress = [&](const ReplayTally& tally) {
         if (tally.done() >= 30) stop.request_stop();
       }});
  EXPECT_TRUE(outcome.stopped);
  EXPECT_GE(outcome.tally.stored, 30U);
  EXPECT_LT(outcome.tally.stored, 100U);
  const std::size_t stored = outcome.tally.stored;

  outcome = replay(steps, shop.executor, {});
  EXPECT_EQ(outcome.tally.repeated, stored);
  EXPECT_EQ(outcome.tally.stored, steps.size() - stored);
}

TEST(Replay, KeepsThePaceOfTheInvoices) {
  ShopOnMemory shop;
  const auto steps =
      parse_retail_file(
          "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
          "1,A,Thing,1,12/1/10 8:00,1,,Norway\n"
          "2,A,Thing,1,12/1/10 8:01,1,,Norway\n")
          .value()
          .steps;
  const auto begin = std::chrono::steady_clock::now();
  const ReplayOutcome outcome = replay(steps, shop.executor, {.speed = 600.0});
  EXPECT_EQ(outcome.tally.stored, 2U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace shop
