#include "check_checksums.hpp"

#include <algorithm>
#include <optional>

#include "batch_checksum.hpp"
#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

// Columns of `check_batches`.
enum Column : int {
  kPosition,
  kVersion,
  kSchemaVersion,
  kTime,
  kOrdinal,
  kPrevious,
  kSkip,
  kHeaders,
  kPayload,
  kCommandId,
  kCommandType,
  kKey,
  kCorrelationId,
  kCausationId,
  kTrace,
  kAttempts,
  kDecision,
  kBatchEvents,
  kChecksum,
  kStreamName,
  kTypeName,
};

ChecksummedBatch batch_of(Statement& row) {
  ChecksummedBatch batch{.first = row.number(kPosition),
                         .time = row.time(kTime),
                         .events = row.number(kBatchEvents),
                         .attempts = row.number(kAttempts),
                         .id = {},
                         .command_type = row.bytes(kCommandType),
                         .key = row.bytes(kKey),
                         .correlation_id = row.bytes(kCorrelationId),
                         .causation_id = row.bytes(kCausationId),
                         .trace = row.bytes(kTrace),
                         .decision = row.bytes(kDecision)};
  const std::string_view id = row.bytes(kCommandId);
  std::copy_n(id.begin(), std::min(id.size(), batch.id.bytes.size()), batch.id.bytes.begin());
  return batch;
}

ChecksummedEvent event_of(Statement& row) {
  return {.version = row.number(kVersion),
          .stream_hash = hash_bytes(row.bytes(kStreamName)),
          .type_hash = hash_bytes(row.bytes(kTypeName)),
          .schema_version = row.number(kSchemaVersion),
          .previous = row.number(kPrevious),
          .skip = row.number(kSkip),
          .payload = row.bytes(kPayload),
          .headers = row.bytes(kHeaders)};
}

// The batch that is being read.
struct Batch {
  BatchChecksum sum;
  Position first;
  std::uint64_t checksum;

  [[nodiscard]] Result<void> check() const {
    if (sum.value() == checksum) return {};
    return make_error(ErrorCode::Corrupt,
                      "the batch is not what was written; eventcore verify tells more", {}, first);
  }
};

}  // namespace

Result<void> check_checksums(const Connection& connection, Position after, Position until) {
  auto row = connection.prepare(sql::check_batches);
  if (!row) return row.error();
  row->bind(1, after.value);
  row->bind(2, until.value);
  std::optional<Batch> batch;
  int result = row->step();
  for (; result == SQLITE_ROW; result = row->step()) {
    if (row->number(kOrdinal) == 0) {
      if (batch) {
        if (auto checked = batch->check(); !checked) return checked;
      }
      batch.emplace(Batch{.sum = BatchChecksum(batch_of(*row)),
                          .first = {row->number(kPosition)},
                          .checksum = row->number(kChecksum)});
    }
    if (batch) batch->sum.add(event_of(*row));
  }
  if (result != SQLITE_DONE) return connection.error("can't read");
  return batch ? batch->check() : Result<void>();
}

}  // namespace eventcore::sqlite
