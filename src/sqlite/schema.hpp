#pragma once

// `prepare_file`: makes sure that a path holds a store of this library's schema, or says why not.

#include "connection.hpp"
#include "eventcore/sqlite_store.hpp"
#include "writer_turn.hpp"

namespace eventcore::sqlite {

/// "EVCO": the file is one of ours. Stored on disk; never change.
inline constexpr std::uint32_t kApplicationId = 0x4556'434F;
/// The newest schema that this library knows.
inline constexpr std::uint32_t kSchemaVersion = 2;
/// The first one with the tables of projections and the identity of the log.
inline constexpr std::uint32_t kProjectionsVersion = 2;

/// Creates or migrates the store at `options.path` and opens `turn` beside it. What is not a store
/// is left as it was. Errors: InvalidArgument, Unavailable, Corrupt.
[[nodiscard]] Result<void> prepare_file(const SqliteStoreOptions& options, WriterTurn& turn);

/// Another connection to a prepared file. Errors: Unavailable, Corrupt.
[[nodiscard]] Result<Connection> open_store_file(const SqliteStoreOptions& options);

}  // namespace eventcore::sqlite
