#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "eventcore/event_store.hpp"
#include "eventcore/store_url.hpp"
#include "tool.hpp"

namespace eventcore {
namespace {

using testing::HasSubstr;

/// A store with a command that lost its first attempt, as an executor writes it.
class ExplainedStore : public testing::Test {
 protected:
  ExplainedStore() {
    std::string folder = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    const Result<StoreUrl> url = StoreUrl::parse(store());
    EXPECT_TRUE(url);
    Result<std::unique_ptr<EventStore>> opened = open_store(*url);
    EXPECT_TRUE(opened) << opened.error().message;
    winner_.info.command_type = "adjust_stock";
    winner_.info.id = mint_uuid({});
    winner_.add_event(winner_.add_stream(StreamId::literal("product-1"), ExpectedVersion::any()),
                      "StockAdjusted", 1, R"({"by":5})");
    EXPECT_TRUE((*opened)->append(winner_));
    loser_.info.command_type = "place_order";
    loser_.info.id = mint_uuid({});
    loser_.info.key = "cart-7";
    loser_.info.decision.attempts = 2;
    loser_.info.decision.interference.push_back(
        {.stream = "product-1",
         .conflict = {.expected = {0},
                      .actual = {1},
                      .winner_position = {1},
                      .winner_id = winner_.info.id,
                      .winner_command_type = "adjust_stock"}});
    loser_.add_stream(StreamId::literal("customer-3"), ExpectedVersion::no_stream());
    const std::uint32_t product =
        loser_.add_stream(StreamId::literal("product-1"), ExpectedVersion::exactly({1}));
    loser_.add_event(product, "StockReserved", 1, R"({"quantity":2})");
    EXPECT_TRUE((*opened)->append(loser_));
    EXPECT_TRUE((*opened)->close({}));
  }
  ~ExplainedStore() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string store() const { return "sqlite:" + (folder_ / "shop.db").string(); }

  /// What `eventcore explain` prints.
  std::string explain(const std::string& arguments, int exit_code = 0) const {
    return cli_test::run_tool("explain --store '" + store() + "' " + arguments, exit_code);
  }

  std::filesystem::path folder_;
  WriteBatch winner_;
  WriteBatch loser_;
};

TEST_F(ExplainedStore, NamesWhoInterfered) {
  const std::string text = explain("2");
  EXPECT_THAT(text, HasSubstr("place_order"));
  EXPECT_THAT(text, HasSubstr(loser_.info.id.to_string()));
  EXPECT_THAT(text, testing::ContainsRegex("attempts +2\n"));
  EXPECT_THAT(text, testing::ContainsRegex("idempotency key +cart-7\n"));
  EXPECT_THAT(text, testing::ContainsRegex("customer-3 +0 +- +0\n"));
  EXPECT_THAT(text, testing::ContainsRegex("product-1 +1 +1 +2\n"));
  EXPECT_THAT(text, testing::ContainsRegex("product-1 +0 +1 +adjust_stock +1 +" +
                                           winner_.info.id.to_string()));
  EXPECT_THAT(text, HasSubstr("StockReserved"));
  EXPECT_THAT(text, testing::Not(HasSubstr("StockAdjusted")));
}

TEST_F(ExplainedStore, TellsMachinesTheSame) {
  const std::string text = explain("2 --json");
  EXPECT_THAT(text, HasSubstr(R"("command":"place_order")"));
  EXPECT_THAT(text, HasSubstr(R"("attempts":2,"idempotency_key":"cart-7")"));
  EXPECT_THAT(text, HasSubstr(R"({"stream":"customer-3","version":0,"written":false})"));
  EXPECT_THAT(text, HasSubstr(R"({"stream":"product-1","expected_version":0,"actual_version":1,)"
                              R"("winner_command":"adjust_stock","winner_command_id":")" +
                              winner_.info.id.to_string() + R"(","winner_position":1})"));
}

TEST_F(ExplainedStore, FindsACommandByItsKey) {
  EXPECT_EQ(explain("--key cart-7"), explain("2"));
  EXPECT_THAT(explain("--key cart", 1), HasSubstr("'cart'"));
  for (const char* bad : {"", "--key ''", "--key cart-7 2"}) {
    EXPECT_THAT(explain(bad, 2), HasSubstr("explain --help"));
  }
}

}  // namespace
}  // namespace eventcore
