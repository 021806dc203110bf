#include "replay/retail_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shop {
namespace {

using testing::ElementsAre;

constexpr std::string_view kHeader =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

RetailFile parse(std::string_view rows) {
  auto file = parse_retail_file(std::string(kHeader) + std::string(rows));
  EXPECT_TRUE(file);
  return *std::move(file);
}

std::vector<std::string> keys(const RetailFile& file) {
  std::vector<std::string> result;
  for (const ReplayStep& step : file.steps) result.push_back(step.key);
  return result;
}

TEST(RetailFile, MakesOneOrderOfAllRowsOfAnInvoice) {
  const RetailFile file = parse(
      "901,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n"
      "902,A1,Tea,1,12/1/10 8:27,2.5,,Norway\n"
      "901,a1,tea,3,12/1/10 8:28,1,77,Sweden\n");
  EXPECT_THAT(keys(file), ElementsAre("order:901", "order:902"));
  const auto& order = std::get<PlaceOrder>(file.steps[0].command);
  EXPECT_EQ(order.customer->text(), "77");
  EXPECT_EQ(order.country, "Norway");
  ASSERT_EQ(order.lines.size(), 2U);
  EXPECT_EQ(order.lines[0].country, std::nullopt);
  EXPECT_EQ(order.lines[1].country, "Sweden");
  EXPECT_EQ(order.lines[1].product.text(), "a1");
  EXPECT_FALSE(std::get<PlaceOrder>(file.steps[1].command).customer);
  EXPECT_EQ(file.rows, 3U);
}

TEST(RetailFile, TellsInvoicesApartByTheirNumbers) {
  const RetailFile file = parse(
      "901,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n"
      "901,B2,Lost,-4,12/1/10 8:26,0,,Norway\n"
      "C902,A1,Tea,-2,12/1/10 8:27,2.5,77,Norway\n"
      "A903,B,Bad debt,1,12/1/10 8:28,-5.5,,Norway\n"
      "c904,X,Lower case,1,12/1/10 8:28,1,,Norway\n"
      "905,B2,Counted,0,12/1/10 8:29,0,,Norway\n");
  EXPECT_THAT(keys(file), ElementsAre("order:901", "adjust:901", "return:C902", "book:A903",
                                      "book:c904", "adjust:905"));
  const auto& adjustment = std::get<AdjustStock>(file.steps[1].command);
  EXPECT_EQ(adjustment.lines.front().quantity, -4);
  const auto& goods = std::get<ReturnGoods>(file.steps[2].command);
  EXPECT_EQ(goods.lines.front().quantity, 2);
  EXPECT_EQ(goods.customer->text(), "77");
  const auto& booking = std::get<BookAdjustment>(file.steps[3].command);
  EXPECT_EQ(booking.lines.front().price, Money::of_units(-55'000));
}

TEST(RetailFile, CountsWhatAReturnBringsBackWhateverItsSign) {
  const RetailFile file = parse(
      "C1,A1,Tea,-2,12/1/10 8:26,2.5,,Norway\n"
      "C1,A1,Tea,3,12/1/10 8:26,2.5,,Norway\n");
  const auto& goods = std::get<ReturnGoods>(file.steps[0].command);
  EXPECT_EQ(goods.lines[0].quantity, 2);
  EXPECT_EQ(goods.lines[1].quantity, 3);
}

TEST(RetailFile, RejectsRowsAndGoesOn) {
  const RetailFile file = parse(
      "901,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n"
      "901,A1,\"Two\nlines\",two,12/1/10 8:26,2.5,77,Norway\n"
      "901,A1,Tea\n"
      "902,A1,\"Tea,2,12/1/10 8:26,2.5,77,Norway\n"
      "903,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n");
  EXPECT_THAT(keys(file), ElementsAre("order:901", "order:903"));
  ASSERT_EQ(file.rejected.size(), 3U);
  EXPECT_EQ(file.rejected[0].line, 3U);
  EXPECT_EQ(file.rejected[0].reason, "quantity is not an integer");
  EXPECT_EQ(file.rejected[1].line, 5U);
  EXPECT_EQ(file.rejected[1].text, "901,A1,Tea");
  EXPECT_EQ(file.rejected[2].line, 6U);
  EXPECT_EQ(file.rejected[2].reason, "a quoted field has no end");
  EXPECT_EQ(file.rows, 5U);
}

TEST(RetailFile, LosesNoOrderToAnUnclosedQuote) {
  const std::string good = ",A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n";
  const std::string open = ",A1,\"Tea,2,12/1/10 8:26,2.5,77,Norway\n";
  const std::string inch = ",A1,Box 6\",2,12/1/10 8:26,2.5,77,Norway\n";
  const RetailFile file = parse("901" + good + "902" + open + "903" + good + "904" + good + "905" +
                                inch + "906" + good + "907" + open);
  EXPECT_THAT(keys(file),
              ElementsAre("order:901", "order:903", "order:904", "order:905", "order:906"));
  EXPECT_EQ(file.rows, 7U);
  ASSERT_EQ(file.rejected.size(), 2U);
  EXPECT_EQ(file.rejected[0].line, 3U);
  EXPECT_EQ(file.rejected[0].reason, "a quoted field has no end");
  EXPECT_EQ(file.rejected[1].line, 8U);
}

TEST(RetailFile, RejectsControlCharactersInCodes) {
  const std::string nul(1, '\0');
  const RetailFile file = parse("9" + nul + "01,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n902,A" + nul +
                                ",Tea,2,12/1/10 8:26,2.5,77,Norway\n"
                                "903,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n");
  EXPECT_THAT(keys(file), ElementsAre("order:903"));
  ASSERT_EQ(file.rejected.size(), 2U);
  EXPECT_EQ(file.rejected[0].line, 2U);
  EXPECT_EQ(file.rejected[0].reason, "invoice has a control character");
  EXPECT_EQ(file.rejected[1].line, 3U);
  EXPECT_EQ(file.rejected[1].reason, "stock code has a control character");
}

TEST(RetailFile, ChoosesTheEncodingOfEachRow) {
  const RetailFile file = parse(
      "901,A1,caf\xC3\xA9,2,12/1/10 8:26,2.5,77,Norway\n"
      "902,A1,caf\xE9,2,12/1/10 8:26,2.5,77,\xC3\xA9\n"
      "903,A1,caf\xE9,two,12/1/10 8:26,2.5,77,Norway\n");
  ASSERT_EQ(file.steps.size(), 2U);
  const auto& utf8 = std::get<PlaceOrder>(file.steps[0].command);
  EXPECT_EQ(utf8.lines[0].description, "caf\xC3\xA9");
  const auto& latin1 = std::get<PlaceOrder>(file.steps[1].command);
  EXPECT_EQ(latin1.lines[0].description, "caf\xC3\xA9");
  EXPECT_EQ(latin1.country, "\xC3\x83\xC2\xA9");
  EXPECT_TRUE(file.rejected.at(0).text.starts_with("903,A1,caf\xC3\xA9,"));
}

TEST(RetailFile, ReadsWindowsFilesAndLatin1) {
  auto file = parse_retail_file(
      "\xEF\xBB\xBF"
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r\n"
      "901,A1,\"Caf\xE9, \xA3\",2,12/1/2010 08:26,2.5,77,Norway\r\n");
  ASSERT_TRUE(file);
  const auto& order = std::get<PlaceOrder>(file->steps.at(0).command);
  EXPECT_EQ(order.lines[0].country, std::nullopt);
  EXPECT_EQ(order.country, "Norway");
  EXPECT_TRUE(order.lines[0].description.starts_with("Caf"));
}

TEST(RetailFile, IsRefusedWithoutItsHeader) {
  for (const char* text : {"", "a,b\n", "901,A1,Tea,2,12/1/10 8:26,2.5,77,Norway\n"}) {
    const auto file = parse_retail_file(text);
    ASSERT_FALSE(file) << text;
    EXPECT_EQ(file.error().code, eventcore::ErrorCode::InvalidArgument);
  }
  EXPECT_TRUE(parse_retail_file(std::string(kHeader)));
  EXPECT_EQ(read_retail_file("/nonexistent/retail.csv", {}).error().code,
            eventcore::ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace shop
