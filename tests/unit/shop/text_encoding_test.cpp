#include "replay/text_encoding.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shop {
namespace {

TEST(TextEncoding, KeepsUtf8) {
  for (const char* text : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8E\x81"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(to_utf8(text), text);
  }
}

TEST(TextEncoding, RemovesAByteOrderMark) {
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBF"
                                    "abc"),
            "abc");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBF"), "");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB"), "\xEF\xBB");
}

TEST(TextEncoding, TakesWhatIsNotUtf8ForLatin1) {
  EXPECT_EQ(to_utf8("caf\xE9 \xA3"), "caf\xC3\xA9 \xC2\xA3");
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  EXPECT_TRUE(is_utf8(to_utf8(every_byte)));
}

TEST(TextEncoding, KnowsWhatIsNotUtf8) {
  for (const char* text : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "a\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace shop
