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
    if (end < sweep_.complete_to()) {
      return make_error(ErrorCode::Corrupt, "the log ends before the heads of its streams");
    }
    if (result == SQLITE_ROW) last_time_ = read_log_end_.time(1);
  }
  head_ = sweep_.complete_to();
  return follow_tail();
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

// Streams come sorted by number and so do heads: they are merged as they are read.
Result<void> LogFile::load_streams() {
  Head row;
  {
    const RowScope scope(read_head_);
    read_head_.bind(1, std::uint64_t{0});
    const int result = read_head_.step();
    if (result == SQLITE_DONE)
      return make_error(ErrorCode::Corrupt, "the table of heads is damaged");
    if (result != SQLITE_ROW) return error(kCantLoad);
    sweep_.start(read_head_.number(1));
  }
  auto last = connection_.number(sql::read_last_stream_number, kCantLoad);
  if (!last) return last.error();
  last_stream_ = last_stream_under_way_ = *last;
  std::uint64_t after = 0;
  if (last_stream_ > state_.options.heads_cached_max || state_.options.read_only) {
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
  int head_row = heads->step();
  int stream_row = streams->step();
  for (; stream_row == SQLITE_ROW; stream_row = streams->step()) {
    Head head{.number = streams->number(0)};
    while (head_row == SQLITE_ROW && heads->number(0) < head.number) head_row = heads->step();
    if (head_row == SQLITE_ROW && heads->number(0) == head.number) {
      head.version = heads->number(1);
      head.position = heads->number(2);
      head.skip = heads->number(3);
    }
    if (head.position > sweep_.complete_to()) sweep_.include(head.number);
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
  return follow_tail();
}

Result<void> LogFile::follow_tail() {
  HeadTable& heads = state_.heads;
  const RowScope scope(list_tail_);
  list_tail_.bind(1, head_);
  int result = list_tail_.step();
  for (; result == SQLITE_ROW; result = list_tail_.step()) {
    head_ = list_tail_.number(0);
    last_time_ = list_tail_.time(3);
    auto slot = slot_of(list_tail_.number(1));
    if (!slot) return slot.error();
    Head head = heads.current(*slot);
    if (head.position >= head_) continue;
    sweep_.moved(head.number, head.position);
    head.version = list_tail_.number(2);
    head.position = head_;
    if (head.version % kSkipStride == 0) head.skip = head_;
    heads.set(*slot, head);
  }
  if (result != SQLITE_DONE) return error(kCantLoad);
  state_.signal.publish({head_});
  return {};
}

Result<HeadTable::Slot> LogFile::slot_of(std::uint64_t number) {
  HeadTable& heads = state_.heads;
  if (const auto slot = heads.find_number(number); slot != HeadTable::kNoSlot) return slot;
  std::string name;
  {
    const RowScope scope(read_stream_name_);
    read_stream_name_.bind(1, number);
    const int result = read_stream_name_.step();
    if (result == SQLITE_DONE) {
      return make_error(ErrorCode::Corrupt, "an event belongs to a stream without a name", "",
                        {head_});
    }
    if (result != SQLITE_ROW) return error(kCantLoad);
    name = read_stream_name_.bytes(0);
  }
  auto head = stored_head(number);
  if (!head) return head.error();
  const std::uint64_t hash = hash_name(name);
  const auto slot = heads.find(name, hash);
  if (slot == HeadTable::kNoSlot) return heads.add(name, hash, *head);
  heads.set(slot, *head);
  return slot;
}

}  // namespace eventcore::sqlite
