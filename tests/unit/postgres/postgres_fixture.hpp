#pragma once

/// \file
/// A schema for each test, and short words for what is appended there.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "eventcore/event_store.hpp"
#include "eventcore/head_watcher.hpp"
#include "eventcore/postgres_store.hpp"
#include "eventcore/store_administration.hpp"
#include "gate.hpp"
#include "postgres_connection.hpp"
#include "postgres_schema.hpp"
#include "postgres_server.hpp"

namespace eventcore::postgres {

inline StreamId id(std::string_view text) { return StreamId::parse(text).value(); }

/// A batch of one event for each stream.
inline WriteBatch batch_of(const std::vector<std::pair<std::string, ExpectedVersion>>& streams,
                           std::string_view key = "", std::string_view command_type = "note") {
  WriteBatch batch;
  batch.info.command_type = command_type;
  batch.info.key = key;
  for (const auto& [stream, expected] : streams) {
    batch.add_event(batch.add_stream(id(stream), expected), "Noted", 1, "{}");
  }
  return batch;
}

/// An append that can be waited for.
class PendingAppend final : public AppendOperation {
 public:
  explicit PendingAppend(WriteBatch to_append) { batch = std::move(to_append); }

  void completed(Result<WriteResult> outcome) noexcept override {
    const std::lock_guard lock(mutex_);
    outcome_.emplace(std::move(outcome));
    changed_.notify_all();
  }
  [[nodiscard]] const Result<WriteResult>& result() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::minutes{1}, [&] { return outcome_.has_value(); })) {
      throw std::runtime_error("an append was not completed within a minute");
    }
    return *outcome_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<WriteResult>> outcome_;
};

/// Stops the writer of its store in the completion of an append.
class Plug final : public AppendOperation {
 public:
  Plug() { batch = batch_of({{"plug", ExpectedVersion::any()}}); }
  void completed(Result<WriteResult>) noexcept override {
    stands_.open();
    go_on_.wait();
    done_.open();
  }
  void await_standstill() { stands_.wait(); }
  void pull() {
    go_on_.open();
    done_.wait();
  }

 private:
  testing::Gate stands_;
  testing::Gate go_on_;
  testing::Gate done_;
};

class PostgresTest : public ::testing::Test {
 protected:
  [[nodiscard]] PostgresStoreOptions options() const {
    return {.conninfo = testing::PostgresSchema::conninfo(), .schema = schema_.name()};
  }
  [[nodiscard]] static std::unique_ptr<EventStore> open(PostgresStoreOptions options) {
    auto opened = open_postgres_store(std::move(options));
    if (!opened) throw std::runtime_error(describe(opened.error()));
    return std::move(*opened);
  }
  [[nodiscard]] std::unique_ptr<EventStore> open() const { return open(options()); }
  /// One value, with the test's schema for `@`.
  std::string value(std::string sql) { return sql_.value(with_schema(std::move(sql))); }
  testing::PostgresConnection::Rows run(std::string sql) {
    return sql_.run(with_schema(std::move(sql)));
  }
  [[nodiscard]] const testing::PostgresSchema& schema() const noexcept { return schema_; }

 private:
  [[nodiscard]] std::string with_schema(std::string sql) const {
    for (std::size_t at = sql.find('@'); at != std::string::npos; at = sql.find('@', at)) {
      sql.replace(at, 1, schema_.quoted());
      at += schema_.quoted().size();
    }
    return sql;
  }

  testing::PostgresSchema schema_;
  testing::PostgresConnection sql_{testing::PostgresSchema::conninfo()};
};

}  // namespace eventcore::postgres
