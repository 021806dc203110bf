#pragma once

// What the parts of one open store share: options, types and the head signal.

#include <atomic>
#include <cstdint>
#include <utility>

#include "eventcore/detail/closing.hpp"
#include "eventcore/detail/head_signal.hpp"
#include "eventcore/postgres_store.hpp"
#include "type_catalog.hpp"

namespace eventcore::postgres {

/// Thread-safety: as each member's type says.
struct StoreState {
  explicit StoreState(PostgresStoreOptions opened) : options(std::move(opened)) {}

  [[nodiscard]] Position head() const noexcept { return signal.head(); }

  const PostgresStoreOptions options;
  TypeCatalog types;
  detail::HeadSignal signal;  // the newest committed head that any part has seen

  // Atomic: set by writer and head watcher, read by metrics; 0: not known.
  std::atomic<std::uint64_t> streams = 0;
  std::atomic<std::int64_t> last_append_ns = 0;
};

using detail::shutting_down;

}  // namespace eventcore::postgres
