#pragma once

// `HeadSweep`: writes heads from memory to the table `heads`, a little with each group.
//
// A sweep takes the streams that changed since the last one began, sorted by number, and writes a
// contiguous slice of them in each transaction, so that few pages of the table change. When it is
// through, the table is complete up to the position at which it began. Two sweeps' worth of events
// is the most that opening a store has to scan.
//
// Invariant: a stream in memory whose head is past the beginning of the last sweep is in the next
// one. So whoever brings a head into memory tells: `entered`, and when it moves on: `moved`.

#include <cstdint>
#include <vector>

#include "connection.hpp"
#include "head_table.hpp"

namespace eventcore::sqlite {

/// The most events that the table `heads` may be behind, a group apart.
inline constexpr std::uint64_t kHeadsBehindMax = 100'000;

/// Thread-safety: One thread at a time, the writer's.
class HeadSweep {
 public:
  explicit HeadSweep(const HeadTable& heads) : heads_(heads) {}

  /// Begins with a table that is complete up to `position`.
  void start(std::uint64_t position);
  /// Another process has completed the table up to `position`.
  void completed_by_others(std::uint64_t position);
  [[nodiscard]] std::uint64_t complete_to() const noexcept { return complete_to_; }

  /// A stream's committed head moved on from `former_position`.
  void moved(std::uint64_t number, std::uint64_t former_position) {
    if (former_position <= changed_since_) changed_.push_back(number);
  }
  /// A head was read from the table, whose rows may be newer than what it is complete for.
  void entered(const Head& head) {
    if (head.position > changed_since_) changed_.push_back(head.number);
  }

  /// Writes the slice that belongs to a group of `events` events. `head`: before the group.
  /// SQLITE_OK or an error code.
  [[nodiscard]] int write_slice(Statement& write_head, Statement& complete_heads,
                                std::uint64_t head, std::uint64_t events);
  /// The group's transaction is committed.
  void committed();
  /// The group's transaction is rolled back.
  void dropped() noexcept { written_ = done_; }

 private:
  const HeadTable& heads_;
  std::uint64_t complete_to_ = 0;
  std::uint64_t changed_since_ = 0;
  std::vector<std::uint64_t> changed_;   // since that position
  std::vector<std::uint64_t> sweeping_;  // sorted
  std::size_t done_ = 0;                 // of those, in committed transactions
  std::size_t written_ = 0;              // of those, with the transaction under way
  std::uint64_t credit_ = 0;             // rows due, times kSweepEvents
};

}  // namespace eventcore::sqlite
