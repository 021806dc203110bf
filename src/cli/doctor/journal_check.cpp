#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "checks.hpp"
#include "words.hpp"

namespace eventcore::cli::doctor {
namespace {

namespace fs = std::filesystem;

/// The store moves its journal into the database at 64 MiB even if that takes waiting: one much
/// larger is held back by a reader, or left by a process that died.
constexpr std::uintmax_t kJournalBytes = std::uintmax_t{128} << 20;
constexpr std::size_t kNamed = 5;

/// "1234 (shop), 77 (sqlite3)": the processes that have `file` open, of those that may be looked
/// at.
std::string who_has_open(const fs::path& file) {
  std::string names;
  std::size_t found = 0;
  std::error_code problem;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::directory_iterator process("/proc", options, problem), end; !problem && process != end;
       process.increment(problem)) {
    const std::string pid = process->path().filename();
    if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    std::error_code closed;
    for (fs::directory_iterator open(process->path() / "fd", options, closed), last;
         !closed && open != last; open.increment(closed)) {
      std::error_code gone;
      if (fs::read_symlink(open->path(), gone) != file || gone) continue;
      const std::string program = fs::read_symlink(process->path() / "exe", gone).filename();
      if (++found > kNamed) return names + ", and more";
      names += (names.empty() ? "" : ", ") + pid + " (" + program + ")";
      break;
    }
  }
  return names;
}

}  // namespace

void check_journal(const PlaceContext& context) {
  if (context.url.backend() != StoreUrl::Backend::Sqlite) return;
  std::error_code problem;
  const fs::path database = fs::weakly_canonical(context.url.path(), problem);
  const fs::path journal = database.string() + "-wal";
  const std::uintmax_t bytes = fs::file_size(journal, problem);
  if (problem || bytes < kJournalBytes) return;
  const std::string open_by = who_has_open(database);
  context.findings.add(
      {.id = "journal-long",
       .title = "The journal of the store grows, and is not moved into the database",
       .culprit = journal.string(),
       .evidence = {bytes_text(static_cast<double>(bytes)) + "; the store itself keeps it below " +
                        bytes_text(static_cast<double>(kJournalBytes)),
                    open_by.empty()
                        ? "no process that may be looked at has the store open"
                        : "open in the processes " + open_by + ": one of them reads since long"},
       .alert = "StoreDiskFilling",
       .runbook = "disk",
       .next = open_by.empty() ? "" : "fuser -v " + journal.string(),
       .fix = Fix{.kind = FixKind::CheckpointJournal, .subject = database.string()}});
}

}  // namespace eventcore::cli::doctor
