#include "projection_rows.hpp"

#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

constexpr char kCantRead[] = "can't read projections of";
constexpr char kCantWrite[] = "can't write projections of";

ProjectionRecord record_of(Statement& row) {
  ProjectionRecord record;
  record.name = row.bytes(0);
  record.position = {row.number(1)};
  record.saved_at = row.time(2);
  record.lease = {
      .token = row.number(3), .holder = std::string(row.bytes(4)), .expires = row.time(5)};
  record.paused = row.number(6) != 0;
  record.requests = row.number(7);
  record.resets = row.number(8);
  record.resets_done = row.number(9);
  record.reset_to = {row.number(10)};
  record.skip = {row.number(11)};
  record.quiet_until = {row.number(12)};
  record.dead_letters = row.number(13);
  record.replays = row.number(14);
  return record;
}

DeadLetter letter_of(Statement& row) {
  DeadLetter letter;
  letter.projection = row.bytes(0);
  letter.position = {row.number(1)};
  letter.reason = static_cast<DeadLetterReason>(row.number(2));
  letter.state = static_cast<DeadLetterState>(row.number(3));
  letter.message = row.bytes(4);
  letter.attempts = static_cast<std::uint32_t>(row.number(5));
  letter.trace_id = row.bytes(6);
  letter.first_failure = row.time(7);
  letter.last_failure = row.time(8);
  return letter;
}

Result<void> run(const Connection& connection, Statement& statement) {
  if (statement.run() != SQLITE_OK) return connection.error(kCantWrite);
  return {};
}

}  // namespace

Result<std::vector<ProjectionRecord>> read_projections(const Connection& connection,
                                                       Statement& list, std::string_view first,
                                                       std::string_view last) {
  const RowScope scope(list);
  list.bind_text(1, first);
  list.bind_text(2, last);
  std::vector<ProjectionRecord> records;
  int result = list.step();
  for (; result == SQLITE_ROW; result = list.step()) records.push_back(record_of(list));
  if (result != SQLITE_DONE) return connection.error(kCantRead);
  return records;
}

Result<std::optional<ProjectionRecord>> read_projection(const Connection& connection,
                                                        Statement& list, std::string_view name) {
  auto records = read_projections(connection, list, name, name);
  if (!records) return records.error();
  if (records->empty()) return std::optional<ProjectionRecord>();
  return std::optional<ProjectionRecord>(std::move(records->front()));
}

Result<void> write_projection(const Connection& connection, const ProjectionRecord& record) {
  auto write = connection.prepare(sql::write_projection);
  if (!write) return write.error();
  write->bind_text(1, record.name);
  write->bind(2, record.position.value);
  write->bind(3, record.saved_at);
  write->bind(4, record.lease.token);
  write->bind_text(5, record.lease.holder);
  write->bind(6, record.lease.expires);
  write->bind(7, std::uint64_t{record.paused});
  write->bind(8, record.requests);
  write->bind(9, record.resets);
  write->bind(10, record.resets_done);
  write->bind(11, record.reset_to.value);
  write->bind(12, record.skip.value);
  write->bind(13, record.quiet_until.value);
  return run(connection, *write);
}

Result<std::vector<DeadLetter>> read_dead_letters(const Connection& connection,
                                                  const DeadLetterQuery& query) {
  auto rows = connection.prepare(sql::list_dead_letters);
  if (!rows) return rows.error();
  rows->bind_text(1, query.projection);
  rows->bind(2, query.projection.empty() ? 0 : query.after.value);
  rows->bind(3, query.state ? static_cast<std::uint64_t>(*query.state) : 0);
  rows->bind(4, std::uint64_t{query.limit});
  std::vector<DeadLetter> letters;
  int result = rows->step();
  for (; result == SQLITE_ROW; result = rows->step()) letters.push_back(letter_of(*rows));
  if (result != SQLITE_DONE) return connection.error(kCantRead);
  return letters;
}

Result<std::optional<DeadLetter>> read_dead_letter(const Connection& connection,
                                                   std::string_view projection, Position position) {
  auto row = connection.prepare(sql::read_dead_letter);
  if (!row) return row.error();
  row->bind_text(1, projection);
  row->bind(2, position.value);
  const int result = row->step();
  if (result == SQLITE_ROW) return std::optional<DeadLetter>(letter_of(*row));
  if (result != SQLITE_DONE) return connection.error(kCantRead);
  return std::optional<DeadLetter>();
}

Result<void> write_dead_letter(const Connection& connection, const DeadLetter& letter) {
  auto write = connection.prepare(sql::write_dead_letter);
  if (!write) return write.error();
  write->bind_text(1, letter.projection);
  write->bind(2, letter.position.value);
  write->bind(3, static_cast<std::uint64_t>(letter.reason));
  write->bind(4, static_cast<std::uint64_t>(letter.state));
  write->bind_text(5, letter.message);
  write->bind(6, std::uint64_t{letter.attempts});
  write->bind_text(7, letter.trace_id);
  write->bind(8, letter.first_failure);
  write->bind(9, letter.last_failure);
  return run(connection, *write);
}

Result<void> remove_dead_letters(const Connection& connection, const char* sql,
                                 std::string_view projection, Position position) {
  auto remove = connection.prepare(sql);
  if (!remove) return remove.error();
  remove->bind_text(1, projection);
  remove->bind(2, position.value);
  return run(connection, *remove);
}

}  // namespace eventcore::sqlite
