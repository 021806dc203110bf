#include "eventcore/tracing/baggage.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace eventcore {
namespace {

TEST(Baggage, ReadsTheExamplesOfTheSpecification) {
  const Baggage baggage = Baggage::parse(
      "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue");
  ASSERT_EQ(baggage.entries().size(), 3U);
  EXPECT_EQ(baggage.find("key1"), "value1");
  EXPECT_EQ(baggage.entries()[0].properties, "property1;property2");
  EXPECT_EQ(baggage.find("key2"), "value2");
  EXPECT_EQ(baggage.entries()[2].properties, "propertyKey=propertyValue");
  EXPECT_EQ(baggage.header(),
            "key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue");
  EXPECT_EQ(Baggage::parse("userId=Am%C3%A9lie,serverNode=DF%2028").find("userId"), "Am\u00e9lie");
  EXPECT_EQ(Baggage::parse("serverNode=DF%2028,isProduction=false").find("serverNode"), "DF 28");
  EXPECT_EQ(Baggage::parse("a=b=c").find("a"), "b=c");
  EXPECT_EQ(Baggage::parse("a=").find("a"), "");
}

TEST(Baggage, LeavesOutWhatIsInvalidAndKeepsTheRest) {
  for (const char* bad : {"noequals", "=value", "k ey=1", "k=\"v\"", "k=a b", "k=\xc3\xa4", "k(=1",
                          "k=1;p=\x01", "k=a\\b"}) {
    const Baggage baggage = Baggage::parse(std::string(bad) + ",good=1");
    EXPECT_EQ(baggage.entries().size(), 1U) << bad;
    EXPECT_EQ(baggage.find("good"), "1") << bad;
  }
  EXPECT_TRUE(Baggage::parse("").is_empty());
  EXPECT_TRUE(Baggage::parse(",, ,").is_empty());
  EXPECT_EQ(Baggage::parse("a=100%,b=%4").find("a"), "100%");
  EXPECT_EQ(Baggage::parse("a=1,a=2").find("a"), "2");
}

TEST(Baggage, TakesSeveralHeaders) {
  const std::array<std::string_view, 2> headers{"a=1", "b=2"};
  EXPECT_EQ(Baggage::parse(headers).header(), "a=1,b=2");
}

TEST(Baggage, HoldsAnyTextAndComesBackTheSame) {
  Baggage baggage;
  const std::string text = "a, b; \"c\" \\ 100% \n \u00e4 =";
  EXPECT_TRUE(baggage.set("key", text));
  EXPECT_EQ(Baggage::parse(baggage.header()).find("key"), text);
  EXPECT_FALSE(baggage.set("no key", "1"));
  EXPECT_FALSE(baggage.set("", "1"));
  baggage.erase("key");
  EXPECT_TRUE(baggage.is_empty());
  EXPECT_EQ(baggage.header(), "");
}

TEST(Baggage, KeepsItsLimits) {
  std::string header;
  for (int i = 0; i < 200; ++i) header += "k" + std::to_string(i) + "=v,";
  EXPECT_EQ(Baggage::parse(header).entries().size(), Baggage::kEntriesMax);
  Baggage baggage;
  EXPECT_FALSE(baggage.set("k", std::string(4'095, 'x')));
  EXPECT_TRUE(baggage.set("k", std::string(4'094, 'x')));
  EXPECT_TRUE(baggage.set("l", std::string(4'093, 'x')));
  EXPECT_EQ(baggage.header().size(), Baggage::kBytesMax);
  EXPECT_FALSE(baggage.set("m", ""));
  EXPECT_FALSE(baggage.set("l", std::string(4'094, 'x')));
  EXPECT_TRUE(baggage.set("l", "short"));
  EXPECT_TRUE(baggage.set("m", ""));
  baggage.erase("k");
  EXPECT_TRUE(baggage.set("k", std::string(4'094, 'y')));
}

}  // namespace
}  // namespace eventcore
