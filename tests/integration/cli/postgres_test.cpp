// Every command takes a store in PostgreSQL.

#include <gmock/gmock.h>

#include <filesystem>

#include "postgres_url.hpp"
#include "tool.hpp"

namespace eventcore::cli_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ToolOnPostgres : public ::testing::Test {
 protected:
  ToolOnPostgres() {
    std::string folder = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  ~ToolOnPostgres() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string store(const std::string& role = {}) const {
    return " --store '" + url_of(schema_, role) + "'";
  }
  // `eventcore append` with two events in two lines.
  void append(const std::string& role = {}) const {
    const std::filesystem::path lines = folder_ / "lines";
    FILE* const file = fopen(lines.c_str(), "w");
    EXPECT_NE(file, nullptr);
    fputs(
        "{\"stream\":\"product-1\",\"type\":\"StockReceived\",\"data\":{\"quantity\":5}}\n"
        "{\"stream\":\"product-2\",\"type\":\"StockReceived\",\"data\":{\"quantity\":6}}\n",
        file);
    fclose(file);
    run_tool("append" + store(role) + " " + lines.string());
  }

  std::filesystem::path folder_;
  testing::PostgresSchema schema_;
};

TEST_F(ToolOnPostgres, LooksIntoAStoreAndAfterIt) {
  EXPECT_THAT(run_tool("stats" + store(), 4), HasSubstr("schema"));
  EXPECT_THAT(run_tool("init" + store()), HasSubstr("is ready"));
  append();
  EXPECT_THAT(run_tool("streams" + store()), AllOf(HasSubstr("product-1"), HasSubstr("product-2")));
  EXPECT_THAT(run_tool("events --stream product-2 --json" + store()), HasSubstr("\"position\":2"));
  EXPECT_THAT(run_tool("explain 2" + store()), HasSubstr("product-2"));
  EXPECT_THAT(run_tool("stats --json" + store()), HasSubstr("\"events\":2"));
  EXPECT_THAT(run_tool("verify" + store()), HasSubstr("no findings"));
  EXPECT_EQ(run_tool("projections list" + store()), "");
  const std::string archive = " " + (folder_ / "all.ecb").string();
  run_tool("backup" + store() + archive);
  const std::string copy = " --store 'sqlite:" + (folder_ / "copy.db").string() + "'";
  run_tool("restore" + copy + archive);
  EXPECT_EQ(run_tool("events --json" + copy), run_tool("events --json" + store()));
}

TEST_F(ToolOnPostgres, LetsARoleRunAServiceAndNoMore) {
  testing::PostgresConnection owner(testing::PostgresSchema::conninfo());
  const std::string role = "service_" + schema_.name().substr(schema_.name().size() - 12);
  owner.run("CREATE ROLE " + role + " LOGIN");
  run_tool("init --runtime-role " + role + store());
  append(role);
  EXPECT_THAT(run_tool("events" + store(role)), HasSubstr("product-1"));
  EXPECT_THAT(run_tool("projections list" + store(role)), HasSubstr(""));
  testing::PostgresConnection service(testing::PostgresSchema::conninfo() + " user=" + role);
  EXPECT_ANY_THROW(service.run("DELETE FROM " + schema_.quoted() + ".events"));
  EXPECT_ANY_THROW(service.run("CREATE TABLE " + schema_.quoted() + ".mine (id integer)"));
  owner.run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(ToolOnPostgres, SaysThatNobodyAnswers) {
  const std::string text = run_tool("stats --store 'postgres://ann:s3cret@127.0.0.1:1/shop'", 4);
  EXPECT_THAT(text, HasSubstr("postgres://***@127.0.0.1:1/shop"));
  EXPECT_EQ(text.find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace eventcore::cli_test
