#pragma once

// `LogFile`: the writer's connection: appends batches inside a transaction, follows what others
// appended, and finds keys, ids and winners. It knows nothing of threads, queues and turns.
//
// Bytes are bound without copying; each statement is run before they can go.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "eventcore/event_store.hpp"
#include "head_sweep.hpp"
#include "store_state.hpp"

namespace eventcore::sqlite {

/// Pages of the journal from which it is copied into the database, and from which readers are
/// waited for.
inline constexpr int kJournalPages = 1'000;
inline constexpr int kJournalPagesMax = 16'000;

/// Positions of a zone: types are remembered for each. Stored on disk; never change.
inline constexpr std::uint64_t kZone = 4'096;

/// A batch found in the log.
struct FoundBatch {
  Position first;
  Timestamp time;
  std::uint64_t events = 0;
  std::string command_type;

  [[nodiscard]] WriteResult result() const noexcept {
    return {.first = first, .last = {first.value + events - 1}, .time = time, .replayed = false};
  }
};

/// Thread-safety: One thread at a time, the writer's; also while the store is being opened.
class LogFile {
 public:
  explicit LogFile(StoreState& state) : state_(state), sweep_(state.heads) {}

  /// Connects and prepares, or stays disconnected. Errors: Unavailable, Corrupt.
  [[nodiscard]] Result<void> connect();
  void disconnect() noexcept;
  [[nodiscard]] bool is_connected() const noexcept { return connection_.is_open(); }
  /// Reads heads and types into memory, then the tail. Once, after the first `connect`.
  [[nodiscard]] Result<void> load();

  /// Begins a write transaction. SQLITE_OK or an error code.
  [[nodiscard]] int begin() noexcept { return begin_.run(); }
  [[nodiscard]] int commit() noexcept { return commit_.run(); }
  /// Undoes the transaction and what memory holds of it. False: the connection is unusable.
  [[nodiscard]] bool roll_back() noexcept;
  /// Makes the committed transaction's heads, types and position those of the store.
  void publish();
  /// Lets go of heads when there are too many in memory. Between transactions.
  void trim_heads();

  /// Reads what others have committed since the head that the store knows, within a transaction.
  [[nodiscard]] Result<void> catch_up();
  /// The same in a transaction of its own.
  [[nodiscard]] Result<void> catch_up_alone();

  /// The last position in the file, as this connection sees it.
  [[nodiscard]] Result<Position> log_end();

  /// The head with the transaction under way.
  [[nodiscard]] Position head() const noexcept { return {head_}; }
  /// The stream's head with the transaction under way, in the table; also for unknown streams.
  [[nodiscard]] Result<HeadTable::Slot> find_stream(const StreamId& stream);

  /// Appends a batch whose expectations hold; `slots` are those of its streams. SQLITE_OK or an
  /// error code. Sets `version_before` of its streams.
  [[nodiscard]] int append(WriteBatch& batch, std::span<const HeadTable::Slot> slots,
                           Timestamp time);
  /// Writes heads that are due after `events` events in this transaction.
  [[nodiscard]] int write_heads(std::uint64_t events) {
    return sweep_.write_slice(write_head_, complete_heads_, state_.head().value, events);
  }
  /// Changes a row that others do not need, so that the transaction has something to sync.
  [[nodiscard]] int raise_fence() noexcept { return raise_fence_.run(); }

  [[nodiscard]] Result<std::optional<FoundBatch>> find_key(std::string_view key);
  /// Calls `found(id, batch)` for every batch after `position`.
  template <class Found>
  [[nodiscard]] Result<void> each_batch_after(Position position, Found&& found);
  /// Who wrote the event at `position`: its batch's id and command type.
  struct Writer {
    Uuid id;
    std::string command_type;
  };
  [[nodiscard]] Result<Writer> writer_of(std::uint64_t position);
  [[nodiscard]] Result<void> set_fact(std::string_view name, std::uint64_t value);

  [[nodiscard]] Timestamp last_time() const noexcept { return last_time_; }
  /// The time for a group that is written now.
  [[nodiscard]] Timestamp group_time() const noexcept {
    return std::max(state_.options.clock->wall(), last_time_);
  }
  /// Copies committed pages from the journal into the database. `complete`: all of them, so that
  /// the journal starts over, or the result is not SQLITE_OK; waits for readers, but not for long.
  [[nodiscard]] int checkpoint(bool complete) noexcept;
  /// Whether commits wait for a later one to be synced. Not within a transaction. SQLITE_OK or an
  /// error code, and then it is as before.
  [[nodiscard]] int set_weaker(bool weaker) noexcept;
  [[nodiscard]] bool is_weaker() const noexcept { return weaker_; }
  /// Pages in the journal after the last commit.
  [[nodiscard]] int journal_pages() const noexcept { return journal_pages_; }

  [[nodiscard]] Error error(std::string_view what) const { return connection_.error(what); }
  [[nodiscard]] Connection& connection() noexcept { return connection_; }

 private:
  [[nodiscard]] Result<void> set_up_connection();
  [[nodiscard]] Result<void> prepare_statements();
  void show_figures() noexcept;
  [[nodiscard]] Result<void> load_streams();
  [[nodiscard]] Result<void> load_types();
  [[nodiscard]] Result<std::uint64_t> stored_complete_to();
  [[nodiscard]] Result<bool> can_trust_heads(std::uint64_t complete_to);
  [[nodiscard]] Result<void> follow_tail(std::uint64_t after);
  [[nodiscard]] Result<HeadTable::Slot> slot_of(std::uint64_t number, std::uint64_t position);
  [[nodiscard]] Result<Head> stored_head(std::uint64_t number);
  [[nodiscard]] int ensure_stream(HeadTable::Slot slot);
  [[nodiscard]] int type_number(std::string_view name, std::uint64_t& number);
  [[nodiscard]] int add_zones(std::uint64_t head_before);
  [[nodiscard]] int assign_numbers(WriteBatch& batch, std::span<const HeadTable::Slot> slots);
  [[nodiscard]] std::uint64_t checksum(const WriteBatch& batch,
                                       std::span<const HeadTable::Slot> slots, Timestamp time,
                                       std::string_view trace) const;
  void bind_event(Statement& statement, const WriteBatch::Event& event, std::size_t index);
  void bind_batch(const WriteBatch& batch, std::string_view trace, std::uint64_t checksum);

  StoreState& state_;
  Connection connection_;
  HeadSweep sweep_;
  std::uint64_t distrusted_to_ = 0;  // the table of heads did not agree with the log up to here
  std::uint64_t head_ = 0;
  Timestamp last_time_{};                    // committed
  std::uint64_t last_stream_ = 0;            // committed
  std::uint64_t last_stream_under_way_ = 0;  // with the transaction under way
  int journal_pages_ = 0;
  bool weaker_ = false;
  std::string decision_;

  // What the store adds to an event of the batch that is being appended.
  struct Numbers {
    std::uint64_t stream = 0;
    std::uint64_t version = 0;
    std::uint64_t type = 0;
    std::uint64_t previous = 0;
    std::uint64_t skip = 0;
  };
  std::vector<Numbers> numbers_;

  Statement begin_;
  Statement commit_;
  Statement append_first_event_;
  Statement append_event_;
  Statement add_stream_;
  Statement add_type_;
  Statement write_head_;
  Statement complete_heads_;
  Statement read_log_end_;
  Statement read_head_;
  Statement find_stream_;
  Statement read_stream_name_;
  Statement list_tail_;
  Statement list_types_;
  Statement find_key_;
  Statement list_batches_after_;
  Statement read_links_;
  Statement read_batch_;
  Statement raise_fence_;
  Statement add_zone_;
};

template <class Found>
Result<void> LogFile::each_batch_after(Position position, Found&& found) {
  const RowScope scope(list_batches_after_);
  list_batches_after_.bind(1, position.value);
  int result = list_batches_after_.step();
  for (; result == SQLITE_ROW; result = list_batches_after_.step()) {
    Uuid id;
    const std::string_view bytes = list_batches_after_.bytes(3);
    if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    found(id, FoundBatch{.first = {list_batches_after_.number(0)},
                         .time = list_batches_after_.time(1),
                         .events = list_batches_after_.number(2),
                         .command_type = {}});
  }
  if (result != SQLITE_DONE) return error("can't look for batches in");
  return {};
}

}  // namespace eventcore::sqlite
