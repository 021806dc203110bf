#pragma once

/// \file
/// A schema with a log that is written by plain SQL, for tests of what reads it.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "batch_checksum.hpp"
#include "connection.hpp"
#include "log_reader.hpp"
#include "postgres_connection.hpp"
#include "postgres_schema.hpp"
#include "schema.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// One event of a batch.
struct Line {
  std::string stream;
  std::string payload = "{}";
  std::string type = "Noted";
};

class PostgresLog : public ::testing::Test {
 protected:
  PostgresLog() : database(testing::PostgresSchema::conninfo()) {
    auto connection = Connection::open(options());
    if (!connection) throw std::runtime_error(connection.error().message);
    if (auto prepared = prepare_schema(*connection, options()); !prepared) {
      throw std::runtime_error(prepared.error().message);
    }
    state = std::make_unique<StoreState>(options());
  }

  [[nodiscard]] PostgresStoreOptions options() const {
    return {.conninfo = testing::PostgresSchema::conninfo(), .schema = schema.name()};
  }

  /// Runs SQL in which `@` stands for the schema and a dot.
  std::string run(std::string text) {
    const std::string place = schema.quoted() + ".";
    for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at)) {
      text.replace(at, 1, place);
      at += place.size();
    }
    const auto rows = database.run(text);
    return rows.empty() ? "" : rows.front().front();
  }

  /// Appends one batch, as a writer of another process would.
  void append(const std::vector<Line>& lines) {
    ChecksummedBatch batch;
    batch.events = lines.size();
    batch.attempts = 1;
    batch.command_type = "test";
    BatchChecksum sum(batch);
    for (const Line& line : lines) {
      ChecksummedEvent event;
      event.stream_hash = hash_bytes(line.stream);
      event.type_hash = hash_bytes(line.type);
      event.schema_version = 1;
      event.payload = line.payload;
      sum.add(event);
    }
    std::string text = "BEGIN;";
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const Line& line = lines[i];
      text += "INSERT INTO @streams (name) VALUES ('" + line.stream +
              "') ON CONFLICT DO NOTHING;"
              "INSERT INTO @types SELECT count(*) + 1, '" +
              line.type + "' FROM @types ON CONFLICT (name) DO NOTHING;";
      const std::string of_batch =
          i > 0 ? "NULL, NULL, NULL, NULL, NULL"
                : "1, " + std::to_string(lines.size()) + ", " +
                      std::to_string(static_cast<std::int64_t>(sum.value())) +
                      ", '00000000-0000-0000-0000-000000000000', 'test'";
      text +=
          "INSERT INTO @events (position, stream, version, time, type, schema_version, ordinal, "
          "attempts, batch_events, checksum, command_id, command_type, payload) SELECT "
          "(SELECT coalesce(max(position), 0) + 1 FROM @events), s.number, "
          "(SELECT coalesce(max(version), 0) + 1 FROM @events WHERE stream = s.number), " +
          std::to_string(++time_) + ", t.number, 1, " + std::to_string(i) + ", " + of_batch +
          ", convert_to('" + line.payload +
          "', 'UTF8') FROM @streams s, @types t WHERE s.name = '" + line.stream +
          "' AND t.name = '" + line.type + "';";
    }
    run(text + "COMMIT");
  }

  testing::PostgresSchema schema;
  testing::PostgresConnection database;
  std::unique_ptr<StoreState> state;

 private:
  std::int64_t time_ = 0;
};

[[nodiscard]] inline StreamId id(std::string_view stream) {
  return StreamId::parse(stream).value();
}

[[nodiscard]] inline std::vector<std::uint64_t> positions(const EventPage& page) {
  std::vector<std::uint64_t> result;
  for (const StoredEvent& event : page.events) result.push_back(event.position.value);
  return result;
}

[[nodiscard]] inline std::vector<std::string> payloads(const EventPage& page) {
  std::vector<std::string> result;
  for (const StoredEvent& event : page.events) result.emplace_back(event.payload);
  return result;
}

}  // namespace eventcore::postgres
