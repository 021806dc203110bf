// Where read models are kept, and what becomes of them there.

#include <sqlite3.h>
#include <unistd.h>

#include "read_model_fixture.hpp"

namespace shop {
namespace {

class ReadModelsInASchema : public ReadModelQuestions {
 protected:
  ~ReadModelsInASchema() override {
    api_.reset();
    models_.reset();
  }
  Schema schema_;
};

TEST_F(ReadModelsInASchema, GoOnWithWhoeverIsThere) {
  place(order("1", {line("A", 1)}, "77"), kChristmas);
  for (int i = 0; i < 2; ++i) {
    open(schema_.place());
    EXPECT_EQ(models_->daily_revenue().runner().projector().key(), "daily_revenue");
    EXPECT_EQ(revenue()["orders"], 1);
    EXPECT_EQ(models_->daily_revenue().runner().status().processed, i == 0 ? 1U : 0U);
  }
  open(temporary());
  schema_.drop();
  open(schema_.place());
  EXPECT_EQ(revenue()["orders"], 1) << "although the store has seen it at the end";
  EXPECT_EQ(models_->daily_revenue().runner().status().processed, 1U);
}

TEST_F(ReadModelsInASchema, SurviveLostConnections) {
  open(schema_.place());
  for (int i = 1; i <= 5; ++i) {
    place(order(std::to_string(i), {line("A", 1)}, "77"), kChristmas);
    EXPECT_EQ(revenue()["orders"], i);
    EXPECT_EQ(orders("77")["orders"], i);
    Schema::sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
        schema_.name() + "'");
  }
  EXPECT_EQ(stock()["products"][0]["sold"], 5) << "each once";
}

using ReadModelsInAFolder = ReadModelQuestions;

/// Rows of every table of a read model, in order.
std::string contents(const std::filesystem::path& file, const std::string& table) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  std::string text;
  const auto add = [](void* to, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i)
      *static_cast<std::string*>(to) += std::string(values[i]) + "|";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, ("SELECT * FROM " + table + " ORDER BY 1, 2").c_str(), add,
                         &text, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
  return text;
}

TEST_F(ReadModelsInAFolder, GoesOnInItsFolderAndStartsAfreshInAnother) {
  const std::filesystem::path place_of_test = std::filesystem::temp_directory_path() /
                                              ("shop-read-models-test-" + std::to_string(getpid()));
  const std::filesystem::path moved = place_of_test / "moved";
  const std::filesystem::path first = place_of_test / "first";
  place(order("1", {line("A", 1)}, "77"), kChristmas);
  std::string file;
  for (int i = 0; i < 2; ++i) {
    open(folder(first));
    EXPECT_EQ(revenue()["orders"], 1);
    const std::string key = models_->daily_revenue().runner().projector().key();
    file = key + ".db";
    EXPECT_EQ(models_->daily_revenue().runner().status().processed, i == 0 ? 1U : 0U);
  }
  const std::string rows = contents(first / file, "revenue");
  open(temporary());
  for (const auto& entry : std::filesystem::directory_iterator(first)) {
    std::filesystem::remove(entry.path());
  }
  open(folder(first));
  EXPECT_EQ(revenue()["orders"], 1) << "although the store has seen it at the end";
  EXPECT_EQ(models_->daily_revenue().runner().status().processed, 1U);
  open(temporary());
  std::filesystem::rename(first, moved);
  open(folder(moved));
  EXPECT_EQ(revenue()["orders"], 1) << "not twice, and not never";
  EXPECT_EQ(
      contents(moved / (models_->daily_revenue().runner().projector().key() + ".db"), "revenue"),
      rows);
  open(temporary());
  std::filesystem::remove_all(place_of_test);
}

}  // namespace
}  // namespace shop
