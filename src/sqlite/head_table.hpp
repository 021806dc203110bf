#pragma once

// `HeadTable`: where streams end, in memory, for streams by name and by number.
//
// One thread, the store's writer, changes the table; it also reads without a lock, because nobody
// else changes anything. Other threads read under the mutex. A group that is not committed yet
// lives in an overlay that only the writer sees: `publish` makes it true, `drop` forgets it.
//
// Invariants:
//   1. An entry that others see describes committed, durable events only.
//   2. A stream that is not in a complete table has no events.
//   3. A stream that is in no entry of an incomplete table has its true head in the file's table
//      `heads`; so entries past the position up to which that table is complete are never evicted.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/position.hpp"

namespace eventcore::sqlite {

/// The end of a stream. Number 0: the stream is not stored.
struct Head {
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  std::uint64_t position = 0;  ///< Of that version.
  std::uint64_t skip = 0;      ///< Position of the newest version divisible by `kSkipStride`.
};

/// Every such version of a stream links this many versions back. Stored on disk; never change.
inline constexpr std::uint64_t kSkipStride = 256;

/// Stable memory for names. Views into it live as long as the arena.
class NameArena {
 public:
  [[nodiscard]] std::string_view add(std::string_view name);

 private:
  static constexpr std::size_t kChunkBytes = 64 * 1024;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t used_ = kChunkBytes;
};

[[nodiscard]] std::uint64_t hash_name(std::string_view name) noexcept;

/// Thread-safety: see above.
class HeadTable {
 public:
  /// An entry's place; valid until the next `compact`.
  using Slot = std::uint32_t;
  static constexpr Slot kNoSlot = 0xFFFF'FFFF;

  explicit HeadTable(std::size_t entries_max) : entries_max_(entries_max), full_at_(entries_max) {
    build_index(kFirstIndexSize);
  }

  // The writer.

  [[nodiscard]] Slot find(std::string_view name,
                          std::uint64_t hash) const EVENTCORE_NO_THREAD_SAFETY_ANALYSIS;
  [[nodiscard]] Slot find_number(std::uint64_t number) const EVENTCORE_NO_THREAD_SAFETY_ANALYSIS;
  /// Adds a stream that `find` did not find; `head.number` 0: it is not stored.
  Slot add(std::string_view name, std::uint64_t hash, const Head& head) EVENTCORE_EXCLUDES(mutex_);
  /// Sets a stream's committed head.
  void set(Slot slot, const Head& head) EVENTCORE_EXCLUDES(mutex_);

  /// The head in the group under way, else the committed one.
  [[nodiscard]] const Head& current(Slot slot) const noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS;
  [[nodiscard]] std::string_view name(Slot slot) const noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS;
  [[nodiscard]] std::uint64_t hash(Slot slot) const noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS;
  /// The stream's head in the group under way, to be changed.
  [[nodiscard]] Head& change(Slot slot) EVENTCORE_NO_THREAD_SAFETY_ANALYSIS;
  /// Streams changed by the group under way.
  [[nodiscard]] std::size_t changes() const noexcept { return overlay_.size(); }
  [[nodiscard]] const Head& changed(std::size_t index) const noexcept {
    return overlay_[index].head;
  }
  /// The committed position of such a stream.
  [[nodiscard]] std::uint64_t former_position(std::size_t index) const noexcept
      EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
    return entry(overlay_[index].slot).head.position;
  }
  /// Makes the group's heads the committed ones.
  void publish() EVENTCORE_EXCLUDES(mutex_);
  void drop() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS;

  [[nodiscard]] bool is_full() const noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
    return count_ > full_at_;
  }
  /// Forgets entries until the table is at most half full, except those past `complete_to`, and
  /// prefers to keep those that the writer used since the last call. Requires: no group under way.
  void compact(std::uint64_t complete_to) EVENTCORE_EXCLUDES(mutex_);
  /// From now on a stream that is not here may be in the file.
  void set_incomplete() EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] bool is_complete() const noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
    return complete_;
  }

  // Every thread.

  /// The committed head of a stream; nothing if only the file knows.
  [[nodiscard]] std::optional<Head> lookup(std::string_view name, std::uint64_t hash) const
      EVENTCORE_EXCLUDES(mutex_);
  /// The name of a stream, in `names`; an empty view if only the file or another arena has it.
  [[nodiscard]] std::string_view lookup_name(std::uint64_t number, const NameArena* names) const
      EVENTCORE_EXCLUDES(mutex_);
  /// The arena of the names that are known now.
  [[nodiscard]] std::shared_ptr<const NameArena> names() const EVENTCORE_EXCLUDES(mutex_);

 private:
  struct Entry {
    Head head;
    std::uint64_t hash = 0;
    const char* name = nullptr;
    std::uint32_t name_bytes = 0;
    // The writer's own: its place in the overlay plus 1, and whether it was used lately.
    std::uint32_t overlay = 0;
    bool used = false;
  };
  struct Change {
    Slot slot;
    Head head;
  };
  static constexpr std::size_t kChunkEntries = 4096;
  static constexpr std::size_t kFirstIndexSize = 1024;

  [[nodiscard]] const Entry& entry(Slot slot) const noexcept {
    return chunks_[slot / kChunkEntries][slot % kChunkEntries];
  }
  [[nodiscard]] Entry& entry(Slot slot) noexcept {
    return chunks_[slot / kChunkEntries][slot % kChunkEntries];
  }
  void build_index(std::size_t size);
  void index_name(Slot slot);
  void index_number(Slot slot);
  Slot append_entry(std::string_view name, std::uint64_t hash, const Head& head);
  void assign(Slot slot, const Head& head) EVENTCORE_REQUIRES(mutex_);

  const std::size_t entries_max_;
  std::size_t full_at_;  // more than `entries_max_` while that many can't be let go

  mutable detail::Mutex mutex_;
  // Changed by the writer under the mutex; read by the writer without, by others with it.
  std::vector<std::unique_ptr<Entry[]>> chunks_;
  std::size_t count_ = 0;
  std::size_t mask_ = 0;
  std::vector<std::uint32_t> by_name_;    // slot + 1; 0: free
  std::vector<std::uint32_t> by_number_;  // slot + 1; 0: free
  std::shared_ptr<NameArena> names_ = std::make_shared<NameArena>();
  bool complete_ = true;

  std::vector<Change> overlay_;  // the writer's own
};

}  // namespace eventcore::sqlite
