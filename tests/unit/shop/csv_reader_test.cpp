#include "replay/csv_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

namespace shop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<CsvRecord> read_all(std::string_view text) {
  CsvReader reader(text);
  std::vector<CsvRecord> records;
  while (auto record = reader.next()) records.push_back(*std::move(record));
  EXPECT_EQ(reader.offset(), text.size());
  return records;
}

TEST(CsvReader, SplitsFieldsAndLines) {
  const auto records = read_all("a,b,\n,,c\nlast,line");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "b", ""));
  EXPECT_THAT(records[1].fields, ElementsAre("", "", "c"));
  EXPECT_THAT(records[2].fields, ElementsAre("last", "line"));
  EXPECT_EQ(records[2].line, 3U);
  EXPECT_EQ(records[1].text, ",,c");
}

TEST(CsvReader, TakesBothLineEnds) {
  const auto records = read_all("a,b\r\nc,d\n\r\ne,f\r\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[0].fields, ElementsAre("a", "b"));
  EXPECT_EQ(records[0].text, "a,b");
  EXPECT_THAT(records[2].fields, ElementsAre("e", "f"));
  EXPECT_EQ(records[2].line, 4U);
}

TEST(CsvReader, KeepsACarriageReturnInsideALine) {
  const auto records = read_all("a\rb,c\n");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_THAT(records[0].fields, ElementsAre("a\rb", "c"));
}

TEST(CsvReader, ReadsQuotedFields) {
  const auto records = read_all("\"a,b\",\"say \"\"hi\"\"\",\"\",x\"y\n\"two\nlines\",z\nnext\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[0].fields, ElementsAre("a,b", "say \"hi\"", "", "x\"y"));
  EXPECT_THAT(records[1].fields, ElementsAre("two\nlines", "z"));
  EXPECT_EQ(records[1].line, 2U);
  EXPECT_EQ(records[2].line, 4U);
}

TEST(CsvReader, LosesOneLineToAQuoteWithoutEnd) {
  const auto records = read_all("a,b\n\"c,d\ne,f\ng,h\n");
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[1].fault, "a quoted field has no end");
  EXPECT_EQ(records[1].line, 2U);
  EXPECT_EQ(records[1].text, "\"c,d");
  EXPECT_THAT(records[1].fields, IsEmpty());
  EXPECT_THAT(records[2].fields, ElementsAre("e", "f"));
  EXPECT_EQ(records[2].line, 3U);
}

TEST(CsvReader, LosesOneLineToAStrayQuoteThatMeetsAnother) {
  const auto records = read_all("\"a,b\nc,\"d\"\ne,f\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].fault, "there is text behind a quoted field");
  EXPECT_THAT(records[1].fields, ElementsAre("c", "d"));
  EXPECT_THAT(records[2].fields, ElementsAre("e", "f"));
}

/// Three columns of which the first is a digit make a row.
bool is_row(std::span<const std::string> fields) {
  return fields.size() == 3 && fields[0].size() == 1 && fields[0][0] >= '0' && fields[0][0] <= '9';
}

std::vector<CsvRecord> read_rows(std::string_view text) {
  CsvReader reader(text, is_row);
  std::vector<CsvRecord> records;
  while (auto record = reader.next()) records.push_back(*std::move(record));
  EXPECT_EQ(reader.offset(), text.size());
  return records;
}

TEST(CsvReader, EndsAQuoteWhereAnotherRowBegins) {
  for (const std::string end : {"\n", "\r\n"}) {
    const std::string text = "1,a,b" + end + "2,\"c,d" + end + "no row" + end + "3,e,f" + end +
                             "4,12\",g" + end + "5,h,i" + end;
    const auto records = read_rows(text);
    ASSERT_EQ(records.size(), 6U);
    EXPECT_EQ(records[1].fault, "a quoted field has no end");
    EXPECT_EQ(records[1].line, 2U);
    EXPECT_EQ(records[1].text, "2,\"c,d");
    EXPECT_THAT(records[2].fields, ElementsAre("no row"));
    EXPECT_THAT(records[3].fields, ElementsAre("3", "e", "f"));
    EXPECT_THAT(records[4].fields, ElementsAre("4", "12\"", "g"));
    EXPECT_EQ(records[5].line, 6U);
  }
}

TEST(CsvReader, KeepsLineBreaksThatAreMeant) {
  const auto records = read_rows("1,\"two\nlines\n\n3\",b\n2,\"\"\"\r\nx,y\",d\n3,e,f\n");
  ASSERT_EQ(records.size(), 3U);
  EXPECT_THAT(records[0].fields, ElementsAre("1", "two\nlines\n\n3", "b"));
  EXPECT_THAT(records[1].fields, ElementsAre("2", "\"\r\nx,y", "d"));
  EXPECT_EQ(records[2].line, 7U);
}

TEST(CsvReader, TellsTheLineInWhichTheQuoteIs) {
  const auto records = read_rows("1,\"two\nlines\",\"b\n2,c,d\n");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].fault, "a quoted field has no end");
  EXPECT_EQ(records[0].line, 2U);
  EXPECT_EQ(records[0].text, "1,\"two\nlines\",\"b");
  EXPECT_THAT(records[1].fields, ElementsAre("2", "c", "d"));
  EXPECT_EQ(records[1].line, 3U);
}

TEST(CsvReader, LimitsTheLinesOfAField) {
  const auto field = [](std::size_t lines) {
    std::string text = "1,\"a";
    for (std::size_t line = 1; line < lines; ++line) text += "\nx";
    return text + "\",b\n";
  };
  EXPECT_EQ(read_all(field(kQuotedLinesMax)).size(), 1U);
  EXPECT_EQ(read_all(field(kQuotedLinesMax + 1)).front().fault, "a quoted field has no end");
}

TEST(CsvReader, EndsAtTheEndOfAnyText) {
  EXPECT_THAT(read_all(""), IsEmpty());
  EXPECT_THAT(read_all("\n\n\r\n"), IsEmpty());
  EXPECT_EQ(read_all("\"").size(), 1U);
  EXPECT_EQ(read_all("\"a\"\r").size(), 1U);
  EXPECT_EQ(read_all("a,").front().fields.size(), 2U);
  EXPECT_EQ(read_all(std::string_view("a\0b", 3)).front().fields.front().size(), 3U);
}

}  // namespace
}  // namespace shop
