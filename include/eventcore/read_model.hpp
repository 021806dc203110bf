#pragma once

/// \file
/// `ReadModel`: a database of a projector's own, in which data and checkpoint share a transaction.
///
/// With it a projector counts every event exactly once: what a batch changed and the position
/// behind it are committed together or not at all. The row that holds the checkpoint also holds the
/// leader's token, so a leader that was stopped and replaced can't commit over its successor. The
/// usual mistake is to write through another connection than that of the transaction. SQLite:
/// sqlite_read_model.hpp.

#include <cstdint>

#include "eventcore/position.hpp"
#include "eventcore/result.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// Up to where a read model is, and of which log.
struct ReadModelCheckpoint {
  Position position;
  std::uint64_t token = 0;  ///< Of the last leader that began a transaction before.
  Uuid log_id;              ///< Nil if nothing was ever committed.
};

/// Who begins a transaction, for which log.
struct ReadModelWriter {
  std::uint64_t token = 0;
  Uuid log_id;
};

/// Transactions of a read model. `ProjectionRunner` calls; the projector writes between `begin` and
/// `commit`. Thread-safety: One thread at a time. Blocking: every member writes to a database.
class ReadModel {
 public:
  ReadModel() = default;
  ReadModel(const ReadModel&) = delete;
  ReadModel& operator=(const ReadModel&) = delete;
  virtual ~ReadModel() = default;

  /// Begins a transaction, writes the token, and returns what was there before. Errors: LeaseLost
  /// if a newer token is stored; an error leaves no transaction.
  [[nodiscard]] virtual Result<ReadModelCheckpoint> begin(const ReadModelWriter& writer) = 0;
  /// Stores `position` and the writer's log id, and commits. Errors: LeaseLost if a newer token is
  /// stored; an error rolls back.
  [[nodiscard]] virtual Result<void> commit(Position position) = 0;
  virtual void roll_back() noexcept = 0;
};

}  // namespace eventcore
