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
  /// Somebody saw that events were appended at `time`; an earlier one changes nothing.
  void note_append(std::int64_t time_ns) noexcept {
    std::int64_t known = last_append_ns.load(std::memory_order_relaxed);
    while (known < time_ns &&
           !last_append_ns.compare_exchange_weak(known, time_ns, std::memory_order_relaxed)) {
    }
  }

  const PostgresStoreOptions options;
  TypeCatalog types;
  detail::HeadSignal signal;  // the newest committed head that any part has seen

  // Atomic: set by writer and head watcher, read by metrics; 0: not known.
  std::atomic<std::uint64_t> streams = 0;
  std::atomic<std::int64_t> last_append_ns = 0;
};

using detail::shutting_down;

}  // namespace eventcore::postgres
