#include "projections.hpp"

#include <limits>
#include <utility>

#include "eventcore/detail/projection_rules.hpp"
#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore::postgres {
namespace {

// Of a projection, only its leader and people with a tool change it.
constexpr int kAttemptsMax = 100;

std::int64_t nanoseconds(Timestamp time) { return time.time_since_epoch().count(); }

ProjectionRecord record_of(const Rows& rows, int row) {
  ProjectionRecord record;
  record.name = rows.bytes(row, 0);
  record.position = {rows.count(row, 1)};
  record.saved_at = rows.time(row, 2);
  record.lease = {.token = rows.count(row, 3),
                  .holder = std::string(rows.bytes(row, 4)),
                  .expires = rows.time(row, 5)};
  record.paused = rows.flag(row, 6);
  record.requests = rows.count(row, 7);
  record.resets = rows.count(row, 8);
  record.resets_done = rows.count(row, 9);
  record.reset_to = {rows.count(row, 10)};
  record.skip = {rows.count(row, 11)};
  record.quiet_until = {rows.count(row, 16)};
  record.dead_letters = rows.count(row, 13);
  record.replays = rows.count(row, 14);
  return record;
}

DeadLetter letter_of(const Rows& rows, int row) {
  DeadLetter letter;
  letter.projection = rows.bytes(row, 0);
  letter.position = {rows.count(row, 1)};
  letter.reason = static_cast<DeadLetterReason>(rows.number(row, 2));
  letter.state = static_cast<DeadLetterState>(rows.number(row, 3));
  letter.message = rows.bytes(row, 4);
  letter.attempts = static_cast<std::uint32_t>(rows.number(row, 5));
  letter.trace_id = rows.bytes(row, 6);
  letter.first_failure = rows.time(row, 7);
  letter.last_failure = rows.time(row, 8);
  return letter;
}

void add_letters(Parameters& parameters, const std::vector<DeadLetter>& letters) {
  Array position(Type::Int8);
  Array reason(Type::Int4);
  Array state(Type::Int4);
  Array message(Type::Text);
  Array attempts(Type::Int4);
  Array trace_id(Type::Text);
  Array first_failure(Type::Int8);
  Array last_failure(Type::Int8);
  for (const DeadLetter& letter : letters) {
    position.add(letter.position.value);
    reason.add(static_cast<std::int32_t>(letter.reason));
    state.add(static_cast<std::int32_t>(letter.state));
    message.add(std::string_view(letter.message));
    attempts.add(letter.attempts);
    trace_id.add(std::string_view(letter.trace_id));
    first_failure.add(nanoseconds(letter.first_failure));
    last_failure.add(nanoseconds(letter.last_failure));
  }
  for (const Array* column : {&position, &reason, &state, &message, &attempts, &trace_id,
                              &first_failure, &last_failure}) {
    parameters.add(*column);
  }
}

}  // namespace

Projections::Statements::Statements(const std::string& schema)
    : list_projections(for_schema(sql::list_projections, schema)),
      add_projection(for_schema(sql::add_projection, schema)),
      change_projection(for_schema(sql::change_projection, schema)),
      list_dead_letters(for_schema(sql::list_dead_letters, schema)),
      read_log_id(for_schema(sql::read_log_id, schema)) {}

Projections::Projections(StoreState& state) : state_(state), sql_(state.options.schema) {}

void Projections::close() noexcept {
  const detail::MutexLock lock(mutex_);
  closed_ = true;
  connection_.close();
}

// A statement whose connection is lost is sent once more on a new one: reads change nothing, and a
// change finds out by the revision whether it was made.
Result<Rows> Projections::run(const std::string& sql, const Parameters& parameters) {
  for (bool repeated = false;; repeated = true) {
    if (closed_) return shutting_down();
    if (!connection_.is_open()) {
      auto opened = Connection::open(state_.options);
      if (!opened) return opened.error();
      connection_ = std::move(*opened);
    }
    Failure failure;
    const Instant until = std::chrono::steady_clock::now() + state_.options.statement_timeout;
    auto rows = connection_.run(sql.c_str(), parameters, until, &failure);
    if (rows || repeated || (failure.answered && !failure.may_be_repeated())) return rows;
  }
}

Result<std::vector<Projections::Stored>> Projections::read(std::string_view projection) {
  Parameters parameters;
  parameters.add(projection);
  auto rows = run(sql_.list_projections, parameters);
  if (!rows) return rows.error();
  const bool by_server = state_.options.clock == &system_clock();
  std::vector<Stored> all;
  for (int row = 0; row < rows->size(); ++row) {
    all.push_back({.record = record_of(*rows, row),
                   .revision = rows->number(row, 12),
                   .now = by_server ? rows->time(row, 15) : state_.options.clock->wall()});
  }
  return all;
}

Result<Uuid> Projections::log_id() {
  const detail::MutexLock lock(mutex_);
  auto rows = run(sql_.read_log_id, {});
  if (!rows) return rows.error();
  if (rows->size() != 1) return make_error(ErrorCode::Corrupt, "the log has no identity");
  return rows->uuid(0, 0);
}

Result<std::optional<ProjectionRecord>> Projections::load(std::string_view projection) {
  const detail::MutexLock lock(mutex_);
  auto stored = read(projection);
  if (!stored) return stored.error();
  if (projection.empty() || stored->empty() || detail::is_removed(stored->front().record)) {
    return std::optional<ProjectionRecord>();
  }
  return std::optional<ProjectionRecord>(std::move(stored->front().record));
}

Result<std::vector<ProjectionRecord>> Projections::list() {
  const detail::MutexLock lock(mutex_);
  auto stored = read("");
  if (!stored) return stored.error();
  std::vector<ProjectionRecord> all;
  for (Stored& one : *stored) {
    if (!detail::is_removed(one.record)) all.push_back(std::move(one.record));
  }
  return all;
}

Result<std::vector<DeadLetter>> Projections::read_letters(const DeadLetterQuery& query) {
  Parameters parameters;
  parameters.add(std::string_view(query.projection)).add(query.after.value);
  parameters.add(query.state ? static_cast<std::int32_t>(*query.state) : std::int32_t{0});
  parameters.add(static_cast<std::uint64_t>(query.limit));
  auto rows = run(sql_.list_dead_letters, parameters);
  if (!rows) return rows.error();
  std::vector<DeadLetter> letters;
  for (int row = 0; row < rows->size(); ++row) letters.push_back(letter_of(*rows, row));
  return letters;
}

Result<std::vector<DeadLetter>> Projections::list_dead_letters(const DeadLetterQuery& query) {
  const detail::MutexLock lock(mutex_);
  return read_letters(query);
}

Result<std::optional<DeadLetter>> Projections::find_dead_letter(std::string_view projection,
                                                                Position position) {
  const detail::MutexLock lock(mutex_);
  if (projection.empty() || position.value == 0) return std::optional<DeadLetter>();
  auto letters = read_letters(
      {.projection = std::string(projection), .after = {position.value - 1}, .limit = 1});
  if (!letters) return letters.error();
  if (letters->empty() || letters->front().position != position) {
    return std::optional<DeadLetter>();
  }
  return std::optional<DeadLetter>(std::move(letters->front()));
}

Result<void> Projections::merge(std::vector<DeadLetter>& letters) {
  for (DeadLetter& letter : letters) {
    auto former = read_letters(
        {.projection = letter.projection, .after = {letter.position.value - 1}, .limit = 1});
    if (!former) return former.error();
    const bool is_known = !former->empty() && former->front().position == letter.position;
    letter = detail::merged_letter(is_known ? &former->front() : nullptr, std::move(letter));
  }
  return {};
}

Result<bool> Projections::write(const Stored& stored, const Letters& letters, bool synced) {
  const ProjectionRecord& record = stored.record;
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  Parameters parameters;
  parameters.add(std::string_view(record.name)).add(stored.revision);
  parameters.add(record.position.value).add(nanoseconds(record.saved_at));
  parameters.add(record.lease.token).add(std::string_view(record.lease.holder));
  parameters.add(nanoseconds(record.lease.expires)).add(record.paused);
  parameters.add(record.requests).add(record.resets).add(record.resets_done);
  parameters.add(record.reset_to.value).add(record.skip.value);
  parameters.add(letters.forget_after ? static_cast<std::int64_t>(letters.forget_after->value)
                                      : kNever);
  parameters.add(letters.remove ? letters.remove->value : std::uint64_t{0});
  add_letters(parameters, letters.put);
  parameters.add(!synced).add(record.quiet_until.value);
  auto rows = run(sql_.change_projection, parameters);
  if (!rows) return rows.error();
  return rows->number(0, 0) == 1;
}

Result<void> Projections::change(std::string_view projection, bool synced, const Change& change) {
  const detail::MutexLock lock(mutex_);
  const auto change_existing = [&](Stored& stored, Letters& letters) -> Result<void> {
    if (detail::is_removed(stored.record)) return detail::no_such_projection(projection);
    return change(stored, letters);
  };
  return change_locked(projection, synced, change_existing);
}

Result<void> Projections::change_locked(std::string_view projection, bool synced,
                                        const Change& change) {
  if (state_.options.read_only) {
    return make_error(ErrorCode::Unavailable, "the store is read-only");
  }
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto stored = read(projection);
    if (!stored) return stored.error();
    if (projection.empty() || stored->empty()) return detail::no_such_projection(projection);
    Letters letters;
    if (auto changed = change(stored->front(), letters); !changed) return changed;
    if (auto merged = merge(letters.put); !merged) return merged;
    auto written = write(stored->front(), letters, synced);
    if (!written) return written.error();
    if (*written) return {};
  }
  return make_error(ErrorCode::Unavailable, "others change the projection all the time");
}

Result<LeaseAnswer> Projections::acquire_lease(const LeaseRequest& request) {
  if (auto checked = check_projection_name(request.projection); !checked) return checked.error();
  const detail::MutexLock lock(mutex_);
  auto known = read(request.projection);
  if (!known) return known.error();
  // Who only waits for its turn asks often, and must not write each time.
  Stored first = known->empty() ? Stored{} : known->front();
  auto answer = detail::take_lease(first.record, request, first.now);
  if (!answer || !answer->acquired) return answer;
  if (known->empty() && !state_.options.read_only) {
    Parameters name;
    name.add(std::string_view(request.projection));
    if (auto added = run(sql_.add_projection, name); !added) return added.error();
  }
  const auto take = [&](Stored& stored, Letters&) -> Result<void> {
    answer = detail::take_lease(stored.record, request, stored.now);
    if (!answer) return answer.error();
    return {};
  };
  if (auto changed = change_locked(request.projection, true, take); !changed) {
    return changed.error();
  }
  return answer;
}

Result<Timestamp> Projections::renew_lease(std::string_view projection, std::uint64_t token,
                                           std::chrono::nanoseconds duration) {
  Timestamp expires;
  const auto changed = change(projection, false, [&](Stored& stored, Letters&) -> Result<void> {
    auto extended = detail::extend_lease(stored.record, token, duration, stored.now);
    if (!extended) return extended.error();
    expires = *extended;
    return {};
  });
  if (!changed) return changed.error();
  return expires;
}

Result<void> Projections::release_lease(std::string_view projection, std::uint64_t token) {
  return change(projection, false, [&](Stored& stored, Letters&) {
    return detail::give_back_lease(stored.record, token, stored.now);
  });
}

Result<void> Projections::save(const CheckpointSave& save) {
  // A checkpoint that a crash of the server undoes makes events come again, which they may.
  const bool synced = !save.dead_letters.empty() || save.rewinds;
  return change(save.projection, synced, [&](Stored& stored, Letters& letters) -> Result<void> {
    if (auto applied = detail::apply_save(stored.record, save, stored.now); !applied) {
      return applied;
    }
    if (save.rewinds) letters.forget_after = save.position;
    letters.put = save.dead_letters;
    return {};
  });
}

Result<void> Projections::pause(std::string_view projection) {
  return change(projection, true, [](Stored& stored, Letters&) -> Result<void> {
    detail::apply_pause(stored.record, true);
    return {};
  });
}

Result<void> Projections::resume(std::string_view projection) {
  return change(projection, true, [](Stored& stored, Letters&) -> Result<void> {
    detail::apply_pause(stored.record, false);
    return {};
  });
}

Result<void> Projections::reset(std::string_view projection, Position position) {
  return change(projection, true, [&](Stored& stored, Letters&) -> Result<void> {
    detail::apply_reset(stored.record, position);
    return {};
  });
}

Result<void> Projections::rebuild(std::string_view projection) {
  return change(projection, true, [](Stored& stored, Letters&) -> Result<void> {
    detail::apply_rebuild(stored.record);
    return {};
  });
}

Result<void> Projections::skip(std::string_view projection, Position position) {
  return change(projection, true, [&](Stored& stored, Letters&) {
    return detail::apply_skip(stored.record, position);
  });
}

Result<void> Projections::remove(std::string_view projection) {
  const detail::MutexLock lock(mutex_);
  bool asked = false;
  return change_locked(projection, true, [&](Stored& stored, Letters& letters) -> Result<void> {
    // The second time it may be this call that has removed it, over a connection that broke then.
    if (detail::is_removed(stored.record)) {
      return asked ? Result<void>() : detail::no_such_projection(projection);
    }
    asked = true;
    letters.forget_after = Position{};
    return detail::apply_remove(stored.record, stored.now);
  });
}

Result<void> Projections::set_letter_state(std::string_view projection, Position position,
                                           DeadLetterState state) {
  auto letter = find_dead_letter(projection, position);
  if (!letter) return letter.error();
  return change(projection, true, [&](Stored& stored, Letters& letters) -> Result<void> {
    if (!*letter) return detail::no_such_letter(projection, position);
    (*letter)->state = state;
    letters.put = {**letter};
    ++stored.record.requests;
    return {};
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
  return change(projection, true, [&](Stored& stored, Letters& letters) -> Result<void> {
    if (auto checked = detail::check_token(stored.record, token); !checked) return checked;
    if (failed) {
      letters.put = {*failed};
    } else {
      letters.remove = position;
    }
    return {};
  });
}

}  // namespace eventcore::postgres
