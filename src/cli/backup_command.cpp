#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "archive_reader.hpp"
#include "archive_target.hpp"
#include "archive_writer.hpp"
#include "commands.hpp"
#include "eventcore/store_administration.hpp"
#include "json_text.hpp"
#include "log_end.hpp"
#include "progress_line.hpp"
#include "store_option.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

struct BackupOptions {
  std::string store;
  std::string file;
  std::string incremental_from;
  std::optional<std::uint64_t> after;
  bool force = false;
  bool read_only = false;
  bool json = false;
};

/// Where the backup before this one ended.
Result<LogEnd> read_base(const std::string& file, Console& console) {
  const Result<std::unique_ptr<ArchiveReader>> reader = ArchiveReader::open(file);
  if (!reader) return reader.error();
  ProgressLine line(console, "checking " + file, "bytes");
  const Result<ArchiveTail> tail = (*reader)->check([&](std::uint64_t done, std::uint64_t total) {
    line.update(done, total);
    return !console.stopped();
  });
  if (!tail) return tail.error();
  return tail->end;
}

/// Where the new archive begins, checked against the store.
Result<LogEnd> begin_of(const BackupOptions& options, EventStore& store, Console& console) {
  if (options.after) return log_end_at(store, {*options.after});
  if (options.incremental_from.empty()) return LogEnd{};
  const Result<LogEnd> base = read_base(options.incremental_from, console);
  if (!base) return base.error();
  const Result<LogEnd> stored = log_end_at(store, base->position);
  if (!stored || *stored != *base) {
    return make_error(ErrorCode::VersionConflict, options.incremental_from +
                                                      " is a backup of another store, or of "
                                                      "another past of this one");
  }
  return base;
}

/// Copies the log up to `until`, or to the end of the batch at which the user stops it. What is
/// copied is compared with the store's checksums: an archive has its own, which would make damage
/// look right.
Result<void> copy(EventStore& store, Position after, Position until, ArchiveWriter& writer,
                  Console& console) {
  ProgressLine line(console, "backing up", "events");
  LogQuery query{.after = after, .until = until, .with_batch = true};
  Position checked = after;
  for (bool stopped = false; query.after < until && !stopped;) {
    const Result<EventPage> page = store.read(query);
    if (!page) return page.error();
    if (page->events.empty()) {
      return make_error(ErrorCode::Corrupt, "the log ends before its head", {}, page->scanned_to);
    }
    for (const StoredEvent& event : page->events) {
      stopped = writer.between_batches() && console.stopped();
      if (stopped) break;
      if (auto added = writer.add(event); !added) return added;
      query.after = event.position;
    }
    line.update(query.after - after, until - after);
    if (!writer.between_batches()) continue;
    if (auto same = store.administration().check_batches(checked, query.after); !same) return same;
    checked = query.after;
  }
  return {};
}

void print_done(const BackupOptions& options, const LogEnd& after, const ArchiveTail& tail,
                std::uint64_t size, Console& console) {
  if (options.json) {
    console.line(JsonObject()
                     .text("file", options.file)
                     .number("after_position", after.position.value)
                     .number("last_position", tail.end.position.value)
                     .number("events", tail.events)
                     .number("batches", tail.batches)
                     .number("size_bytes", size)
                     .str());
    return;
  }
  console.line(options.file + ": " + counted(tail.events, "event") + " in " +
               counted(tail.batches, "batch") + " behind position " +
               std::to_string(after.position.value) + ", up to " +
               std::to_string(tail.end.position.value) + "; " + counted(size, "byte"));
}

ExitCode write_backup(const BackupOptions& options, Timestamp begun, EventStore& store,
                      Console& console) {
  const Result<LogEnd> after = begin_of(options, store, console);
  if (!after) return console.fail(after.error());
  const Result<std::unique_ptr<ArchiveWriter>> writer = ArchiveWriter::create(
      options.file, {.after = *after, .created = begun, .store = store.description().location},
      options.force ? Existing::Replace : Existing::Keep);
  if (!writer) return console.fail(writer.error());
  const Position until = store.head();
  if (auto copied = copy(store, after->position, until, **writer, console); !copied) {
    return console.fail(copied.error());
  }
  const Result<ArchiveTail> tail = (*writer)->finish();
  if (!tail) return console.fail(tail.error());
  print_done(options, *after, *tail, (*writer)->size(), console);
  if (tail->end.position < until) {
    console.note("Interrupted: the archive is good, but ends before the head at position " +
                 std::to_string(until.value) + "; go on with --incremental-from " + options.file);
  }
  if (options.read_only) return ExitCode::Done;
  const Result<void> recorded = store.administration().record_care(
      CareTask::Backup,
      {.time = begun, .position = tail->end.position, .size_bytes = (*writer)->size()});
  if (recorded) return ExitCode::Done;
  return console.fail(recorded.error(),
                      options.file + " is complete, but the store can't remember it");
}

/// A failure is remembered as well as a success.
ExitCode back_up(const BackupOptions& options, EventStore& store, Console& console) {
  const Timestamp begun = system_clock().wall();
  const ExitCode code = write_backup(options, begun, store, console);
  if (code != ExitCode::Done && !options.read_only) {
    ignore_error(
        store.administration().record_care(CareTask::Backup, {.time = begun, .succeeded = false}),
        "the failure itself has been reported");
  }
  return code;
}

/// What must not become the archive: the files of the store, and the archive before this one.
Result<std::vector<std::filesystem::path>> sources_of(const BackupOptions& options) {
  const Result<StoreUrl> url = StoreUrl::parse(options.store);
  if (!url) return url.error();
  std::vector<std::filesystem::path> sources = {options.incremental_from};
  if (url->path().empty()) return sources;
  std::error_code failure;
  const std::filesystem::path linked = std::filesystem::weakly_canonical(url->path(), failure);
  for (const char* suffix : {"", "-wal", "-shm", "-journal", "-writers"}) {
    for (const std::filesystem::path& path : {url->path(), linked}) {
      if (!path.empty()) sources.emplace_back(path.string() + suffix);
    }
  }
  return sources;
}

ExitCode backup(const BackupOptions& options, Console& console) {
  const Result<std::vector<std::filesystem::path>> sources = sources_of(options);
  if (!sources) return console.fail(sources.error());
  const Existing existing = options.force ? Existing::Replace : Existing::Keep;
  if (auto checked = check_target(options.file, existing, *sources); !checked) {
    return console.fail(checked.error());
  }
  return with_store(console, options.store, options.read_only ? reading() : writing(),
                    [&](EventStore& store) { return back_up(options, store, console); });
}

}  // namespace

void add_backup_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* command =
      app.add_subcommand("backup", "Copy the events to a file, while writing goes on");
  command->footer(
      "The archive holds whole commands up to the head at the beginning, compressed and with\n"
      "checksums, in a form that every kind of store can restore. The file appears under its name\n"
      "when it is complete and durable. The store remembers when the last backup succeeded.\n"
      "SIGINT ends the archive behind the command that is being copied; it is good up to there.\n\n"
      "Examples:\n"
      "  eventcore backup --store sqlite:shop.db monday.ecb\n"
      "  eventcore backup --store sqlite:shop.db tuesday.ecb --incremental-from monday.ecb\n"
      "  eventcore restore --store sqlite:copy.db monday.ecb tuesday.ecb\n");
  add_store_option(*command, options->store);
  command->add_option("FILE", options->file, "The archive to write")->required();
  CLI::Option* from = command
                          ->add_option("--incremental-from", options->incremental_from,
                                       "Only what came after this archive")
                          ->type_name("FILE")
                          ->check(not_empty);
  add_whole_number(*command, "--after", options->after,
                   "Only what came after this position, the last one of a command")
      ->type_name("POSITION")
      ->excludes(from);
  command->add_flag("--force", options->force, "Replace the file if it exists");
  command->add_flag("--read-only", options->read_only,
                    "Leave the store untouched: do not let it remember the backup");
  command->add_flag("--json", options->json, "Print an object for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return backup(*options, console); };
  });
}

}  // namespace eventcore::cli
