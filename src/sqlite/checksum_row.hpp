#pragma once

// What of a row of `verify_log` or `check_batches` enters a batch's checksum.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "batch_checksum.hpp"
#include "connection.hpp"

namespace eventcore::sqlite {

/// The columns that both begin with; those from kCommandId on are of the batch.
enum ChecksumColumn : int {
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
  kChecksumColumns,
};

[[nodiscard]] inline bool has_id(Statement& row) {
  return row.bytes(kCommandId).size() == Uuid{}.bytes.size();
}

/// The batch whose first event is `row`. Without an id of the right size it has a nil id, so that
/// its checksum does not fit.
[[nodiscard]] inline ChecksummedBatch batch_of(Statement& row) {
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
  if (has_id(row)) std::copy(id.begin(), id.end(), batch.id.bytes.begin());
  return batch;
}

[[nodiscard]] inline ChecksummedEvent event_of(Statement& row, std::uint64_t stream_hash,
                                               std::uint64_t type_hash) {
  return {.version = row.number(kVersion),
          .stream_hash = stream_hash,
          .type_hash = type_hash,
          .schema_version = row.number(kSchemaVersion),
          .previous = row.number(kPrevious),
          .skip = row.number(kSkip),
          .payload = row.bytes(kPayload),
          .headers = row.bytes(kHeaders)};
}

}  // namespace eventcore::sqlite
