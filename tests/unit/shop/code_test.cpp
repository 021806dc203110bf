#include "domain/code.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace shop {
namespace {

std::string product_stream(std::string_view code) {
  return ProductCode::parse(code).value().stream().text();
}

TEST(Code, NamesTheStreamOfItsKind) {
  EXPECT_EQ(product_stream("85123A"), "product-85123A");
  EXPECT_EQ(product_stream("BANK CHARGES"), "product-BANK CHARGES");
  EXPECT_EQ(product_stream("gift_0001_20"), "product-gift_0001_20");
  EXPECT_EQ(OrderId::parse("536365").value().stream().text(), "order-536365");
  EXPECT_EQ(OrderId::parse("536365").value().stream().category(), "order");
}

TEST(Code, KeepsUpperAndLowerCaseApart) {
  EXPECT_NE(product_stream("85123a"), product_stream("85123A"));
}

TEST(Code, GivesEveryCodeAStreamOfItsOwn) {
  const std::string all_that_streams_refuse = "*?[]";
  std::set<std::string> streams;
  for (const char* code : {"a", " a", "a ", "a  ", "a\t", "a%20", "a%2520", "a*", "a?", "[a]",
                           "\xC3\xA9", "e", "%", "%25", "\x01", "\x7f"}) {
    EXPECT_TRUE(streams.insert(stream_of("product-", code).text()).second) << code;
  }
  EXPECT_EQ(product_stream(all_that_streams_refuse), "product-%2A%3F%5B%5D");
}

TEST(Code, HasOneToEightyBytes) {
  EXPECT_FALSE(ProductCode::parse(""));
  EXPECT_TRUE(ProductCode::parse(std::string(80, '*')));
  EXPECT_EQ(product_stream(std::string(80, '*')).size(), 8 + 3 * 80U);
  EXPECT_FALSE(ProductCode::parse(std::string(81, 'x')));
  EXPECT_EQ(ProductCode::parse("").error().code, eventcore::ErrorCode::InvalidArgument);
}

TEST(Code, HasNoControlCharacters) {
  for (const std::string_view code :
       {std::string_view("a\0b", 3), std::string_view("a\t"), std::string_view("\n"),
        std::string_view("\x1b[31m"), std::string_view("\x7f")}) {
    const auto parsed = ProductCode::parse(code);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, "has a control character");
    // What a store holds is read all the same.
    using Stored = eventcore::Representation<ProductCode>;
    EXPECT_EQ(Stored::from(code).value().text(), code);
  }
  EXPECT_TRUE(ProductCode::parse("\xC3\xA9 \xE2\x82\xAC"));
  EXPECT_FALSE(eventcore::Representation<ProductCode>::from(""));
}

TEST(Code, IsFoundByTheNameOfItsStream) {
  for (const char* text : {"85123A", "a%20", "a ", "*?[]%", "caf\xc3\xa9", " x", "\x7f"}) {
    const ProductCode code = ProductCode::from_stored(text).value();
    EXPECT_EQ(ProductCode::of_stream(code.stream().view()).value(), code) << text;
  }
  for (const char* stream : {"order-1", "product-", "product-%", "product-%4", "product-%zz",
                             "product-%41", "product"}) {
    EXPECT_FALSE(ProductCode::of_stream(stream)) << stream;
  }
}

}  // namespace
}  // namespace shop
