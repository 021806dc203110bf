#include "projections.hpp"

#include "eventcore/detail/projection_rules.hpp"
#include "projection_rows.hpp"
#include "schema.hpp"
#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

constexpr char kCantRead[] = "can't read projections of";
// After every name of a projection.
constexpr std::string_view kLastName = "~";

Result<std::optional<ProjectionRecord>> record_in(const Connection& connection,
                                                  std::string_view name) {
  auto list = connection.prepare(sql::list_projections);
  if (!list) return list.error();
  return read_projection(connection, *list, name);
}

Result<void> put_letter(const Connection& connection, const DeadLetter& letter) {
  auto former = read_dead_letter(connection, letter.projection, letter.position);
  if (!former) return former.error();
  return write_dead_letter(
      connection, detail::merged_letter(former->has_value() ? &**former : nullptr, letter));
}

}  // namespace

void Projections::close() noexcept {
  const detail::MutexLock lock(mutex_);
  closed_ = true;
  list_ = Statement();
  connection_ = Connection();
}

Result<bool> Projections::connect() {
  if (closed_) return shutting_down();
  if (ready_) return true;
  if (!connection_.is_open()) {
    const SqliteStoreOptions& options = state_.options;
    auto opened = open_store_file(options);
    if (!opened) return opened.error();
    connection_ = std::move(*opened);
    for (const char* pragma : {"PRAGMA query_only=ON", "PRAGMA wal_autocheckpoint=0"}) {
      if (auto set = connection_.run(pragma, "can't set up"); !set) return set.error();
    }
  }
  const auto version = connection_.number("PRAGMA user_version", kCantRead);
  if (!version) return version.error();
  if (*version < kProjectionsVersion) return false;
  auto list = connection_.prepare(sql::list_projections);
  if (!list) return list.error();
  list_ = std::move(*list);
  ready_ = true;
  return true;
}

Result<Uuid> Projections::log_id() {
  const detail::MutexLock lock(mutex_);
  const auto ready = connect();
  if (!ready) return ready.error();
  if (!*ready) {
    return make_error(ErrorCode::Unavailable,
                      "the store has a schema without projections; open it once to write");
  }
  auto row = connection_.prepare(sql::read_log_id);
  if (!row) return row.error();
  Uuid id;
  const int result = row->step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return connection_.error(kCantRead);
  const std::string_view bytes = result == SQLITE_ROW ? row->bytes(0) : std::string_view();
  if (bytes.size() != id.bytes.size()) {
    return make_error(ErrorCode::Corrupt, "the log has no identity");
  }
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

Result<std::optional<ProjectionRecord>> Projections::load(std::string_view projection) {
  const detail::MutexLock lock(mutex_);
  const auto ready = connect();
  if (!ready) return ready.error();
  if (!*ready) return std::optional<ProjectionRecord>();
  auto record = read_projection(connection_, list_, projection);
  if (record && *record && detail::is_removed(**record)) record->reset();
  return record;
}

Result<std::vector<ProjectionRecord>> Projections::list() {
  const detail::MutexLock lock(mutex_);
  const auto ready = connect();
  if (!ready) return ready.error();
  if (!*ready) return std::vector<ProjectionRecord>();
  auto records = read_projections(connection_, list_, "", kLastName);
  if (records) std::erase_if(*records, detail::is_removed);
  return records;
}

Result<std::vector<DeadLetter>> Projections::list_dead_letters(const DeadLetterQuery& query) {
  const detail::MutexLock lock(mutex_);
  const auto ready = connect();
  if (!ready) return ready.error();
  if (!*ready) return std::vector<DeadLetter>();
  return read_dead_letters(connection_, query);
}

Result<std::optional<DeadLetter>> Projections::find_dead_letter(std::string_view projection,
                                                                Position position) {
  const detail::MutexLock lock(mutex_);
  const auto ready = connect();
  if (!ready) return ready.error();
  if (!*ready) return std::optional<DeadLetter>();
  return read_dead_letter(connection_, projection, position);
}

Result<void> Projections::write(WriterThread::Job job, bool synced) {
  if (state_.options.read_only) {
    return make_error(ErrorCode::Unavailable, "the store is read-only");
  }
  return writer_.run(std::move(job), synced);
}

Result<void> Projections::change(std::string_view projection, bool synced, const Change& change) {
  const auto job = [&](LogFile& file) -> Result<void> {
    Connection& connection = file.connection();
    auto record = record_in(connection, projection);
    if (!record) return record.error();
    if (!*record || detail::is_removed(**record)) return detail::no_such_projection(projection);
    if (auto changed = change(connection, **record); !changed) return changed;
    return write_projection(connection, **record);
  };
  return write(job, synced);
}

Result<LeaseAnswer> Projections::acquire_lease(const LeaseRequest& request) {
  if (auto checked = check_projection_name(request.projection); !checked) return checked.error();
  const Clock& clock = *state_.options.clock;
  // Who only waits for its turn asks often, and must not write each time.
  const auto known = load(request.projection);
  if (!known) return known.error();
  if (*known && !(*known)->lease.is_free(clock.wall()) &&
      (*known)->lease.holder != request.holder) {
    return LeaseAnswer{.acquired = false, .lease = (*known)->lease};
  }
  LeaseAnswer given;
  const auto job = [&](LogFile& file) -> Result<void> {
    auto record = record_in(file.connection(), request.projection);
    if (!record) return record.error();
    ProjectionRecord changed = record->value_or(ProjectionRecord{});
    changed.name = request.projection;
    auto answer = detail::take_lease(changed, request, clock.wall());
    if (!answer) return answer.error();
    given = *answer;
    return given.acquired ? write_projection(file.connection(), changed) : Result<void>();
  };
  if (auto done = write(job, true); !done) return done.error();
  return given;
}

Result<Timestamp> Projections::renew_lease(std::string_view projection, std::uint64_t token,
                                           std::chrono::nanoseconds duration) {
  Timestamp expires;
  // Not synced: a power cut, which alone could undo it, ends the holder too.
  const auto done =
      change(projection, false, [&](Connection&, ProjectionRecord& record) -> Result<void> {
        auto extended = detail::extend_lease(record, token, duration, state_.options.clock->wall());
        if (!extended) return extended.error();
        expires = *extended;
        return {};
      });
  if (!done) return done.error();
  return expires;
}

Result<void> Projections::release_lease(std::string_view projection, std::uint64_t token) {
  return change(projection, false, [&](Connection&, ProjectionRecord& record) {
    return detail::give_back_lease(record, token, state_.options.clock->wall());
  });
}

Result<void> Projections::save(const CheckpointSave& save) {
  const bool synced = !save.dead_letters.empty() || save.rewinds;
  return change(save.projection, synced,
                [&](Connection& connection, ProjectionRecord& record) -> Result<void> {
                  const Timestamp now = state_.options.clock->wall();
                  if (auto applied = detail::apply_save(record, save, now); !applied) {
                    return applied;
                  }
                  if (save.rewinds) {
                    auto forgotten = remove_dead_letters(connection, sql::remove_dead_letters_after,
                                                         save.projection, save.position);
                    if (!forgotten) return forgotten;
                  }
                  for (const DeadLetter& letter : save.dead_letters) {
                    if (auto put = put_letter(connection, letter); !put) return put;
                  }
                  return {};
                });
}

Result<void> Projections::pause(std::string_view projection) {
  return change(projection, true, [](Connection&, ProjectionRecord& record) -> Result<void> {
    detail::apply_pause(record, true);
    return {};
  });
}

Result<void> Projections::resume(std::string_view projection) {
  return change(projection, true, [](Connection&, ProjectionRecord& record) -> Result<void> {
    detail::apply_pause(record, false);
    return {};
  });
}

Result<void> Projections::reset(std::string_view projection, Position position) {
  return change(projection, true, [&](Connection&, ProjectionRecord& record) -> Result<void> {
    detail::apply_reset(record, position);
    return {};
  });
}

Result<void> Projections::rebuild(std::string_view projection) {
  return change(projection, true, [](Connection&, ProjectionRecord& record) -> Result<void> {
    detail::apply_rebuild(record);
    return {};
  });
}

Result<void> Projections::skip(std::string_view projection, Position position) {
  return change(projection, true, [&](Connection&, ProjectionRecord& record) {
    return detail::apply_skip(record, position);
  });
}

Result<void> Projections::remove(std::string_view projection) {
  return change(
      projection, true, [&](Connection& connection, ProjectionRecord& record) -> Result<void> {
        const Timestamp now = state_.options.clock->wall();
        if (auto removed = detail::apply_remove(record, now); !removed) return removed;
        return remove_dead_letters(connection, sql::remove_dead_letters_after, projection, {});
      });
}

Result<void> Projections::set_letter_state(std::string_view projection, Position position,
                                           DeadLetterState state) {
  return change(projection, true,
                [&](Connection& connection, ProjectionRecord& record) -> Result<void> {
                  auto letter = read_dead_letter(connection, projection, position);
                  if (!letter) return letter.error();
                  if (!*letter) return detail::no_such_letter(projection, position);
                  (*letter)->state = state;
                  ++record.requests;
                  return write_dead_letter(connection, **letter);
                });
}

Result<void> Projections::discard_dead_letter(std::string_view projection, Position position) {
  return set_letter_state(projection, position, DeadLetterState::Discarded);
}

Result<void> Projections::replay_dead_letter(std::string_view projection, Position position) {
  return set_letter_state(projection, position, DeadLetterState::Replaying);
}

Result<void> Projections::settle_dead_letter(std::string_view projection, std::uint64_t token,
                                             Position position,
                                             const std::optional<DeadLetter>& failed) {
  return change(
      projection, true, [&](Connection& connection, ProjectionRecord& record) -> Result<void> {
        if (auto checked = detail::check_token(record, token); !checked) return checked;
        if (failed) return put_letter(connection, *failed);
        return remove_dead_letters(connection, sql::remove_dead_letter, projection, position);
      });
}

}  // namespace eventcore::sqlite
