#include "base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventcore::cli {
namespace {

TEST(Base64, KnowsTheVectorsOfItsStandard) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, ReadsBackEveryByte) {
  std::string bytes;
  for (int length = 0; length != 300; ++length) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes += static_cast<char>(length);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg=a", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9", "====", "Zm9-"}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace eventcore::cli
