#include "mitigations.hpp"

#include <pwd.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "../../core/lease_holder.hpp"
#include "../console.hpp"
#include "eventcore/projection_storage.hpp"

namespace eventcore::cli::doctor {
namespace {

constexpr std::size_t kLettersAtOnce = 1'000;
constexpr int kReadersWaitMs = 2'000;

Result<std::string> replay_letters(const std::string& projection, ProjectionStorage& storage) {
  DeadLetterQuery query{
      .projection = projection, .state = DeadLetterState::Parked, .limit = kLettersAtOnce};
  std::uint64_t count = 0;
  while (true) {
    const auto letters = storage.list_dead_letters(query);
    if (!letters) return letters.error();
    for (const DeadLetter& letter : *letters) {
      const auto asked = storage.replay_dead_letter(projection, letter.position);
      if (!asked) {
        if (asked.error().code == ErrorCode::InvalidArgument) continue;  // it is gone
        return make_error(asked.error().code,
                          counted(count, "dead letter") +
                              " will be applied again; then: " + asked.error().message);
      }
      ++count;
    }
    if (letters->size() < query.limit) break;
    query.after = letters->back().position;
  }
  return counted(count, "dead letter") + " will be applied again by its leader";
}

/// Frees the lease that was looked at. Whoever holds it may have come back meanwhile: a process
/// that only looked dead from here, or was stopped.
Result<std::string> drop_lease(const Fix& fix, ProjectionStorage& storage) {
  const auto record = storage.load(fix.subject);
  if (!record) return record.error();
  if (!*record || (*record)->lease.token != fix.token ||
      (*record)->lease.expires != fix.lease_end) {
    return make_error(ErrorCode::LeaseLost,
                      "its lease was extended or given to another process since; nothing was done");
  }
  if (const auto done = storage.release_lease(fix.subject, fix.token); !done) return done.error();
  return std::string("the next process that looks takes it");
}

Error sqlite_error(const std::string& path, sqlite3* database) {
  return make_error(ErrorCode::Unavailable, path + ": " + sqlite3_errmsg(database));
}

Result<std::string> checkpoint_journal(const std::string& path) {
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(handle, &sqlite3_close);
  if (opened != SQLITE_OK) return sqlite_error(path, handle);
  // A connection that has read nothing does not know of the journal, and would find nothing to do.
  if (sqlite3_exec(handle, "PRAGMA schema_version", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(path, handle);
  }
  // While it waits for readers nobody can write.
  sqlite3_busy_timeout(handle, kReadersWaitMs);
  int pages = 0;
  int copied = 0;
  const int done =
      sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, &pages, &copied);
  if (done == SQLITE_OK) return std::string("the journal is in the database, and empty");
  if (done != SQLITE_BUSY) return sqlite_error(path, handle);
  return make_error(ErrorCode::Unavailable,
                    std::to_string(std::max(0, copied)) + " of " +
                        std::to_string(std::max(0, pages)) +
                        " pages are moved; a reader holds the rest back: end it, then again");
}

}  // namespace

std::vector<Fix> fixes_of(const std::vector<Finding>& findings) {
  std::vector<Fix> fixes;
  for (const Finding& finding : findings) {
    if (!finding.fix) continue;
    const auto same = [&](const Fix& fix) {
      return fix.kind == finding.fix->kind && fix.subject == finding.fix->subject;
    };
    if (std::none_of(fixes.begin(), fixes.end(), same)) fixes.push_back(*finding.fix);
  }
  return fixes;
}

std::string describe_fix(const Fix& fix) {
  switch (fix.kind) {
    case FixKind::Resume:
      return "let projection '" + fix.subject + "' go on, also after a failure";
    case FixKind::ReplayDeadLetters:
      return "let projection '" + fix.subject + "' apply its dead letters again";
    case FixKind::DropLease:
      return "free the lease of projection '" + fix.subject + "', token " +
             std::to_string(fix.token);
    case FixKind::CheckpointJournal:
      break;
  }
  return "move the journal of " + fix.subject + " into the database";
}

bool works_on_file(const Fix& fix) { return fix.kind == FixKind::CheckpointJournal; }

Result<std::string> carry_out(const Fix& fix, EventStore* store) {
  if (fix.kind == FixKind::CheckpointJournal) return checkpoint_journal(fix.subject);
  ProjectionStorage& storage = store->projections();
  switch (fix.kind) {
    case FixKind::Resume:
      if (const auto done = storage.resume(fix.subject); !done) return done.error();
      return std::string("its leader sees it within a second");
    case FixKind::ReplayDeadLetters:
      return replay_letters(fix.subject, storage);
    case FixKind::DropLease:
      return drop_lease(fix, storage);
    case FixKind::CheckpointJournal:
      break;
  }
  return std::string();
}

std::string operator_name() {
  const passwd* const user = getpwuid(geteuid());
  const std::string host = eventcore::detail::host_name();
  return (user != nullptr ? std::string(user->pw_name) : std::to_string(geteuid())) + "@" +
         (host.empty() ? "?" : host);
}

}  // namespace eventcore::cli::doctor
