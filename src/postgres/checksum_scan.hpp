#pragma once

// `ChecksumScan`: reads a piece of the log with everything that its checksums cover.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "batch_checksum.hpp"
#include "eventcore/position.hpp"
#include "pipeline.hpp"
#include "verify.hpp"

namespace eventcore::postgres {

/// The columns of `verify_log`; those from kCommandId on are of the batch.
enum ChecksumColumn : int {
  kLogPosition,
  kLogStream,
  kLogVersion,
  kLogTime,
  kLogType,
  kLogSchemaVersion,
  kLogOrdinal,
  kLogHeaders,
  kLogPayload,
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
};

/// The batch whose first event is the row.
[[nodiscard]] ChecksummedBatch batch_of(const Rows& rows, int row);

/// Thread-safety: One thread at a time.
class ChecksumScan {
 public:
  explicit ChecksumScan(const LogCheck& check);

  /// The next events behind `after` up to `until`; none: there are no more.
  [[nodiscard]] Result<Rows> next(Position after, Position until);
  /// The payload of an event, also of one that is too large to come with the others. Views live
  /// until the next call.
  [[nodiscard]] Result<std::string_view> payload(const Rows& rows, int row);

 private:
  [[nodiscard]] Result<Rows> run(const std::string& sql, const Parameters& parameters);

  const LogCheck& check_;
  const std::string verify_log_;
  const std::string read_payloads_;
  Rows large_;
};

}  // namespace eventcore::postgres
