#pragma once

/// \file
/// `StoreAdministration`: looking after a store, apart from appending to it and reading it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/event_filter.hpp"
#include "eventcore/position.hpp"
#include "eventcore/result.hpp"
#include "eventcore/store_care.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore {

/// One stream of a listing.
struct StreamSummary {
  StreamId stream;
  StreamVersion version;
  Position last;  ///< Its newest event.
};

/// Lists streams in the byte order of their ids.
struct StreamListQuery {
  std::string after;        ///< Exclusive; empty: from the beginning.
  EventFilter filter = {};  ///< Only its stream conditions count.
  std::size_t limit = 1'000;
};

/// Sizes of a store.
struct StoreStats {
  std::uint64_t events = 0;
  std::uint64_t streams = 0;
  std::uint64_t event_types = 0;
  std::uint64_t size_bytes = 0;  ///< On disk, with journals; memory for the memory store.
  Position head;
  std::optional<Timestamp> first_event;
  std::optional<Timestamp> last_event;
  std::optional<Timestamp> last_backup;
};

/// A pool of connections at one moment.
struct PoolFigures {
  std::string_view name;     ///< A fixed name.
  std::size_t size = 0;      ///< Open connections.
  std::size_t size_max = 0;  ///< Connections that may be open.
  std::size_t in_use = 0;
  std::size_t pending = 0;  ///< Requests that wait for one.
};

/// What a store keeps count of anyway.
struct StoreFigures {
  std::uint64_t events = 0;
  std::uint64_t streams = 0;
  std::optional<Timestamp> last_append;
  std::vector<PoolFigures> pools;
};

/// The room that a store takes, and that is left.
struct StoreSpace {
  std::uint64_t size_bytes = 0;  ///< On disk, with journals; memory for the memory store.
  std::optional<std::uint64_t> disk_size_bytes = {};  ///< Of its file system.
  std::optional<std::uint64_t> disk_free_bytes = {};  ///< What is left there for this user.
};

/// The form in which a store keeps its data; 0 where it has none.
struct SchemaVersion {
  std::uint64_t stored = 0;  ///< In the store now; programs of other versions may share it.
  std::uint64_t known = 0;   ///< The newest that this library knows.
};

/// One contradiction in the stored data.
struct Finding {
  std::string check;  ///< `density`, `order`, `chain`, `heads`, `checksum`, …
  Position position;  ///< Where; 0 if nowhere in particular.
  std::string message;
};

/// What `verify` saw.
struct VerifyReport {
  std::uint64_t events = 0;
  std::uint64_t batches = 0;
  std::uint64_t streams = 0;
  std::vector<Finding> findings;  ///< At most 1,000; `findings_total` counts all.
  std::uint64_t findings_total = 0;
};

/// Progress of long work: `done` of `total`. Returning false stops it with `Cancelled`.
using Progress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

/// Thread-safety: Thread-safe. Blocking: every member may read from disk.
class StoreAdministration {
 public:
  StoreAdministration() = default;
  StoreAdministration(const StoreAdministration&) = delete;
  StoreAdministration& operator=(const StoreAdministration&) = delete;
  virtual ~StoreAdministration() = default;

  [[nodiscard]] virtual Result<std::vector<StreamSummary>> list_streams(
      const StreamListQuery& query) = 0;
  [[nodiscard]] virtual Result<StoreStats> stats() = 0;
  /// For metrics, at any time: what is known without reading. Blocking: a short lock at most.
  [[nodiscard]] virtual StoreFigures figures() const = 0;
  /// Asks the file system, and it alone: no lock of the store is taken.
  [[nodiscard]] virtual StoreSpace space() const = 0;
  /// For metrics: the age of the oldest transaction that holds or waits for a lock which appends
  /// need; 0 if there is none, nothing if the store has no such or does not answer.
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> blocking_transaction_age() const {
    return std::nullopt;
  }
  /// What is stored now, not what was found on opening.
  [[nodiscard]] virtual Result<SchemaVersion> schema_version() { return SchemaVersion{}; }
  /// Reads the whole store and checks density, time order, stream chains, heads and checksums.
  /// `progress` may use the store, but not close it: closing waits for `verify`.
  [[nodiscard]] virtual Result<VerifyReport> verify(const Progress& progress) = 0;
  /// Compares the batches behind `after` up to `until` with their stored checksums: what a backup
  /// does with what it copies. Requires: no batch begins or ends elsewhere.
  /// Errors: Corrupt (names the first event of the batch that is not what was written).
  [[nodiscard]] virtual Result<void> check_batches(Position after, Position until) = 0;
  /// Appends `batch` exactly as it was: with its positions, which must follow the head, and its
  /// time. For restoring a backup into a store without other writers. Errors: VersionConflict
  /// when `first` is not the position after the head.
  [[nodiscard]] virtual Result<void> import_batch(WriteBatch& batch, Position first,
                                                  Timestamp time) = 0;
  /// Remembers that `task` was done, or tried. A success replaces the one before it, and so does a
  /// failure. Errors: Unavailable (the store is read-only).
  [[nodiscard]] virtual Result<void> record_care(CareTask task, const CareRecord& record) = 0;
  /// What the store remembers of its care, by whichever process.
  [[nodiscard]] virtual Result<StoreCare> care() = 0;
};

}  // namespace eventcore
