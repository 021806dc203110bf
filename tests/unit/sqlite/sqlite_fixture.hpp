#pragma once

// A folder with a store in it, and a look into the file behind the store's back.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/sqlite_store.hpp"
#include "eventcore/store_administration.hpp"

namespace eventcore::sqlite {

class SqliteFile : public ::testing::Test {
 protected:
  SqliteFile() {
    std::string name = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~SqliteFile() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path path() const { return folder_ / "store.db"; }
  [[nodiscard]] SqliteStoreOptions options() const {
    return {.path = path(), .durability = Durability::Off, .reader_threads = 1};
  }
  [[nodiscard]] std::unique_ptr<EventStore> open(const SqliteStoreOptions& options) const {
    auto store = open_sqlite_store(options);
    if (!store) {
      ADD_FAILURE() << describe(store.error());
      return nullptr;
    }
    return std::move(*store);
  }
  [[nodiscard]] std::unique_ptr<EventStore> open() const { return open(options()); }

  static WriteBatch batch_for(std::string_view stream, ExpectedVersion expected,
                              std::string_view payload = "{}") {
    WriteBatch batch;
    batch.info.command_type = "note";
    batch.add_event(batch.add_stream(StreamId::parse(stream).value(), expected), "Noted", 1,
                    payload);
    return batch;
  }
  static Result<WriteResult> append(EventStore& store, std::string_view stream,
                                    ExpectedVersion expected = ExpectedVersion::any(),
                                    std::string_view payload = "{}") {
    WriteBatch batch = batch_for(stream, expected, payload);
    return store.append(batch);
  }
  static std::uint64_t version_of(EventStore& store, std::string_view stream) {
    StreamsQuery query;
    query.streams.push_back({.stream = StreamId::parse(stream).value()});
    query.events_max = 1;
    const auto page = store.read(query);
    if (!page) {
      ADD_FAILURE() << describe(page.error());
      return 0;
    }
    return page->streams.at(0).version.value;
  }
  static void expect_clean(EventStore& store) {
    const auto report = store.administration().verify({});
    ASSERT_TRUE(report) << describe(report.error());
    for (const Finding& finding : report->findings) {
      ADD_FAILURE() << finding.check << " at " << finding.position.value << ": " << finding.message;
    }
  }

  // Runs SQL on the file with plain SQLite; the error message, empty if there is none.
  std::string run_sql(const std::string& sql) const {
    sqlite3* database = nullptr;
    sqlite3_open(path().c_str(), &database);
    char* message = nullptr;
    sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message);
    std::string result = message == nullptr ? "" : message;
    sqlite3_free(message);
    sqlite3_close(database);
    return result;
  }
  // The first column of a query's first row as a number; -1 if there is none.
  [[nodiscard]] std::int64_t number(const std::string& sql) const {
    sqlite3* database = nullptr;
    sqlite3_open(path().c_str(), &database);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
    const bool row = sqlite3_step(statement) == SQLITE_ROW;
    const std::int64_t result = row ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return result;
  }

  std::filesystem::path folder_;
};

}  // namespace eventcore::sqlite
