#pragma once

/// \file
/// `ReadDatabase`: looks at a read model that a projection writes, over connections of its own.

#include <memory>
#include <string_view>
#include <utility>

#include <eventcore/position.hpp>
#include <eventcore/result.hpp>

#include "read_models/statement.hpp"

namespace shop {

/// A read model at one position: whatever is asked of it belongs together, for the projection
/// commits data and position at once. Thread-safety: One thread at a time. Ownership: must end
/// before its database, and the statements before it.
class ReadSnapshot {
 public:
  /// A transaction, which its destructor ends.
  class Transaction {
   public:
    Transaction() = default;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    virtual ~Transaction() = default;
    [[nodiscard]] virtual eventcore::Result<Statement> prepare(std::string_view sql) = 0;
  };

  ReadSnapshot(std::unique_ptr<Transaction> transaction, eventcore::Position position)
      : transaction_(std::move(transaction)), position_(position) {}

  /// Every event up to here is in it.
  [[nodiscard]] eventcore::Position position() const noexcept { return position_; }
  [[nodiscard]] eventcore::Result<Statement> prepare(std::string_view sql) const {
    return transaction_->prepare(sql);
  }

 private:
  std::unique_ptr<Transaction> transaction_;
  eventcore::Position position_;
};

/// Thread-safety: Thread-safe. Blocking: for the disk or the server.
class ReadDatabase {
 public:
  ReadDatabase() = default;
  ReadDatabase(const ReadDatabase&) = delete;
  ReadDatabase& operator=(const ReadDatabase&) = delete;
  virtual ~ReadDatabase() = default;

  /// Errors: Unavailable, HandlerFailed.
  [[nodiscard]] virtual eventcore::Result<ReadSnapshot> snapshot() = 0;
};

}  // namespace shop
