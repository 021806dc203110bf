#pragma once

// The schema of the store in the database: made, migrated and checked when a store is opened.

#include <cstdint>
#include <string>
#include <string_view>

#include "connection.hpp"

namespace eventcore::postgres {

/// Stored in the database; one more for every change of tables or functions.
inline constexpr std::uint64_t kSchemaVersion = 1;

/// The key of the commit lock of schema `schema`. The same in every version of this library.
[[nodiscard]] std::int64_t lock_key(std::string_view schema) noexcept;

/// `sql` with the quoted schema and its lock in place of @schema@ and @lock@.
[[nodiscard]] std::string for_schema(std::string_view sql, const std::string& schema);

/// The version that is stored; 0 without a schema.
[[nodiscard]] Result<std::uint64_t> stored_schema_version(Connection& connection,
                                                          const PostgresStoreOptions& options);

/// Creates or migrates the schema if `options.create`, one process at a time, else checks it.
/// Errors: Unavailable (missing; of a later version: names both; no permission).
[[nodiscard]] Result<void> prepare_schema(Connection& connection,
                                          const PostgresStoreOptions& options);

}  // namespace eventcore::postgres
