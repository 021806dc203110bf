#include "replay/retail_row.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace shop {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

std::vector<std::string> good_fields() {
  return {"900001", "55555x", "TEA, GREEN", "6", "12/1/10 8:26", "2.55", "10001", "Norway"};
}

/// Why a row is refused in which column `index` has been replaced.
std::string reason(std::size_t index, std::string value) {
  auto fields = good_fields();
  fields.at(index) = std::move(value);
  const auto parsed = parse_retail_row(fields);
  const auto* fault = std::get_if<RowFault>(&parsed);
  return fault == nullptr ? "" : fault->reason;
}

TEST(RetailRow, ReadsAllColumns) {
  const auto parsed = parse_retail_row(good_fields());
  const auto& row = std::get<RetailRow>(parsed);
  EXPECT_EQ(row.invoice, "900001");
  EXPECT_EQ(row.line.product.text(), "55555x");
  EXPECT_EQ(row.line.description, "TEA, GREEN");
  EXPECT_EQ(row.line.quantity, 6);
  EXPECT_EQ(row.line.price, Money::of_units(25'500));
  EXPECT_EQ(row.line.country, "Norway");
  EXPECT_EQ(row.customer->text(), "10001");
  EXPECT_EQ(row.date, sys_days(2010y / 12 / 1) + 8h + 26min);
}

TEST(RetailRow, AllowsWhatTheRealDataHas) {
  EXPECT_EQ(reason(2, ""), "");
  EXPECT_EQ(reason(3, "-9360"), "");
  EXPECT_EQ(reason(3, "0"), "");
  EXPECT_EQ(reason(5, "0"), "");
  EXPECT_EQ(reason(5, "-11062.06"), "");
  EXPECT_EQ(reason(6, ""), "");
  EXPECT_EQ(reason(7, ""), "");
}

TEST(RetailRow, SaysWhatIsWrong) {
  EXPECT_EQ(reason(0, ""), "invoice is empty");
  EXPECT_EQ(reason(1, ""), "stock code is empty");
  EXPECT_EQ(reason(1, std::string(81, 'x')), "stock code is longer than 80 bytes");
  for (const char* text : {"", "six", "6.0", "6.5", "+-6", "0x6", "6 ", "99999999999999999999"}) {
    EXPECT_EQ(reason(3, text), "quantity is not an integer") << text;
  }
  EXPECT_EQ(reason(3, "1000000001"), "quantity is too large");
  EXPECT_EQ(reason(5, "166666666.6667"), "price times quantity is more than 1000000000");
  EXPECT_EQ(reason(5, "166666666.6666"), "");
  EXPECT_EQ(reason(6, "7\t"), "customer has a control character");
  for (const char* text : {"", "free", "2,55", "1e2"}) {
    EXPECT_EQ(reason(5, text), "price is not a decimal") << text;
  }
  for (const char* text : {"", "soon", "13/1/10 8:26", "2/29/11 0:00"}) {
    EXPECT_EQ(reason(4, text), "date is not a date") << text;
  }
  auto fields = good_fields();
  fields.pop_back();
  EXPECT_EQ(std::get<RowFault>(parse_retail_row(fields)).reason, "there are 7 columns, not 8");
}

TEST(RetailDate, ReadsBothYearForms) {
  EXPECT_EQ(parse_retail_date("12/1/10 8:26"), sys_days(2010y / 12 / 1) + 8h + 26min);
  EXPECT_EQ(parse_retail_date("12/01/2010 08:26"), sys_days(2010y / 12 / 1) + 8h + 26min);
  EXPECT_EQ(parse_retail_date("2/29/2012 23:59"), sys_days(2012y / 2 / 29) + 23h + 59min);
}

TEST(RetailDate, RefusesWhatIsNoDate) {
  for (const char* text :
       {"0/1/10 8:26", "12/32/10 8:26", "2/30/10 8:26", "12/1/10 24:00", "12/1/10 8:60",
        "12/1/10 8:6", "12/1/10", "12/1/201 8:26", "12/1/20101 8:26", "12-1-10 8:26",
        "12/1/10 8:26:00", " 12/1/10 8:26", "12/1/10 8:26 ", "2010-12-01 08:26", "123/1/10 8:26"}) {
    EXPECT_FALSE(parse_retail_date(text)) << text;
  }
}

}  // namespace
}  // namespace shop
