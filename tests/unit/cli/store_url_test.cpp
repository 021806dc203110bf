#include "eventcore/store_url.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace eventcore {
namespace {

std::string refusal(std::string_view text) {
  const Result<StoreUrl> url = StoreUrl::parse(text);
  if (url) return "accepted as " + url->redacted();
  EXPECT_EQ(url.error().code, ErrorCode::InvalidArgument);
  return url.error().message;
}

TEST(StoreUrl, NamesTheMemoryStore) {
  const Result<StoreUrl> url = StoreUrl::parse("memory:");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->backend(), StoreUrl::Backend::Memory);
  EXPECT_EQ(url->redacted(), "memory:");
}

TEST(StoreUrl, TakesASqlitePathAsItIsWritten) {
  for (const char* path : {"shop.db", "/var/lib/shop.db", "a folder/with%20percent:colon.db"}) {
    const Result<StoreUrl> url = StoreUrl::parse("sqlite:" + std::string(path));
    ASSERT_TRUE(url) << path;
    EXPECT_EQ(url->backend(), StoreUrl::Backend::Sqlite);
    EXPECT_EQ(url->path(), std::filesystem::path(path));
    EXPECT_EQ(url->durability(), std::nullopt);
    EXPECT_EQ(url->redacted(), "sqlite:" + std::string(path));
  }
}

TEST(StoreUrl, TakesThreeSlashesAsAnAbsolutePath) {
  const Result<StoreUrl> url = StoreUrl::parse("sqlite:///var/shop.db");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->path(), std::filesystem::path("/var/shop.db"));
}

TEST(StoreUrl, TakesTheDurability) {
  const Result<StoreUrl> normal = StoreUrl::parse("sqlite:shop.db?durability=normal");
  ASSERT_TRUE(normal);
  EXPECT_EQ(normal->path(), std::filesystem::path("shop.db"));
  EXPECT_EQ(normal->durability(), Durability::Normal);
  const Result<StoreUrl> full = StoreUrl::parse("sqlite:shop.db?durability=full");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->durability(), Durability::Full);
}

TEST(StoreUrl, HidesThePasswordOfPostgres) {
  for (const char* text :
       {"postgres://ann:s3cret@host:5432/shop", "postgresql://ann:s3cret@host/shop?sslmode=require",
        "postgres://ann:s3c:s3cret@host:1,[::1]:2/shop", "postgres://ann@host/shop?password=s3cret",
        "postgres://ann:my s3cret@host/shop", "postgres://ann:my\ns3cret\t@host/shop",
        "postgres://host/shop?password=my s3cret", "postgres://s3cret@host/shop",
        "postgres://host/shop?user=ann&PASSWORD=s3cret&sslpassword=s3cret"}) {
    const Result<StoreUrl> url = StoreUrl::parse(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->backend(), StoreUrl::Backend::Postgres);
    EXPECT_EQ(url->redacted().find("s3c"), std::string::npos) << url->redacted();
    EXPECT_NE(url->redacted().find("***"), std::string::npos) << url->redacted();
    EXPECT_NE(url->redacted().find("host"), std::string::npos) << url->redacted();
  }
}

TEST(StoreUrl, RefusesWhatItDoesNotKnowWithAHint) {
  EXPECT_NE(refusal("shop.db").find("sqlite:shop.db"), std::string::npos);
  EXPECT_NE(refusal("").find("no scheme"), std::string::npos);
  EXPECT_NE(refusal("mysql://host/shop").find("'mysql'"), std::string::npos);
  EXPECT_NE(refusal("sqlite:").find("path"), std::string::npos);
  EXPECT_NE(refusal("sqlite:?durability=full").find("path"), std::string::npos);
  EXPECT_NE(refusal("sqlite://shop.db").find("sqlite:shop.db"), std::string::npos);
  EXPECT_NE(refusal("sqlite:shop.db?durability=maybe").find("full, normal or off"),
            std::string::npos);
  EXPECT_NE(refusal("sqlite:shop.db?durabilty=full").find("'durabilty'"), std::string::npos);
  EXPECT_NE(refusal("memory:shop").find("memory:"), std::string::npos);
  EXPECT_NE(refusal("postgres:shop").find("postgres://"), std::string::npos);
}

TEST(StoreUrl, NeverRepeatsAPasswordInARefusal) {
  for (const char* text :
       {"mysql://ann:s3cret@host/shop", "postgres:ann:s3cret@host", "ann:s3cret@host/shop",
        "host=h password=s3cret", "password='s3cret and more'", "//ann:s3cret@host",
        "sqlite:shop.db?password=s3cret", "sqlite://ann:s3cret@host/shop", "s3cret:x@host",
        "my s3cret://x", "ann:s3cret word@host", "postgres://ann:s3cret/@host/shop",
        "postgres://ann:1/s3cret@host/shop", "postgres://ann:x@s3cret@host/shop",
        "postgres://ann:s3cret?@host/shop"}) {
    EXPECT_EQ(refusal(text).find("s3cret"), std::string::npos) << refusal(text);
  }
}

// libpq would take a part of them for host, port or database, and name it in its messages.
TEST(StoreUrl, RefusesUserAndPasswordThatLibpqWouldMisread) {
  for (const char* text :
       {"postgres://ann:s3cret/@host/shop", "postgres://ann:1/s3cret@host/shop",
        "postgres://ann:x@s3cret@host/shop", "postgres://ann:s3cret?@host/shop"}) {
    EXPECT_NE(refusal(text).find("%2F"), std::string::npos) << text;
  }
}

TEST(RedactSecrets, LeavesOtherTextAlone) {
  for (const char* text :
       {"", "no URL here", "http://host:80/path", "http://host:80", "http://[::1]:80/", "a:b@c",
        "the password is gone", "sqlite:shop.db and memory:", "postgres://host/shop"}) {
    EXPECT_EQ(redact_secrets(text), text);
  }
}

TEST(RedactSecrets, HidesUserInfoUpToTheLastPlaceWhereItMayEnd) {
  EXPECT_EQ(redact_secrets("what is postgres://ann:s3@cret@h/d?"), "what is postgres://***@h/d?");
  EXPECT_EQ(redact_secrets("postgres://ann:my s3\ncret@h/d"), "postgres://***@h/d");
  EXPECT_EQ(redact_secrets("'POSTGRES:a:x@h' --bad=postgresql:b:y@h"), "'POSTGRES:***@h");
  EXPECT_EQ(redact_secrets("postgres://ann@h/d"), "postgres://***@h/d");
}

TEST(RedactSecrets, HidesAPasswordThatIsCutOff) {
  EXPECT_EQ(redact_secrets("postgres://ann:my"), "postgres://***");
  EXPECT_EQ(redact_secrets("postgres://ann:12 is bad"), "postgres://***");
  EXPECT_EQ(redact_secrets("postgres:ann:my"), "postgres:***");
}

TEST(RedactSecrets, HidesEverythingBehindAPasswordParameter) {
  EXPECT_EQ(redact_secrets("postgres://h/d?password=my s3cret&q=1"), "postgres://h/d?password=***");
  EXPECT_EQ(redact_secrets("h/d?sslPassword = s3cret"), "h/d?sslPassword = ***");
  EXPECT_EQ(redact_secrets("host=h password = 'it''s' user=u"), "host=h password = ***");
}

TEST(OpenStore, OpensTheMemoryStore) {
  const Result<StoreUrl> url = StoreUrl::parse("memory:");
  ASSERT_TRUE(url);
  const Result<std::unique_ptr<EventStore>> store = open_store(*url);
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->description().backend, "memory");
  EXPECT_EQ((*store)->head(), Position{0});
}

TEST(OpenStore, HandsPostgresToItsStoreAndKeepsThePassword) {
  const Result<StoreUrl> url = StoreUrl::parse("postgres://ann:s3cret@host/shop?nonsense=1");
  ASSERT_TRUE(url);
  const Result<std::unique_ptr<EventStore>> store = open_store(*url);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(store.error().message.find("libpq"), std::string::npos);
  EXPECT_EQ(store.error().message.find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace eventcore
