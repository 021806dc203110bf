#include "checksum_scan.hpp"

#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore::postgres {
namespace {

constexpr std::uint64_t kPageEvents = 1'000;

}  // namespace

ChecksummedBatch batch_of(const Rows& rows, int row) {
  return {.events = rows.count(row, kBatchEvents),
          .attempts = rows.count(row, kAttempts),
          .id = rows.uuid(row, kCommandId),
          .command_type = rows.bytes(row, kCommandType),
          .key = rows.bytes(row, kKey),
          .correlation_id = rows.bytes(row, kCorrelationId),
          .causation_id = rows.bytes(row, kCausationId),
          .trace = rows.bytes(row, kTrace),
          .decision = rows.bytes(row, kDecision)};
}

ChecksumScan::ChecksumScan(const LogCheck& check)
    : check_(check),
      verify_log_(for_schema(sql::verify_log, check.options.schema)),
      read_payloads_(for_schema(sql::read_payloads, check.options.schema)) {}

Result<Rows> ChecksumScan::run(const std::string& sql, const Parameters& parameters) {
  if (check_.closing.load()) return shutting_down();
  return check_.connection.run(sql.c_str(), parameters,
                               std::chrono::steady_clock::now() + check_.options.statement_timeout);
}

Result<Rows> ChecksumScan::next(Position after, Position until) {
  Parameters parameters;
  parameters.add(after.value).add(until.value).add(kPageEvents);
  return run(verify_log_, parameters);
}

Result<std::string_view> ChecksumScan::payload(const Rows& rows, int row) {
  if (!rows.is_null(row, kLogPayload)) return rows.bytes(row, kLogPayload);
  Array position(Type::Int8);
  position.add(rows.count(row, kLogPosition));
  Parameters parameters;
  parameters.add(position);
  auto found = run(read_payloads_, parameters);
  if (!found) return found.error();
  large_ = std::move(*found);
  return large_.size() == 0 ? std::string_view() : large_.bytes(0, 1);
}

}  // namespace eventcore::postgres
