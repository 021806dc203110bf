#include "administration.hpp"

#include <array>
#include <system_error>

#include "../core/store_facts.hpp"
#include "check_checksums.hpp"
#include "schema.hpp"
#include "sqlite_sql.hpp"
#include "verify.hpp"

namespace eventcore::sqlite {
namespace {

constexpr char kCantRead[] = "can't read";
// Of SQLite's virtual machine.
constexpr int kStepsBetweenLooks = 100'000;

std::uint64_t size_on_disk(const std::filesystem::path& path) {
  std::uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(path.string() + suffix, failure);
    if (!failure) bytes += size;
  }
  return bytes;
}

}  // namespace

Result<void> Administration::catch_up() {
  if (!state_.is_behind()) return {};
  return writer_.catch_up({});
}

Result<void> Administration::connect() {
  if (reader_.connection().is_open()) return {};
  return reader_.connect();
}

Result<void> Administration::close(Deadline deadline) {
  if (!calls_.close(deadline)) {
    return make_error(ErrorCode::DeadlineExceeded, "the store is still being looked through");
  }
  const detail::MutexLock lock(mutex_);
  reader_.disconnect();
  return {};
}

Result<std::vector<StreamSummary>> Administration::list_streams(const StreamListQuery& query) {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  if (auto caught_up = catch_up(); !caught_up) return caught_up.error();
  const detail::MutexLock lock(mutex_);
  if (auto connected = connect(); !connected) return connected.error();
  auto rows = reader_.connection().prepare(sql::list_streams_by_name);
  if (!rows) return rows.error();
  rows->bind_text(1, query.after);
  std::vector<StreamSummary> streams;
  int result = query.limit == 0 ? SQLITE_DONE : rows->step();
  for (; result == SQLITE_ROW && streams.size() < query.limit; result = rows->step()) {
    const std::string_view name = rows->bytes(1);
    if (!query.filter.matches_stream(name)) continue;
    auto id = StreamId::parse(name);
    if (!id) return make_error(ErrorCode::Corrupt, "a stored stream has an invalid name");
    auto head = reader_.head_of(name);
    if (!head) return head.error();
    // Created by a commit that the store does not know of yet.
    if (head->version == 0) continue;
    streams.push_back({std::move(*id), {head->version}, {head->position}});
  }
  if (result != SQLITE_ROW && result != SQLITE_DONE) return reader_.connection().error(kCantRead);
  return streams;
}

Result<StoreStats> Administration::stats() {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  if (auto caught_up = catch_up(); !caught_up) return caught_up.error();
  const detail::MutexLock lock(mutex_);
  if (auto connected = connect(); !connected) return connected.error();
  StoreStats stats;
  stats.head = state_.head();
  stats.events = stats.head.value;
  auto streams = reader_.connection().number(sql::read_last_stream_number, kCantRead);
  if (!streams) return streams.error();
  stats.streams = *streams;
  const std::size_t types = state_.types.names()->by_number.size();
  stats.event_types = types == 0 ? 0 : types - 1;
  stats.size_bytes = size_on_disk(state_.options.path);
  auto first = time_of({1});
  if (!first) return first.error();
  stats.first_event = *first;
  auto last = time_of(stats.head);
  if (!last) return last.error();
  stats.last_event = *last;
  const auto care = read_care();
  if (!care) return care.error();
  if (care->backup.last_success) stats.last_backup = care->backup.last_success->time;
  return stats;
}

StoreFigures Administration::figures() const {
  StoreFigures figures;
  figures.events = state_.head().value;
  figures.streams = state_.streams.load(std::memory_order_relaxed);
  const std::int64_t last_ns = state_.last_append_ns.load(std::memory_order_relaxed);
  if (last_ns != 0) figures.last_append = Timestamp(std::chrono::nanoseconds(last_ns));
  figures.pools.push_back(readers_.figures());
  return figures;
}

StoreSpace Administration::space() const {
  StoreSpace space{.size_bytes = size_on_disk(state_.options.path)};
  std::error_code failure;
  const auto disk = std::filesystem::space(folder_of(state_.options.path), failure);
  if (!failure) {
    space.disk_size_bytes = disk.capacity;
    space.disk_free_bytes = disk.available;
  }
  return space;
}

Result<std::optional<Timestamp>> Administration::time_of(Position position) {
  auto row = reader_.connection().prepare(sql::read_time);
  if (!row) return row.error();
  row->bind(1, position.value);
  const int result = row->step();
  if (result == SQLITE_ROW) return std::optional<Timestamp>(row->time(0));
  if (result == SQLITE_DONE) return std::optional<Timestamp>();
  return reader_.connection().error(kCantRead);
}

Result<StoreCare> Administration::read_care() {
  auto rows = reader_.connection().prepare(sql::read_facts);
  if (!rows) return rows.error();
  StoreCare care;
  int result = rows->step();
  for (; result == SQLITE_ROW; result = rows->step()) {
    detail::note_fact(care, rows->bytes(0), rows->number(1));
  }
  if (result != SQLITE_DONE) return reader_.connection().error(kCantRead);
  return care;
}

Result<StoreCare> Administration::care() {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  const detail::MutexLock lock(mutex_);
  if (auto connected = connect(); !connected) return connected.error();
  return read_care();
}

Result<VerifyReport> Administration::verify(const Progress& progress) {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  if (auto caught_up = catch_up(); !caught_up) return caught_up.error();
  LogReader reader(state_);
  if (auto connected = reader.connect(); !connected) return connected.error();
  // Closing ends even a statement that takes minutes.
  sqlite3_progress_handler(
      reader.connection().handle(), kStepsBetweenLooks,
      [](void* closing) { return static_cast<std::atomic<bool>*>(closing)->load() ? 1 : 0; },
      &calls_.closing());
  auto report = verify_file(reader.connection(), state_.head(), progress);
  if (!report && calls_.is_closing()) return shutting_down();
  return report;
}

Result<void> Administration::check_batches(Position after, Position until) {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  const detail::MutexLock lock(mutex_);
  if (auto connected = connect(); !connected) return connected.error();
  return check_checksums(reader_.connection(), after, until);
}

Result<void> Administration::import_batch(WriteBatch& batch, Position first, Timestamp time) {
  if (state_.options.read_only) {
    return make_error(ErrorCode::Unavailable, "the store is read-only");
  }
  if (batch.event_count() == 0) {
    return make_error(ErrorCode::InvalidArgument, "a batch without events has no position");
  }
  if (auto sealed = batch.seal(); !sealed) return sealed;
  const auto import = [&](LogFile& file) -> Result<void> {
    if (first != file.head() + 1) {
      return make_error(ErrorCode::VersionConflict, "position " + std::to_string(first.value) +
                                                        " does not follow the head, " +
                                                        std::to_string(file.head().value));
    }
    if (time < file.last_time()) {
      return make_error(ErrorCode::InvalidArgument, "the batch is older than the one before it");
    }
    if (!batch.info.key.empty()) {
      auto found = file.find_key(batch.info.key);
      if (!found) return found.error();
      if (*found) {
        return make_error(ErrorCode::KeyReused, "another batch has this key", "", (*found)->first);
      }
    }
    std::vector<HeadTable::Slot> slots;
    for (const WriteBatch::Stream& stream : std::as_const(batch).streams()) {
      auto slot = file.find_stream(stream.id);
      if (!slot) return slot.error();
      if (!stream.expected.allows({state_.heads.current(*slot).version})) {
        return make_error(ErrorCode::VersionConflict, "the stream is not as expected",
                          stream.id.view());
      }
      slots.push_back(*slot);
    }
    if (file.append(batch, slots, time) != SQLITE_OK ||
        file.write_heads(batch.event_count()) != SQLITE_OK) {
      return file.error("can't write to");
    }
    return {};
  };
  return writer_.run(import, false);
}

Result<SchemaVersion> Administration::schema_version() {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  const detail::MutexLock lock(mutex_);
  if (auto connected = connect(); !connected) return connected.error();
  const auto stored = reader_.connection().number("PRAGMA user_version", kCantRead);
  if (!stored) return stored.error();
  return SchemaVersion{.stored = *stored, .known = kSchemaVersion};
}

Result<void> Administration::record_care(CareTask task, const CareRecord& record) {
  if (state_.options.read_only) {
    return make_error(ErrorCode::Unavailable, "the store is read-only");
  }
  const auto remember = [&](LogFile& file) -> Result<void> {
    for (const detail::StoreFact& fact : detail::facts_of(task, record)) {
      if (auto set = file.set_fact(fact.name, fact.value); !set) return set;
    }
    return {};
  };
  return writer_.run(remember, true);
}

}  // namespace eventcore::sqlite
