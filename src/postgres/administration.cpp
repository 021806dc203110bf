#include "administration.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "../core/store_facts.hpp"
#include "postgres_sql.hpp"
#include "schema.hpp"
#include "verify.hpp"

namespace eventcore::postgres {
namespace {

constexpr std::uint64_t kStreamsAtOnce = 1'000;
constexpr std::chrono::milliseconds kOldSize{5'000};
constexpr std::chrono::milliseconds kAnswerTime{2'000};

// Calls `read` over a connection that is opened when it is not, once more when it was lost.
template <class Read>
auto read_over(Pipeline& connection, const PostgresStoreOptions& options, Read&& read)
    -> decltype(read()) {
  for (bool was_open = connection.is_open();; was_open = false) {
    if (!connection.is_open()) {
      auto opened = Pipeline::open(options);
      if (!opened) return opened.error();
      connection = std::move(*opened);
    }
    auto result = read();
    if (result || connection.is_open() || !was_open) return result;
  }
}

Result<Rows> run_on(Pipeline& connection, const PostgresStoreOptions& options, const char* sql,
                    const Parameters& parameters, std::chrono::milliseconds time) {
  const std::string text = for_schema(sql, options.schema);
  return read_over(connection, options, [&] {
    return connection.run(text.c_str(), parameters, std::chrono::steady_clock::now() + time);
  });
}

std::optional<Timestamp> time_at(const Rows& rows, int column) {
  if (rows.is_null(0, column)) return std::nullopt;
  return rows.time(0, column);
}

}  // namespace

Result<void> Administration::close(Deadline deadline) {
  if (!calls_.close(deadline)) {
    return make_error(ErrorCode::DeadlineExceeded, "the store is still being looked through");
  }
  {
    const detail::MutexLock lock(mutex_);
    connection_.close();
  }
  const detail::MutexLock lock(size_mutex_);
  size_connection_.close();
  return {};
}

Result<Rows> Administration::run(const char* sql, const Parameters& parameters) {
  return run_on(connection_, state_.options, sql, parameters, state_.options.statement_timeout);
}

Error Administration::read_only() const {
  return make_error(ErrorCode::Unavailable, "the store is read-only");
}

Result<std::vector<StreamSummary>> Administration::list_streams(const StreamListQuery& query) {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  const detail::MutexLock lock(mutex_);
  std::vector<StreamSummary> streams;
  std::string after = query.after;
  while (streams.size() < query.limit) {
    Parameters parameters;
    parameters.add(std::string_view(after)).add(kStreamsAtOnce);
    auto rows = run(sql::list_streams, parameters);
    if (!rows) return rows.error();
    for (int row = 0; row < rows->size() && streams.size() < query.limit; ++row) {
      const std::string_view name = rows->bytes(row, 0);
      if (!query.filter.matches_stream(name)) continue;
      auto id = StreamId::parse(name);
      if (!id) return make_error(ErrorCode::Corrupt, "a stored stream has an invalid name");
      streams.push_back({std::move(*id), {rows->count(row, 1)}, {rows->count(row, 2)}});
    }
    if (static_cast<std::uint64_t>(rows->size()) < kStreamsAtOnce) break;
    after = rows->bytes(rows->size() - 1, 0);
  }
  return streams;
}

Result<StoreStats> Administration::stats() {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  StoreStats stats;
  {
    const detail::MutexLock lock(mutex_);
    auto rows = run(sql::read_stats, {});
    if (!rows) return rows.error();
    stats.head = {rows->count(0, 0)};
    stats.events = stats.head.value;
    stats.streams = rows->count(0, 1);
    stats.event_types = rows->count(0, 2);
    stats.first_event = time_at(*rows, 3);
    stats.last_event = time_at(*rows, 4);
    stats.last_backup = time_at(*rows, 5);
  }
  state_.streams.store(stats.streams, std::memory_order_relaxed);
  state_.signal.publish(stats.head);
  stats.size_bytes = size(std::chrono::milliseconds{0});
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

StoreSpace Administration::space() const { return {.size_bytes = size(kOldSize)}; }

// What was found last if the database does not answer; it is not asked again at once.
std::uint64_t Administration::size(std::chrono::milliseconds may_be_old) const {
  const detail::MutexLock lock(size_mutex_);
  const Instant now = std::chrono::steady_clock::now();
  const bool is_known = size_.found_at != Instant{} && now < size_.found_at + may_be_old;
  if (is_known || calls_.is_closing()) return size_.bytes;
  Parameters parameters;
  parameters.add(std::string_view(for_schema("@schema@", state_.options.schema)));
  auto rows = run_on(size_connection_, state_.options, sql::read_size, parameters, kAnswerTime);
  size_.found_at = std::chrono::steady_clock::now();
  if (rows && rows->size() > 0) size_.bytes = rows->count(0, 0);
  return size_.bytes;
}

// Waits for nothing but its answer: it takes no lock of the log.
std::optional<std::chrono::nanoseconds> Administration::blocking_transaction_age() const {
  const detail::MutexLock lock(size_mutex_);
  if (calls_.is_closing()) return std::nullopt;
  Parameters parameters;
  parameters.add(std::string_view(for_schema("@schema@", state_.options.schema)));
  auto rows =
      run_on(size_connection_, state_.options, sql::read_blocking_age, parameters, kAnswerTime);
  if (!rows || rows->size() == 0) return std::nullopt;
  return std::chrono::nanoseconds(rows->number(0, 0));
}

Result<SchemaVersion> Administration::schema_version() {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  const detail::MutexLock lock(mutex_);
  auto rows = run(sql::read_schema_version, {});
  if (!rows) return rows.error();
  return SchemaVersion{.stored = rows->size() == 0 ? 0 : rows->count(0, 0),
                       .known = kSchemaVersion};
}

Result<VerifyReport> Administration::verify(const Progress& progress) {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  auto connection = Pipeline::open(state_.options);
  if (!connection) return connection.error();
  return verify_log({state_.options, *connection, calls_.closing()}, progress);
}

Result<void> Administration::check_batches(Position after, Position until) {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  const detail::MutexLock lock(mutex_);
  const LogCheck check{state_.options, connection_, calls_.closing()};
  return read_over(connection_, state_.options,
                   [&] { return check_checksums(check, after, until); });
}

Result<void> Administration::import_batch(WriteBatch& batch, Position first, Timestamp time) {
  if (state_.options.read_only) return read_only();
  if (batch.event_count() == 0) {
    return make_error(ErrorCode::InvalidArgument, "a batch without events has no position");
  }
  if (auto sealed = batch.seal(); !sealed) return sealed;
  return import_(batch, first, time);
}

Result<void> Administration::record_care(CareTask task, const CareRecord& record) {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  if (state_.options.read_only) return read_only();
  Array names(Type::Text);
  Array values(Type::Int8);
  for (const detail::StoreFact& fact : detail::facts_of(task, record)) {
    names.add(std::string_view(fact.name));
    values.add(fact.value);
  }
  const detail::MutexLock lock(mutex_);
  Parameters parameters;
  parameters.add(names).add(values);
  auto recorded = run(sql::set_facts, parameters);
  if (!recorded) return recorded.error();
  return {};
}

Result<StoreCare> Administration::care() {
  const detail::CallGate::Call call(calls_);
  if (!call.is_admitted()) return shutting_down();
  const detail::MutexLock lock(mutex_);
  auto rows = run(sql::read_facts, {});
  if (!rows) return rows.error();
  StoreCare care;
  for (int row = 0; row < rows->size(); ++row) {
    detail::note_fact(care, rows->bytes(row, 0), rows->count(row, 1));
  }
  return care;
}

}  // namespace eventcore::postgres
