#pragma once

/// \file
/// `Statement`: SQL with parameters, for projections that write and queries that read.
///
/// The shop's SQL is SQLite's, as far as PostgreSQL has the same: tables are written `@name`,
/// columns are INTEGER or TEXT, and parameters `?1`. postgres_statement.hpp says what becomes of
/// it.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <eventcore/result.hpp>

namespace shop {

/// Thread-safety: that of its connection. Ownership: must end before its connection.
class Statement {
 public:
  /// What a database makes of it.
  class Prepared {
   public:
    Prepared() = default;
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    virtual ~Prepared() = default;

    virtual void bind(int parameter, std::int64_t number) = 0;
    virtual void bind(int parameter, std::string_view text) = 0;
    [[nodiscard]] virtual eventcore::Result<bool> step() = 0;
    virtual void reset() noexcept = 0;
    [[nodiscard]] virtual std::int64_t number(int column) const = 0;
    [[nodiscard]] virtual std::string text(int column) const = 0;
  };

  Statement() = default;
  explicit Statement(std::unique_ptr<Prepared> prepared) : prepared_(std::move(prepared)) {}

  // Parameters count from 1. Texts must live until the statement has run.
  Statement& bind(int parameter, std::int64_t number) {
    prepared_->bind(parameter, number);
    return *this;
  }
  Statement& bind(int parameter, std::string_view text) {
    prepared_->bind(parameter, text);
    return *this;
  }

  /// The next row, if there is one. Errors: Unavailable (the same call may succeed later),
  /// HandlerFailed.
  [[nodiscard]] eventcore::Result<bool> step() { return prepared_->step(); }
  /// Runs a statement without rows. Errors: as above.
  [[nodiscard]] eventcore::Result<void> run() {
    const auto stepped = step();
    if (!stepped) return stepped.error();
    reset();
    return {};
  }
  /// Ends a query early, so that it can be run again.
  void reset() noexcept { prepared_->reset(); }

  // Columns of the row count from 0.
  [[nodiscard]] std::int64_t number(int column) const { return prepared_->number(column); }
  [[nodiscard]] std::string text(int column) const { return prepared_->text(column); }

 private:
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace shop
