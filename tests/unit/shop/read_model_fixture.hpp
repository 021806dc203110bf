#pragma once

// Read models of a shop in memory, wherever they are kept, and questions to them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "postgres_connection.hpp"
#include "postgres_schema.hpp"
#include "read_models/read_model_folder.hpp"
#include "read_models/read_model_schema.hpp"
#include "serve/read_model_api.hpp"
#include "shop_on_memory.hpp"

namespace shop {

using eventcore::http::Request;
using eventcore::http::Response;
using nlohmann::json;

inline std::unique_ptr<ReadModelPlace> temporary() {
  return std::make_unique<ReadModelFolder>(ReadModelFolder::temporary().value());
}

/// A schema for read models on the shared server.
class Schema {
 public:
  Schema() = default;
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;
  ~Schema() {
    try {
      drop();
    } catch (const std::exception&) {
      // The server is gone, and the schema with it.
    }
  }

  /// Connections carry the schema's name.
  [[nodiscard]] std::unique_ptr<ReadModelPlace> place() const {
    std::map<std::string, std::string> words;
    std::istringstream conninfo(eventcore::testing::shared_postgres());
    for (std::string word; conninfo >> word;) {
      const std::size_t sign = word.find('=');
      words[word.substr(0, sign)] = word.substr(sign + 1);
    }
    const std::string url = "postgres://" + words["user"] + "@" + words["host"] + ":" +
                            words["port"] + "/postgres?schema=" + store_.name() +
                            "&application_name=" + name();
    return ReadModelSchema::open(eventcore::StoreUrl::parse(url).value()).value();
  }
  [[nodiscard]] std::string name() const { return store_.name() + "_shop"; }
  void drop() const { sql("DROP SCHEMA IF EXISTS \"" + name() + "\" CASCADE"); }
  static void sql(const std::string& statement) {
    eventcore::testing::PostgresConnection(eventcore::testing::PostgresSchema::conninfo())
        .run(statement);
  }

 private:
  const eventcore::testing::PostgresSchema store_;
};

inline std::unique_ptr<ReadModelPlace> folder(const std::filesystem::path& path) {
  return std::make_unique<ReadModelFolder>(ReadModelFolder::open(path).value());
}

class ReadModelQuestions : public testing::Test, public ShopOnMemory {
 protected:
  void open(std::unique_ptr<ReadModelPlace> place) {
    api_.reset();
    models_.reset();
    eventcore::ProjectionRunnerOptions options;
    options.failure = {.attempts = 1};
    options.request_poll = std::chrono::milliseconds{10};
    options.idle_time = std::chrono::milliseconds{20};
    auto opened = ShopReadModels::open(*store, std::move(place), options);
    ASSERT_TRUE(opened) << describe(opened.error());
    models_ = *std::move(opened);
    models_->start();
    api_.emplace(*models_, std::chrono::seconds{40});
  }
  /// The body of an answer with `status` to `query`, which waits for everything that is stored.
  json ask(Response (shop::ReadModelApi::*question)(const Request&), std::string query = {},
           std::string id = {}, std::uint16_t status = 200) {
    query += (query.empty() ? "after=" : "&after=") + std::to_string(store->head().value);
    return ask_now(question, std::move(query), std::move(id), status);
  }
  json ask_now(Response (shop::ReadModelApi::*question)(const Request&), std::string query,
               std::string id, std::uint16_t status) {
    const Request request{.query = std::move(query), .parameters = {{"id", std::move(id)}}};
    const Response response = ((*api_).*question)(request);
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body);
  }
  json orders(std::string id, std::string query = {}, std::uint16_t status = 200) {
    return ask(&shop::ReadModelApi::customer_orders, std::move(query), std::move(id), status);
  }
  json stock(std::string query = {}, std::uint16_t status = 200) {
    return ask(&shop::ReadModelApi::stock, std::move(query), {}, status);
  }
  json revenue(std::string query = {}, std::uint16_t status = 200) {
    return ask(&shop::ReadModelApi::revenue, std::move(query), {}, status);
  }
  void place(PlaceOrder command, std::chrono::sys_days day = {}) {
    command.placed_at = day;
    EXPECT_EQ(refusal(command), "");
  }

  std::unique_ptr<ShopReadModels> models_;
  std::optional<shop::ReadModelApi> api_;
};

using std::chrono::sys_days;
using std::chrono::year;
inline const sys_days kChristmas = year(2010) / 12 / 24;

}  // namespace shop
