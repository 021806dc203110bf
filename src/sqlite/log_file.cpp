#include "log_file.hpp"

#include <utility>

#include "batch_checksum.hpp"
#include "eventcore/assert.hpp"
#include "eventcore/decision_record.hpp"
#include "schema.hpp"
#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

constexpr char kCantRead[] = "can't read";
// Groups wait meanwhile: long enough for a reader's page, too short for anybody to notice.
constexpr std::chrono::milliseconds kCheckpointWait{10};

}  // namespace

Result<void> LogFile::connect() {
  auto connected = set_up_connection();
  if (!connected) disconnect();
  return connected;
}

Result<void> LogFile::set_up_connection() {
  const SqliteStoreOptions& options = state_.options;
  auto opened = open_store_file(options);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  const char* const synchronous = options.durability == Durability::Full ? "PRAGMA synchronous=FULL"
                                  : options.durability == Durability::Normal
                                      ? "PRAGMA synchronous=NORMAL"
                                      : "PRAGMA synchronous=OFF";
  for (const char* pragma : {synchronous, "PRAGMA cache_size=-65536", "PRAGMA wal_autocheckpoint=0",
                             // What a reader made it hold back is given back to the disk.
                             "PRAGMA journal_size_limit=67108864"}) {
    if (auto set = connection_.run(pragma, "can't set up"); !set) return set;
  }
  sqlite3_wal_hook(
      connection_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<LogFile*>(self)->journal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  return prepare_statements();
}

Result<void> LogFile::prepare_statements() {
  const std::pair<Statement*, const char*> all[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&append_first_event_, sql::append_first_event},
      {&append_event_, sql::append_event},
      {&add_stream_, sql::add_stream},
      {&add_type_, sql::add_type},
      {&write_head_, sql::write_head},
      {&complete_heads_, sql::complete_heads},
      {&read_log_end_, sql::read_log_end},
      {&read_head_, sql::read_head},
      {&find_stream_, sql::find_stream},
      {&read_stream_name_, sql::read_stream_name},
      {&list_tail_, sql::list_tail},
      {&list_types_, sql::list_types},
      {&find_key_, sql::find_key},
      {&list_batches_after_, sql::list_batches_after},
      {&read_links_, sql::read_links},
      {&read_batch_, sql::read_batch},
      {&raise_fence_, sql::raise_fence},
  };
  for (const auto& [statement, text] : all) {
    auto prepared = connection_.prepare(text);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  // A file that is only read may be of a version without zones.
  if (state_.options.read_only) return {};
  auto prepared = connection_.prepare(sql::add_zone);
  if (!prepared) return prepared.error();
  add_zone_ = std::move(*prepared);
  return {};
}

void LogFile::disconnect() noexcept {
  for (Statement* statement :
       {&begin_,        &commit_,     &append_first_event_, &append_event_,
        &add_stream_,   &add_type_,   &write_head_,         &complete_heads_,
        &read_log_end_, &read_head_,  &find_stream_,        &read_stream_name_,
        &list_tail_,    &list_types_, &find_key_,           &list_batches_after_,
        &read_links_,   &read_batch_, &raise_fence_,        &add_zone_}) {
    *statement = Statement();
  }
  connection_ = Connection();
  weaker_ = false;
}

bool LogFile::roll_back() noexcept {
  state_.heads.drop();
  state_.types.drop();
  sweep_.dropped();
  head_ = state_.head().value;
  last_stream_under_way_ = last_stream_;
  return connection_.roll_back();
}

void LogFile::publish() {
  HeadTable& heads = state_.heads;
  for (std::size_t i = 0; i < heads.changes(); ++i) {
    const Head& head = heads.changed(i);
    if (head.position != heads.former_position(i)) {
      sweep_.moved(head.number, heads.former_position(i));
    }
  }
  heads.publish();
  state_.types.publish();
  sweep_.committed();
  last_stream_ = last_stream_under_way_;
  show_figures();
  // Readers take the head first and heads of streams afterwards: the head moves last.
  state_.signal.publish({head_});
  state_.turn.announce({head_});
}

void LogFile::show_figures() noexcept {
  state_.streams.store(last_stream_, std::memory_order_relaxed);
  state_.last_append_ns.store(last_time_.time_since_epoch().count(), std::memory_order_relaxed);
}

void LogFile::trim_heads() {
  if (state_.heads.is_full()) state_.heads.compact(sweep_.complete_to());
}

Result<HeadTable::Slot> LogFile::find_stream(const StreamId& stream) {
  HeadTable& heads = state_.heads;
  const std::uint64_t hash = hash_name(stream.view());
  if (const auto slot = heads.find(stream.view(), hash); slot != HeadTable::kNoSlot) return slot;
  if (heads.is_complete()) return heads.add(stream.view(), hash, {});
  std::uint64_t number = 0;
  {
    const RowScope scope(find_stream_);
    find_stream_.bind_text(1, stream.view());
    const int result = find_stream_.step();
    if (result != SQLITE_ROW && result != SQLITE_DONE) return error("can't find a stream in");
    if (result == SQLITE_ROW) number = find_stream_.number(0);
  }
  auto head = stored_head(number);
  if (!head) return head.error();
  sweep_.entered(*head);
  return heads.add(stream.view(), hash, *head);
}

Result<Head> LogFile::stored_head(std::uint64_t number) {
  Head head{.number = number};
  if (number == 0) return head;
  const RowScope scope(read_head_);
  read_head_.bind(1, number);
  const int result = read_head_.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return error("can't read a head in");
  if (result == SQLITE_ROW) {
    head.version = read_head_.number(0);
    head.position = read_head_.number(1);
    head.skip = read_head_.number(2);
  }
  return head;
}

int LogFile::append(WriteBatch& batch, std::span<const HeadTable::Slot> slots, Timestamp time) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    batch.streams()[i].version_before = {state_.heads.current(slots[i]).version};
  }
  if (const int result = assign_numbers(batch, slots); result != SQLITE_OK) return result;
  decision_.clear();
  encode_decision(batch, decision_);
  const detail::StoredTrace trace(batch.info.trace);
  const std::uint64_t sum = checksum(batch, slots, time, trace.view());

  append_first_event_.bind(6, time);
  bind_batch(batch, trace.view(), sum);
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    Statement& statement = i == 0 ? append_first_event_ : append_event_;
    bind_event(statement, batch.event(i), i);
    if (i == 1) append_event_.bind(6, time);
    if (const int result = statement.run(); result != SQLITE_OK) return result;
  }
  const std::uint64_t before = std::exchange(head_, head_ + batch.event_count());
  last_time_ = time;
  return add_zones(before);
}

// Of zones that have become full since.
int LogFile::add_zones(std::uint64_t head_before) {
  for (std::uint64_t zone = head_before / kZone; zone < head_ / kZone; ++zone) {
    add_zone_.bind(1, zone);
    if (const int result = add_zone_.run(); result != SQLITE_OK) return result;
  }
  return SQLITE_OK;
}

int LogFile::assign_numbers(WriteBatch& batch, std::span<const HeadTable::Slot> slots) {
  numbers_.resize(batch.event_count());
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    const HeadTable::Slot slot = slots[event.stream];
    if (const int result = ensure_stream(slot); result != SQLITE_OK) return result;
    Numbers& numbers = numbers_[i];
    if (const int result = type_number(event.type, numbers.type); result != SQLITE_OK)
      return result;
    Head& head = state_.heads.change(slot);
    const std::uint64_t position = head_ + 1 + i;
    const bool links_back = (head.version + 1) % kSkipStride == 0;
    numbers.stream = head.number;
    numbers.version = head.version + 1;
    numbers.previous = head.position;
    numbers.skip = links_back ? head.skip : 0;
    head.version += 1;
    head.position = position;
    if (links_back) head.skip = position;
  }
  return SQLITE_OK;
}

int LogFile::ensure_stream(HeadTable::Slot slot) {
  if (state_.heads.current(slot).number != 0) return SQLITE_OK;
  add_stream_.bind(1, last_stream_under_way_ + 1);
  add_stream_.bind_text(2, state_.heads.name(slot));
  if (const int result = add_stream_.run(); result != SQLITE_OK) return result;
  state_.heads.change(slot).number = ++last_stream_under_way_;
  return SQLITE_OK;
}

int LogFile::type_number(std::string_view name, std::uint64_t& number) {
  number = state_.types.find(name);
  if (number != 0) return SQLITE_OK;
  add_type_.bind(1, state_.types.last_number() + 1);
  add_type_.bind_text(2, name);
  if (const int result = add_type_.run(); result != SQLITE_OK) return result;
  number = state_.types.add(name);
  return SQLITE_OK;
}

std::uint64_t LogFile::checksum(const WriteBatch& batch, std::span<const HeadTable::Slot> slots,
                                Timestamp time, std::string_view trace) const {
  const BatchInfo& info = batch.info;
  BatchChecksum sum({.first = head_ + 1,
                     .time = time,
                     .events = batch.event_count(),
                     .attempts = info.decision.attempts,
                     .id = info.id,
                     .command_type = info.command_type,
                     .key = info.key,
                     .correlation_id = info.correlation_id,
                     .causation_id = info.causation_id,
                     .trace = trace,
                     .decision = decision_});
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    sum.add({.version = numbers_[i].version,
             .stream_hash = state_.heads.hash(slots[event.stream]),
             .type_hash = hash_bytes(event.type),
             .schema_version = event.schema_version,
             .previous = numbers_[i].previous,
             .skip = numbers_[i].skip,
             .payload = event.payload,
             .headers = event.headers});
  }
  return sum.value();
}

void LogFile::bind_event(Statement& statement, const WriteBatch::Event& event, std::size_t index) {
  const Numbers& numbers = numbers_[index];
  statement.bind(1, head_ + 1 + index);
  statement.bind(2, numbers.stream);
  statement.bind(3, numbers.version);
  statement.bind(4, numbers.type);
  statement.bind(5, event.schema_version);
  // The first event's statement has a constant for the ordinal.
  int next = 7;
  if (index != 0) statement.bind(next++, index);
  statement.bind(next++, numbers.previous);
  statement.bind(next++, numbers.skip);
  statement.bind_optional_bytes(next++, event.headers);
  statement.bind_bytes(next, event.payload);
}

void LogFile::bind_batch(const WriteBatch& batch, std::string_view trace, std::uint64_t checksum) {
  const BatchInfo& info = batch.info;
  Statement& statement = append_first_event_;
  const auto* id = reinterpret_cast<const char*>(info.id.bytes.data());
  statement.bind_bytes(11, {id, info.id.bytes.size()});
  statement.bind_text(12, info.command_type);
  statement.bind_optional_text(13, info.key);
  statement.bind_optional_text(14, info.correlation_id);
  statement.bind_optional_text(15, info.causation_id);
  statement.bind_optional_bytes(16, trace);
  statement.bind(17, info.decision.attempts);
  statement.bind_bytes(18, decision_);
  statement.bind(19, batch.event_count());
  statement.bind(20, checksum);
}

Result<std::optional<FoundBatch>> LogFile::find_key(std::string_view key) {
  const RowScope scope(find_key_);
  find_key_.bind_text(1, key);
  const int result = find_key_.step();
  if (result == SQLITE_DONE) return std::optional<FoundBatch>();
  if (result != SQLITE_ROW) return error("can't look for a key in");
  return std::optional<FoundBatch>({.first = {find_key_.number(0)},
                                    .time = find_key_.time(1),
                                    .events = find_key_.number(2),
                                    .command_type = std::string(find_key_.bytes(3))});
}

Result<LogFile::Writer> LogFile::writer_of(std::uint64_t position) {
  Writer writer;
  if (position == 0) return writer;
  std::uint64_t ordinal = 0;
  {
    const RowScope scope(read_links_);
    read_links_.bind(1, position);
    const int result = read_links_.step();
    if (result == SQLITE_DONE) return writer;
    if (result != SQLITE_ROW) return error(kCantRead);
    ordinal = read_links_.number(1);
  }
  const RowScope scope(read_batch_);
  read_batch_.bind(1, position - ordinal);
  const int result = read_batch_.step();
  if (result == SQLITE_DONE) return writer;
  if (result != SQLITE_ROW) return error(kCantRead);
  const std::string_view id = read_batch_.bytes(0);
  if (id.size() == writer.id.bytes.size()) {
    std::copy(id.begin(), id.end(), writer.id.bytes.begin());
  }
  writer.command_type = read_batch_.bytes(1);
  return writer;
}

Result<void> LogFile::set_fact(std::string_view name, std::uint64_t value) {
  auto statement = connection_.prepare(sql::set_fact);
  if (!statement) return statement.error();
  statement->bind_text(1, name);
  statement->bind(2, value);
  if (statement->run() != SQLITE_OK) return error("can't write");
  return {};
}

int LogFile::set_weaker(bool weaker) noexcept {
  const char* pragma = weaker ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL";
  const int result = connection_.execute(pragma);
  if (result == SQLITE_OK) weaker_ = weaker;
  return result;
}

int LogFile::checkpoint(bool complete) noexcept {
  int pages = 0;
  int copied = 0;
  const int mode = complete ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  connection_.set_busy_timeout(kCheckpointWait);
  const int result =
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, mode, &pages, &copied);
  connection_.set_busy_timeout(state_.options.busy_timeout);
  if (result == SQLITE_OK && pages == copied) journal_pages_ = 0;
  if (result != SQLITE_OK || !complete) return result;
  return pages == copied ? SQLITE_OK : SQLITE_BUSY;
}

}  // namespace eventcore::sqlite
