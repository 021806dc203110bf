// What a store reads before its first group, and what others appended since the last one.

#include "eventcore/assert.hpp"
#include "log_file.hpp"
#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

constexpr char kCantLoad[] = "can't read";

}  // namespace

Result<void> LogFile::load() {
  const ReadTransaction transaction(connection_);
  if (!transaction.begun()) return error(kCantLoad);
  if (auto loaded = load_types(); !loaded) return loaded;
  if (auto loaded = load_streams(); !loaded) return loaded;
  {
    const RowScope scope(read_log_end_);
    const int result = read_log_end_.step();
    if (result != SQLITE_ROW && result != SQLITE_DONE) return error(kCantLoad);
    const std::uint64_t end = result == SQLITE_ROW ? read_log_end_.number(0) : 0;
    if (end < std::max(sweep_.complete_to(), distrusted_to_)) {
      return make_error(ErrorCode::Corrupt, "the log ends before the heads of its streams");
    }
    if (result == SQLITE_ROW) last_time_ = read_log_end_.time(1);
  }
  return follow_tail(sweep_.complete_to());
}

Result<void> LogFile::load_types() {
  const RowScope scope(list_types_);
  list_types_.bind(1, state_.types.last_number());
  int result = list_types_.step();
  for (; result == SQLITE_ROW; result = list_types_.step()) {
    const std::uint64_t number = state_.types.add(list_types_.bytes(1));
    if (number != list_types_.number(0)) {
      return make_error(ErrorCode::Corrupt, "the table of event types has a gap");
    }
  }
  if (result != SQLITE_DONE) return error(kCantLoad);
  state_.types.publish();
  return {};
}

// Up to where the table `heads` is complete, as it says itself.
Result<std::uint64_t> LogFile::stored_complete_to() {
  const RowScope scope(read_head_);
  read_head_.bind(1, std::uint64_t{0});
  const int result = read_head_.step();
  if (result == SQLITE_DONE) {
    return make_error(ErrorCode::Corrupt, "the table of heads is damaged");
  }
  if (result != SQLITE_ROW) return error(kCantLoad);
  return read_head_.number(1);
}

// Whether heads and log agree. A head that is older than its table claims would give a version to
// a second event; the log is dense, and so are versions, so that one sum tells.
Result<bool> LogFile::can_trust_heads(std::uint64_t complete_to) {
  auto count = connection_.prepare(sql::count_head_gap);
  if (!count) return count.error();
  count->bind(1, complete_to);
  if (count->step() != SQLITE_ROW) return error(kCantLoad);
  return count->number(0) == 0;
}

// Streams come sorted by number and so do heads: they are merged as they are read.
Result<void> LogFile::load_streams() {
  auto complete_to = stored_complete_to();
  if (!complete_to) return complete_to.error();
  auto trusted = can_trust_heads(*complete_to);
  if (!trusted) return trusted.error();
  distrusted_to_ = *trusted ? 0 : *complete_to;
  sweep_.start(*trusted ? *complete_to : 0);
  auto last = connection_.number(sql::read_last_stream_number, kCantLoad);
  if (!last) return last.error();
  last_stream_ = last_stream_under_way_ = *last;
  std::uint64_t after = 0;
  const bool keeps_few = last_stream_ > state_.options.heads_cached_max || state_.options.read_only;
  // Without heads to look up, all streams stay in memory until a sweep has written them anew.
  if (keeps_few && *trusted) {
    // The newest streams are the likeliest to go on. Who only reads looks heads up as needed.
    after = last_stream_;
    if (!state_.options.read_only) after -= state_.options.heads_cached_max / 2;
    if (after != 0) state_.heads.set_incomplete();
  }
  auto streams = connection_.prepare(sql::list_streams_by_number);
  if (!streams) return streams.error();
  auto heads = connection_.prepare(sql::list_heads);
  if (!heads) return heads.error();
  streams->bind(1, after);
  heads->bind(1, after + 1);
  int head_row = *trusted ? heads->step() : SQLITE_DONE;
  int stream_row = streams->step();
  for (; stream_row == SQLITE_ROW; stream_row = streams->step()) {
    Head head{.number = streams->number(0)};
    while (head_row == SQLITE_ROW && heads->number(0) < head.number) head_row = heads->step();
    if (head_row == SQLITE_ROW && heads->number(0) == head.number) {
      head.version = heads->number(1);
      head.position = heads->number(2);
      head.skip = heads->number(3);
    }
    sweep_.entered(head);
    const std::string_view name = streams->bytes(1);
    state_.heads.add(name, hash_name(name), head);
  }
  if (stream_row != SQLITE_DONE || (head_row != SQLITE_DONE && head_row != SQLITE_ROW)) {
    return error(kCantLoad);
  }
  return {};
}

Result<Position> LogFile::log_end() {
  const RowScope scope(read_log_end_);
  const int result = read_log_end_.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return error(kCantLoad);
  return Position{result == SQLITE_ROW ? read_log_end_.number(0) : 0};
}

Result<void> LogFile::catch_up_alone() {
  const ReadTransaction transaction(connection_);
  if (!transaction.begun()) return error(kCantLoad);
  return catch_up();
}

Result<void> LogFile::catch_up() {
  const Position announced = state_.turn.shared_head();
  auto end = log_end();
  if (!end) return end.error();
  if (end->value == head_) {
    if (announced > *end && connection_.is_immutable()) {
      return make_error(ErrorCode::Unavailable,
                        "another process began to write to the store, which is read here as it "
                        "was: open it again");
    }
    if (announced > *end) state_.turn.correct(announced, *end);
    return {};
  }
  if (end->value < head_) {
    return make_error(ErrorCode::Corrupt, "the log has become shorter: was the file replaced?");
  }
  if (auto loaded = load_types(); !loaded) return loaded;
  auto last = connection_.number(sql::read_last_stream_number, kCantLoad);
  if (!last) return last.error();
  last_stream_ = last_stream_under_way_ = *last;
  if (auto followed = follow_tail(head_); !followed) return followed;
  auto complete_to = stored_complete_to();
  if (!complete_to) return complete_to.error();
  if (*complete_to > std::max(sweep_.complete_to(), distrusted_to_)) {
    sweep_.completed_by_others(*complete_to);
  }
  return {};
}

// The store's head moves only when all is read: an event that could not be applied is read again.
Result<void> LogFile::follow_tail(std::uint64_t after) {
  HeadTable& heads = state_.heads;
  const RowScope scope(list_tail_);
  list_tail_.bind(1, after);
  std::uint64_t end = after;
  int result = list_tail_.step();
  for (; result == SQLITE_ROW; result = list_tail_.step()) {
    end = list_tail_.number(0);
    auto slot = slot_of(list_tail_.number(1), end);
    if (!slot) return slot.error();
    last_time_ = list_tail_.time(3);
    Head head = heads.current(*slot);
    if (head.position >= end) continue;
    sweep_.moved(head.number, head.position);
    head.version = list_tail_.number(2);
    head.position = end;
    if (head.version % kSkipStride == 0) head.skip = end;
    heads.set(*slot, head);
  }
  if (result != SQLITE_DONE) return error(kCantLoad);
  head_ = end;
  show_figures();
  state_.signal.publish({head_});
  return {};
}

Result<HeadTable::Slot> LogFile::slot_of(std::uint64_t number, std::uint64_t position) {
  HeadTable& heads = state_.heads;
  if (const auto slot = heads.find_number(number); slot != HeadTable::kNoSlot) return slot;
  std::string name;
  {
    const RowScope scope(read_stream_name_);
    read_stream_name_.bind(1, number);
    const int result = read_stream_name_.step();
    if (result == SQLITE_DONE) {
      return make_error(ErrorCode::Corrupt, "an event belongs to a stream without a name", "",
                        {position});
    }
    if (result != SQLITE_ROW) return error(kCantLoad);
    name = read_stream_name_.bytes(0);
  }
  auto head = stored_head(number);
  if (!head) return head.error();
  sweep_.entered(*head);
  const std::uint64_t hash = hash_name(name);
  const auto slot = heads.find(name, hash);
  if (slot == HeadTable::kNoSlot) return heads.add(name, hash, *head);
  heads.set(slot, *head);
  return slot;
}

}  // namespace eventcore::sqlite
