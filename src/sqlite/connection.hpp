#pragma once

// `Connection` and `Statement`: the parts of SQLite's interface that the store uses, with owners.
//
// The hot path works with SQLite's result codes; `Connection::error` turns the last one into an
// `Error` where it leaves the store.

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/result.hpp"

namespace eventcore::sqlite {

/// A prepared statement. Bound text and bytes are not copied: they must live until `reset` or
/// the next binding. Thread-safety: One thread at a time, that of its connection.
class Statement {
 public:
  Statement() = default;

  [[nodiscard]] bool is_prepared() const noexcept { return statement_ != nullptr; }
  void bind(int index, std::uint64_t value) noexcept {
    sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(value));
  }
  void bind(int index, Timestamp time) noexcept {
    sqlite3_bind_int64(statement_.get(), index, time.time_since_epoch().count());
  }
  void bind_text(int index, std::string_view text) noexcept;
  void bind_bytes(int index, std::string_view bytes) noexcept;
  /// The same, but nothing is stored as NULL.
  void bind_optional_text(int index, std::string_view text) noexcept;
  void bind_optional_bytes(int index, std::string_view bytes) noexcept;

  /// SQLITE_ROW, SQLITE_DONE or an extended error code.
  [[nodiscard]] int step() noexcept { return sqlite3_step(statement_.get()); }
  /// Steps a statement without rows to its end and resets it. SQLITE_OK or an error code.
  [[nodiscard]] int run() noexcept;
  void reset() noexcept { sqlite3_reset(statement_.get()); }

  [[nodiscard]] std::uint64_t number(int column) noexcept {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
  }
  [[nodiscard]] Timestamp time(int column) noexcept {
    return Timestamp(std::chrono::nanoseconds(sqlite3_column_int64(statement_.get(), column)));
  }
  [[nodiscard]] bool is_null(int column) noexcept {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  /// Text or bytes; valid until the next step or reset.
  [[nodiscard]] std::string_view bytes(int column) noexcept;

 private:
  friend class Connection;

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement that returns rows when its reader is done, however it is left.
class RowScope {
 public:
  explicit RowScope(Statement& statement) noexcept : statement_(statement) {}
  RowScope(const RowScope&) = delete;
  RowScope& operator=(const RowScope&) = delete;
  ~RowScope() { statement_.reset(); }

 private:
  Statement& statement_;
};

/// An open database. Thread-safety: One thread at a time.
class Connection {
 public:
  struct Options {
    std::filesystem::path path;
    int flags = SQLITE_OPEN_READWRITE;
    const char* vfs = nullptr;
    std::chrono::milliseconds busy_timeout{5'000};
  };

  Connection() = default;
  /// Opens the file of that name, whatever it means to SQLite otherwise. A file that nobody has
  /// open, in a folder that may not be written to, is read as it is, without the shared memory that
  /// SQLite would make beside it. Errors: Unavailable, Corrupt.
  [[nodiscard]] static Result<Connection> open(const Options& options);

  [[nodiscard]] bool is_open() const noexcept { return database_ != nullptr; }
  /// How long a lock of another connection is waited for.
  void set_busy_timeout(std::chrono::milliseconds timeout) const noexcept;
  [[nodiscard]] Result<Statement> prepare(const char* sql) const;
  /// Runs statements without parameters and results. SQLITE_OK or an extended error code.
  [[nodiscard]] int execute(const char* sql) const noexcept;
  /// The same, as a result; `what` begins the message.
  [[nodiscard]] Result<void> run(const char* sql, std::string_view what) const;
  /// The number that a query without parameters returns in its first row.
  [[nodiscard]] Result<std::uint64_t> number(const char* sql, std::string_view what) const;
  [[nodiscard]] bool in_transaction() const noexcept {
    return sqlite3_get_autocommit(database_.get()) == 0;
  }
  /// Ends a transaction that failed. A false return: the connection is unusable.
  [[nodiscard]] bool roll_back() const noexcept;

  /// The error of the last call, as what a caller of the store can use.
  [[nodiscard]] Error error(std::string_view what) const;
  [[nodiscard]] sqlite3* handle() const noexcept { return database_.get(); }
  /// The file is read as it was when it was opened; what others write goes unnoticed.
  [[nodiscard]] bool is_immutable() const noexcept { return immutable_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
  };
  std::unique_ptr<sqlite3, Close> database_;
  bool immutable_ = false;
};

/// The folder that holds `path`.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

/// A read transaction for its scope: everything in it sees one state of the file.
class ReadTransaction {
 public:
  explicit ReadTransaction(const Connection& connection) noexcept
      : connection_(connection), begun_(connection.execute("BEGIN") == SQLITE_OK) {}
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction() {
    if (begun_) static_cast<void>(connection_.execute("COMMIT"));
  }
  [[nodiscard]] bool begun() const noexcept { return begun_; }

 private:
  const Connection& connection_;
  bool begun_;
};

}  // namespace eventcore::sqlite
