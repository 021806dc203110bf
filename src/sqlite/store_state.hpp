#pragma once

// What the parts of one open store share: options, heads, types, turns and the head signal.

#include <atomic>
#include <cstdint>
#include <utility>

#include "eventcore/detail/closing.hpp"
#include "eventcore/detail/head_signal.hpp"
#include "eventcore/sqlite_store.hpp"
#include "head_table.hpp"
#include "type_table.hpp"
#include "writer_turn.hpp"

namespace eventcore::sqlite {

/// Thread-safety: as each member's type says.
struct StoreState {
  explicit StoreState(SqliteStoreOptions opened)
      : options(std::move(opened)), heads(options.heads_cached_max) {}

  [[nodiscard]] Position head() const noexcept { return signal.head(); }
  /// Another process has announced events that this store has not read yet, or could have
  /// without being heard.
  [[nodiscard]] bool is_behind() const noexcept {
    return !turn.is_open() || turn.shared_head() > head();
  }

  const SqliteStoreOptions options;
  HeadTable heads;
  TypeTable types;
  WriterTurn turn;
  detail::HeadSignal signal;

  // Atomic: set by the writer, read by metrics. Of what is committed; 0 if there is no event.
  std::atomic<std::uint64_t> streams = 0;
  std::atomic<std::int64_t> last_append_ns = 0;
};

using detail::shutting_down;

}  // namespace eventcore::sqlite
