#include "log_reader.hpp"

#include <utility>

#include "eventcore/detail/stored_trace.hpp"
#include "schema.hpp"
#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

Error page_too_large(std::size_t events) {
  return make_error(ErrorCode::LimitExceeded, "events of a page: " + std::to_string(events) +
                                                  ", at most " +
                                                  std::to_string(limits::kPageEvents));
}

}  // namespace

Result<void> LogReader::connect() {
  auto connected = set_up_connection();
  if (!connected) disconnect();
  return connected;
}

Result<void> LogReader::set_up_connection() {
  const SqliteStoreOptions& options = state_.options;
  auto opened = open_store_file(options);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  for (const char* pragma :
       {"PRAGMA query_only=ON", "PRAGMA cache_size=-32768", "PRAGMA wal_autocheckpoint=0"}) {
    if (auto set = connection_.run(pragma, "can't set up"); !set) return set;
  }
  const std::pair<Statement*, const char*> all[] = {
      {&begin_, "BEGIN"},
      {&commit_, "COMMIT"},
      {&read_log_, sql::read_log},
      {&read_event_, sql::read_event},
      {&read_links_, sql::read_links},
      {&read_batch_, sql::read_batch},
      {&read_stream_name_, sql::read_stream_name},
      {&find_stream_, sql::find_stream},
      {&read_head_, sql::read_head},
  };
  for (const auto& [statement, text] : all) {
    auto prepared = connection_.prepare(text);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  const auto version = connection_.number("PRAGMA user_version", "can't read");
  if (!version) return version.error();
  if (*version < kProjectionsVersion) return {};
  auto prepared = connection_.prepare(sql::find_zone);
  if (!prepared) return prepared.error();
  find_zone_ = std::move(*prepared);
  return {};
}

void LogReader::disconnect() noexcept {
  for (Statement* statement :
       {&begin_, &commit_, &read_log_, &read_event_, &read_links_, &read_batch_, &read_stream_name_,
        &find_stream_, &read_head_, &find_zone_}) {
    *statement = Statement();
  }
  connection_ = Connection();
}

Result<EventPage> LogReader::read(const ReadQuery& query) {
  if (!connection_.is_open()) {
    if (auto connected = connect(); !connected) return connected.error();
  }
  const auto* log = std::get_if<LogQuery>(&query);
  const std::size_t events_max =
      log != nullptr ? log->events_max : std::get<StreamsQuery>(query).events_max;
  if (events_max > limits::kPageEvents) return page_too_large(events_max);
  Result<EventPage> page =
      log != nullptr ? read_log(*log) : read_streams(std::get<StreamsQuery>(query));
  if (connection_.in_transaction() && commit_.run() != SQLITE_OK) {
    static_cast<void>(connection_.roll_back());
  }
  return page;
}

LogReader::Page LogReader::begin_page(std::size_t events_max, std::size_t bytes_max,
                                      bool with_batch) {
  Page page;
  page.storage = std::make_shared<PageStorage>();
  page.storage->names = state_.heads.names();
  page.storage->types = state_.types.names();
  if (page.storage->names != cached_arena_) {
    cached_arena_ = page.storage->names;
    cached_names_.assign(kNameSlots, {});
  }
  page.events_max = events_max;
  page.bytes_max = bytes_max;
  page.with_batch = with_batch;
  return page;
}

EventPage LogReader::end_page(Page& page) {
  page.page.storage = std::move(page.storage);
  return std::move(page.page);
}

Result<EventPage> LogReader::read_log(const LogQuery& query) {
  const Position head = state_.head();
  Page page = begin_page(query.events_max, query.bytes_max, query.with_batch);
  const Position until = std::min(query.until.value_or(head), head);
  page.page.at = until;
  page.page.scanned_to = std::max(until, std::min(query.after, head));
  if (query.after < until) {
    if (begin_.run() != SQLITE_OK) return error();
    if (auto scanned = scan_log(query, until.value, page); !scanned) return scanned.error();
  }
  return end_page(page);
}

Result<void> LogReader::add_event(Statement& row, std::string_view payload,
                                  std::string_view headers, Page& page) {
  StoredEvent event;
  event.position = {row.number(kPosition)};
  event.version = {row.number(kVersion)};
  event.time = row.time(kTime);
  event.type_number = static_cast<std::uint32_t>(row.number(kType));
  event.schema_version = static_cast<std::uint32_t>(row.number(kSchemaVersion));
  event.ordinal = static_cast<std::uint32_t>(row.number(kOrdinal));
  event.payload = page.storage->copy(payload);
  if (!headers.empty()) event.headers = page.storage->copy(headers);
  page.bytes += payload.size() + headers.size();
  auto name = name_of(row.number(kStream), page);
  if (!name) return name.error();
  event.stream = *name;
  event.type = page.storage->types->name(event.type_number);
  if (event.type.empty()) {
    return make_error(ErrorCode::Corrupt, "an event has a type without a name", event.stream,
                      event.position);
  }
  if (page.with_batch) {
    auto batch = batch_of({event.position.value - event.ordinal}, page);
    if (!batch) return batch.error();
    event.batch = *batch;
  }
  page.page.events.push_back(event);
  return {};
}

Result<std::string_view> LogReader::name_of(std::uint64_t number, Page& page) {
  NameSlot& slot = cached_names_[number % kNameSlots];
  if (slot.number == number) return slot.name;
  const std::string_view known = state_.heads.lookup_name(number, cached_arena_.get());
  if (!known.empty()) {
    slot = {number, known};
    return known;
  }
  const RowScope scope(read_stream_name_);
  read_stream_name_.bind(1, number);
  const int result = read_stream_name_.step();
  if (result == SQLITE_ROW) return page.storage->copy(read_stream_name_.bytes(0));
  if (result != SQLITE_DONE) return error();
  return make_error(ErrorCode::Corrupt, "an event belongs to a stream without a name");
}

Result<const StoredBatch*> LogReader::batch_of(Position first, Page& page) {
  std::deque<StoredBatch>& batches = page.storage->batches;
  if (!batches.empty() && batches.back().first == first) return &batches.back();
  const RowScope scope(read_batch_);
  read_batch_.bind(1, first.value);
  const int result = read_batch_.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return error();
  if (result == SQLITE_DONE || read_batch_.is_null(0)) {
    return make_error(ErrorCode::Corrupt, "a batch has no first event", "", first);
  }
  PageStorage& storage = *page.storage;
  StoredBatch& batch = batches.emplace_back();
  const std::string_view id = read_batch_.bytes(0);
  std::copy_n(id.begin(), std::min(id.size(), batch.id.bytes.size()), batch.id.bytes.begin());
  batch.command_type = storage.copy(read_batch_.bytes(1));
  batch.key = storage.copy(read_batch_.bytes(2));
  batch.correlation_id = storage.copy(read_batch_.bytes(3));
  batch.causation_id = storage.copy(read_batch_.bytes(4));
  batch.trace = detail::trace_of(read_batch_.bytes(5));
  batch.attempts = static_cast<std::uint32_t>(read_batch_.number(6));
  batch.decision = storage.copy(read_batch_.bytes(7));
  batch.events = static_cast<std::uint32_t>(read_batch_.number(8));
  batch.first = first;
  return &batch;
}

Result<Head> LogReader::head_of(std::string_view stream) {
  if (const auto known = state_.heads.lookup(stream, hash_name(stream))) return *known;
  return stored_head(stream);
}

Result<Head> LogReader::stored_head(std::string_view stream) {
  Head head;
  {
    const RowScope scope(find_stream_);
    find_stream_.bind_text(1, stream);
    const int result = find_stream_.step();
    if (result == SQLITE_DONE) return head;
    if (result != SQLITE_ROW) return error();
    head.number = find_stream_.number(0);
  }
  const RowScope scope(read_head_);
  read_head_.bind(1, head.number);
  const int result = read_head_.step();
  if (result == SQLITE_DONE) return Head{};
  if (result != SQLITE_ROW) return error();
  head.version = read_head_.number(0);
  head.position = read_head_.number(1);
  head.skip = read_head_.number(2);
  return head;
}

}  // namespace eventcore::sqlite
