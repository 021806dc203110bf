// The answers to questions, which are the same wherever read models are kept.

#include <thread>
#include <vector>

#include "read_model_fixture.hpp"
#include "report/sales_report.hpp"

namespace shop {
namespace {

eventcore::Deadline patience() { return eventcore::Deadline::after(std::chrono::seconds{40}); }

enum class Kept : std::uint8_t { InAFolder, InASchema };

class ReadModelApi : public ReadModelQuestions, public testing::WithParamInterface<Kept> {
 protected:
  ReadModelApi() {
    if (GetParam() == Kept::InASchema) schema_.emplace();
    open(schema_ ? schema_->place() : temporary());
  }
  ~ReadModelApi() override {
    api_.reset();
    models_.reset();
  }

 private:
  std::optional<Schema> schema_;
};
INSTANTIATE_TEST_SUITE_P(Places, ReadModelApi, testing::Values(Kept::InAFolder, Kept::InASchema),
                         [](const auto& tested) {
                           return tested.param == Kept::InAFolder ? "Folder" : "Schema";
                         });

TEST_P(ReadModelApi, ListsTheOrdersOfACustomerNewestFirst) {
  EXPECT_EQ(orders("77", "", 404)["code"], "not_found");
  place(order("1", {line("A", 2, "2.5"), line("B", 1, "0.0001")}, "77"), kChristmas);
  place(order("2", {line("A", 1)}, "78"));
  place(order("3", {line("A", 1)}));
  place(order("4", {line("A", 3, "10")}, "77"));
  const json all = orders("77");
  EXPECT_EQ(all["orders"], 2);
  EXPECT_EQ(all["total"], "35.0001");
  ASSERT_EQ(all["listed"].size(), 2U);
  EXPECT_EQ(all["listed"][0]["order"], "4");
  EXPECT_EQ(all["listed"][1]["placed_at"], "2010-12-24T00:00:00Z");
  EXPECT_EQ(all["listed"][1]["units"], 3);
  EXPECT_EQ(all["listed"][1]["country"], "Norway");
  EXPECT_FALSE(all.contains("next"));
  EXPECT_EQ(all["position"], store->head().value);
}

TEST_P(ReadModelApi, KnowsACustomerWithoutOrders) {
  EXPECT_EQ(refusal(RegisterCustomer{CustomerId::parse("77").value(), "Norway"}), "");
  EXPECT_EQ(orders("77")["orders"], 0);
}

TEST_P(ReadModelApi, PagesThroughOrdersWithoutGapOrRepetition) {
  for (int i = 0; i < 7; ++i) place(order(std::to_string(i), {line("A", 1)}, "7 7"));
  std::string seen;
  std::string query = "limit=3";
  for (;;) {
    const json page = orders("7 7", query);
    for (const json& one : page["listed"]) seen += one["order"].get<std::string>();
    if (!page.contains("next")) break;
    const std::string next = page["next"];
    EXPECT_TRUE(next.starts_with("/customers/7%207/orders?")) << next;
    query = next.substr(next.find('?') + 1);
  }
  EXPECT_EQ(seen, "6543210");
}

TEST_P(ReadModelApi, FindsWhatRunsOut) {
  for (const auto& [product, quantity] : {std::pair{"A", 5}, {"B", 2}, {"C%*", 1}, {"D", 9}}) {
    EXPECT_EQ(refusal(delivery(product, quantity)), "");
  }
  place(order("1", {line("A", 4), line("untracked", 100)}));
  const json low = stock("below=3");
  ASSERT_EQ(low["products"].size(), 3U) << low;
  EXPECT_EQ(low["products"][0],
            json::parse(R"({"product":"A","tracked":true,"on_hand":1,"sold":4,"returned":0})"));
  EXPECT_EQ(low["products"][2]["product"], "C%*");
  EXPECT_EQ(refusal(goods_return("r", {line("A", 2)})), "");
  EXPECT_EQ(stock("below=3")["products"].size(), 2U);
  const json first = stock("limit=3");
  EXPECT_EQ(first["products"].size(), 3U);
  EXPECT_EQ(first["next"], "/stock?limit=3&start=D");
  const json last = stock("limit=3&start=D");
  ASSERT_EQ(last["products"].size(), 2U);
  EXPECT_EQ(last["products"][1]["product"], "untracked");
  EXPECT_EQ(last["products"][1]["on_hand"], nullptr);
}

TEST_P(ReadModelApi, SumsUpRevenueByDayAndCountry) {
  PlaceOrder abroad = order("1", {line("A", 2, "2.55"), line("B", 1, "0.001")});
  abroad.lines[1].country = "Sweden";
  place(abroad, kChristmas);
  place(order("2", {line("A", 1, "1")}), kChristmas + std::chrono::days(1));
  ReturnGoods back = goods_return("C1", {line("A", 1, "-2.5")});
  back.returned_at = kChristmas;
  EXPECT_EQ(refusal(back), "");
  const json all = revenue();
  EXPECT_EQ(all["orders"], 2);
  EXPECT_EQ(all["gross"], "6.1010");
  EXPECT_EQ(all["returned"], "2.5000");
  ASSERT_EQ(all["days"].size(), 3U) << all;
  EXPECT_EQ(all["days"][0]["day"], "2010-12-24");
  EXPECT_EQ(all["days"][0]["gross"], "5.1000");
  EXPECT_EQ(all["days"][1]["country"], "Sweden");
  EXPECT_EQ(all["days"][1]["orders"], 0) << "an order counts for its own country";
  EXPECT_EQ(revenue("from=2010-12-25")["gross"], "1.0000");
  EXPECT_EQ(revenue("to=2010-12-24&country=Norway")["gross"], "5.1000");
  EXPECT_EQ(revenue("from=2010-12-26")["days"].size(), 0U);
  const json one = revenue("limit=1");
  EXPECT_EQ(one["days"].size(), 1U);
  EXPECT_EQ(one["more"], true);
  EXPECT_EQ(one["gross"], "6.1010") << "the total is that of all days";
}

// Amounts beyond every limit of commands, as another program may have stored them.
TEST_P(ReadModelApi, SumsUpExactlyWhateverIsStored) {
  const std::vector<Line> lines{line("A", kQuantityMax, "900000000000000"),
                                line("B", 1, "900000000000000.0001")};
  for (int i = 0; i < 3; ++i) {
    const std::string id = std::to_string(i);
    write(("order-" + id).c_str(), OrderPlaced{OrderId::parse(id).value(), std::nullopt, "Norway",
                                               kChristmas, lines, Money()});
  }
  SalesReport report;
  ASSERT_TRUE(report.catch_up(*store));
  EXPECT_EQ(revenue()["gross"], report.gross().to_string());
  EXPECT_EQ(revenue()["gross"], "2700000002700000000000000.0003");
}

TEST_P(ReadModelApi, RefusesParametersThatItCanNotRead) {
  for (const char* query :
       {"from=2010-13-01", "from=1.1.2010", "limit=0", "limit=1001", "limit=x", "after=-1", "frm=1",
        "from=2010-12-24&from=2010-12-25", "limit=", "after=99999999999999999999", "country=%zz"}) {
    const json refused = ask_now(&shop::ReadModelApi::revenue, query, {}, 400);
    EXPECT_EQ(refused["code"], "invalid_query") << query;
  }
  EXPECT_EQ(ask_now(&shop::ReadModelApi::stock, "below=few", {}, 400)["code"], "invalid_query");
  EXPECT_EQ(ask_now(&shop::ReadModelApi::revenue, "from=2012-02-29&&", {}, 200)["orders"], 0);
}

TEST_P(ReadModelApi, SaysWhenAPositionIsNotReached) {
  api_.emplace(*models_, std::chrono::milliseconds{30});
  EXPECT_EQ(ask_now(&shop::ReadModelApi::stock, "after=1", {}, 504)["code"], "deadline_exceeded");
}

TEST_P(ReadModelApi, StopsAtWhatItCanNotReadAndSaysSo) {
  place(order("1", {line("A", 1)}, "77"));
  ASSERT_EQ(revenue()["orders"], 1);
  write("order-9", "order_placed", R"({"order":5})");
  EXPECT_EQ(revenue("", 500)["code"], "handler_failed");
  EXPECT_EQ(ask_now(&shop::ReadModelApi::revenue, "", {}, 200)["orders"], 1) << "what was before";
}

TEST_P(ReadModelApi, IsTheSameAfterAReset) {
  EXPECT_EQ(refusal(delivery("A", 50)), "");
  for (int i = 0; i < 20; ++i) {
    place(order(std::to_string(i), {line("A", 1)}, std::to_string(i % 3)), kChristmas);
  }
  const json before = {orders("1"), stock(), revenue()};
  EXPECT_EQ(before[2]["orders"], 20);
  for (const auto& model : models_->all()) {
    const std::string key = model->runner().projector().key();
    ASSERT_TRUE(store->projections().reset(key, {0}));
    const eventcore::Deadline end = patience();
    const auto is_reset = [&] {
      const auto record = store->projections().load(key);
      return record && *record && !(*record)->has_pending_reset() &&
             (*record)->position == store->head();
    };
    while (!is_reset()) {
      ASSERT_FALSE(end.expired(eventcore::system_clock())) << key;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }
  const json after = {orders("1"), stock(), revenue()};
  EXPECT_EQ(after, before);
}

// PostgreSQL's own texts don't take it.
TEST_P(ReadModelApi, KeepsTextsWithANul) {
  PlaceOrder odd = order("1", {line("A", 1, "1")}, "77");
  odd.country = std::string("Nor\0way", 7);
  place(odd, kChristmas);
  place(order("2", {line("A", 1, "1")}), kChristmas);
  const json days = revenue()["days"];
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0]["country"], odd.country);
  EXPECT_EQ(orders("77")["listed"][0]["country"], odd.country);
}

TEST_P(ReadModelApi, AnswersManyAtOnce) {
  place(order("1", {line("A", 1)}, "77"));
  EXPECT_EQ(revenue()["orders"], 1);
  std::vector<std::jthread> readers;
  for (int i = 0; i < 24; ++i) {
    readers.emplace_back([&] {
      for (int question = 0; question < 10; ++question) EXPECT_EQ(orders("77")["orders"], 1);
    });
  }
}

}  // namespace
}  // namespace shop
