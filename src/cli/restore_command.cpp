#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "archive_reader.hpp"
#include "commands.hpp"
#include "eventcore/store_administration.hpp"
#include "json_text.hpp"
#include "log_end.hpp"
#include "progress_line.hpp"
#include "store_option.hpp"
#include "verify_store.hpp"

namespace eventcore::cli {
namespace {

struct RestoreOptions {
  std::string store;
  std::vector<std::string> files;
  std::string remember_in;  ///< URL of the store that the backups are of; empty: nowhere else.
  bool resume = false;
  bool verify = false;
  bool json = false;
};

/// An archive whose every checksum is right.
struct CheckedArchive {
  std::unique_ptr<ArchiveReader> reader;
  ArchiveTail tail;
};

Error conflict(std::string message) {
  return make_error(ErrorCode::VersionConflict, std::move(message));
}

Result<std::vector<CheckedArchive>> check_archives(const std::vector<std::string>& files,
                                                   Console& console) {
  std::vector<CheckedArchive> archives;
  for (const std::string& file : files) {
    Result<std::unique_ptr<ArchiveReader>> reader = ArchiveReader::open(file);
    if (!reader) return reader.error();
    ProgressLine line(console, "checking " + file, "bytes");
    const Result<ArchiveTail> tail = (*reader)->check([&](std::uint64_t done, std::uint64_t total) {
      line.update(done, total);
      return !console.stopped();
    });
    if (!tail) return tail.error();
    if (!archives.empty() && archives.back().tail.end != (*reader)->head().after) {
      return make_error(ErrorCode::InvalidArgument,
                        file + " does not continue " + archives.back().reader->path().string());
    }
    archives.push_back({*std::move(reader), *tail});
  }
  return archives;
}

/// Puts the archives' batches behind the head of a store.
class Restorer {
 public:
  Restorer(EventStore& store, std::vector<CheckedArchive> archives, Console& console)
      : store_(store), archives_(std::move(archives)), console_(console) {}

  /// The store ends where the first archive begins, or with `resume` anywhere in the archives.
  [[nodiscard]] Result<void> check_store(bool resume) {
    const LogEnd& begin = archives_.front().reader->head().after;
    const LogEnd& end = archives_.back().tail.end;
    const Position head = store_.head();
    Result<LogEnd> stored = log_end_at(store_, head);
    if (!stored) return stored.error();
    stored_ = *stored;
    if (stored_ == begin) return {};
    const std::string holds = "the store holds " + counted(head.value, "event");
    if (head < begin.position) {
      return conflict(holds + ", but the archive begins behind position " +
                      std::to_string(begin.position.value) + "; restore earlier archives first");
    }
    if (!resume || head > end.position) {
      return conflict(head == begin.position
                          ? "the store's last command is another one than the archive continues"
                          : holds + ", but the archive begins behind position " +
                                std::to_string(begin.position.value) +
                                "; restore into an empty store" +
                                (resume ? "" : ", or go on with a restore by --resume"));
    }
    // The archives' batch at the head has to be the store's; `import` looks before it writes.
    if (head == begin.position) return conflict("the store holds other events than the archives");
    return {};
  }

  [[nodiscard]] Result<void> import() {
    const Position end = archives_.back().tail.end.position;
    const Position begin = store_.head();
    ProgressLine line(console_, "restoring", "events");
    for (const CheckedArchive& archive : archives_) {
      if (archive.tail.end.position < stored_.position) continue;
      auto imported = archive.reader->for_each_batch([&](const ArchivedBatch& batch) {
        const Result<bool> taken = import(batch);
        line.update(last_ < begin ? 0 : last_ - begin, end - begin);
        return taken;
      });
      if (!imported) return imported;
      if (console_.stopped()) break;
    }
    return {};
  }

  [[nodiscard]] std::uint64_t batches() const { return batches_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] const LogEnd& end() const { return archives_.back().tail.end; }

 private:
  Result<bool> import(const ArchivedBatch& batch) {
    last_ = {batch.info.first.value + batch.info.events - 1};
    if (last_ <= stored_.position) {
      if (last_ == stored_.position && batch.info.id != stored_.batch) {
        return conflict("the store holds other events than the archives");
      }
      return true;
    }
    if (batch.info.first <= stored_.position) {
      return conflict("the store ends inside of a command of the archives");
    }
    if (console_.stopped()) return false;
    Result<WriteBatch> rebuilt = rebuild(batch);
    if (!rebuilt) return rebuilt.error();
    const Result<void> imported =
        store_.administration().import_batch(*rebuilt, batch.info.first, batch.time);
    if (!imported) return imported.error();
    ++batches_;
    events_ += batch.info.events;
    return true;
  }

  EventStore& store_;
  const std::vector<CheckedArchive> archives_;
  Console& console_;
  LogEnd stored_;  ///< Where the store ended at the beginning.
  Position last_;
  std::uint64_t batches_ = 0;
  std::uint64_t events_ = 0;
};

void print_done(const RestoreOptions& options, const Restorer& restorer, Position head,
                Console& console) {
  if (options.json) {
    console.line(JsonObject()
                     .number("events", restorer.events())
                     .number("batches", restorer.batches())
                     .number("head", head.value)
                     .boolean("complete", head >= restorer.end().position)
                     .str());
    return;
  }
  console.line("restored " + counted(restorer.events(), "event") + " in " +
               counted(restorer.batches(), "batch") + "; the head is position " +
               std::to_string(head.value));
}

/// Verifies what was restored, and reports what is wrong.
ExitCode verify(EventStore& store, Console& console) {
  std::uint64_t checked = 0;
  const Result<VerifyReport> report = verify_store(store, console, checked);
  if (!report) return console.fail(report.error(), "what was restored can't be verified");
  if (report->findings_total == 0) return ExitCode::Done;
  return console.fail(ExitCode::Failed, "what was restored has " +
                                            counted(report->findings_total, "finding") + ": " +
                                            report->findings.front().message);
}

/// Has the store that the backups are of remember that they could be restored, or could not.
/// `end`: where the backups end, if they could be read.
ExitCode remember(const RestoreOptions& options, Timestamp begun, ExitCode code,
                  const std::optional<LogEnd>& end, Console& console) {
  const CareRecord record{.time = begun,
                          .succeeded = code == ExitCode::Done,
                          .position = end ? end->position : Position{}};
  return with_store(console, options.remember_in, writing(), [&](EventStore& store) {
    const Result<LogEnd> stored = log_end_at(store, record.position);
    if (end && (!stored || *stored != *end)) {
      return console.fail(ExitCode::BadInput,
                          options.remember_in + " is not the store that the backups are of");
    }
    const Result<void> remembered = store.administration().record_care(CareTask::Restore, record);
    if (remembered) return ExitCode::Done;
    return console.fail(remembered.error(), "the store can't remember the restore");
  });
}

ExitCode restore_into(EventStore& store, const RestoreOptions& options,
                      std::vector<CheckedArchive> archives, Console& console) {
  Restorer restorer(store, std::move(archives), console);
  if (auto fits = restorer.check_store(options.resume); !fits) return console.fail(fits.error());
  const Result<void> imported = restorer.import();
  if (!imported) {
    return console.fail(imported.error(),
                        "restored up to position " + std::to_string(store.head().value));
  }
  print_done(options, restorer, store.head(), console);
  if (store.head() < restorer.end().position) {
    console.note("Interrupted: the store ends at a whole command; go on with --resume");
    return options.verify ? ExitCode::Failed : ExitCode::Done;
  }
  return options.verify ? verify(store, console) : ExitCode::Done;
}

ExitCode restore(const RestoreOptions& options, std::vector<CheckedArchive> archives,
                 Console& console) {
  // Without a sync for each command: an interrupted restore is resumed, and closing the store
  // makes everything durable.
  const bool from_the_beginning = archives.front().reader->head().after == LogEnd{};
  const OpenStoreOptions opening{.create = from_the_beginning, .durability = Durability::Normal};
  return with_store(console, options.store, opening, [&](EventStore& store) {
    return restore_into(store, options, std::move(archives), console);
  });
}

ExitCode check_and_restore(const RestoreOptions& options, Console& console) {
  const Timestamp begun = system_clock().wall();
  Result<std::vector<CheckedArchive>> archives = check_archives(options.files, console);
  std::optional<LogEnd> end;
  ExitCode code = ExitCode::Done;
  if (archives) {
    end = archives->back().tail.end;
    code = restore(options, *std::move(archives), console);
  } else {
    code = console.fail(archives.error());
  }
  if (options.remember_in.empty() || console.stopped()) return code;
  const ExitCode remembered = remember(options, begun, code, end, console);
  return code == ExitCode::Done ? remembered : code;
}

}  // namespace

void add_restore_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<RestoreOptions>();
  CLI::App* command = app.add_subcommand("restore", "Bring events back from backups");
  command->footer(
      "Events keep their positions, versions, ids and times. All files are checked before "
      "anything\n"
      "is written. The store is created if it is missing; it has to be empty, or to end exactly\n"
      "where the first file begins. With --resume it may hold a part of the files already.\n"
      "--store memory: only checks that the files can be restored. With --verify what was "
      "restored\n"
      "is verified, and with --remember-in the store that the backups are of keeps the result, "
      "for\n"
      "its metrics and alerts.\n\n"
      "Examples:\n"
      "  eventcore restore --store sqlite:copy.db monday.ecb tuesday.ecb\n"
      "  eventcore restore --store sqlite:copy.db wednesday.ecb\n"
      "  eventcore restore --store memory: --verify --remember-in sqlite:shop.db monday.ecb\n");
  add_store_option(*command, options->store);
  command->add_option("FILE", options->files, "Archives, the oldest first")->required();
  command->add_flag("--resume", options->resume, "Go on with a restore that was interrupted");
  CLI::Option* verify =
      command->add_flag("--verify", options->verify, "Verify the store after it was restored");
  command
      ->add_option("--remember-in", options->remember_in,
                   "The store that the backups are of, which remembers the result")
      ->type_name("URL")
      ->needs(verify);
  command->add_flag("--json", options->json, "Print an object for machines");
  command->callback([&chosen, options] {
    chosen = [options](Console& console) { return check_and_restore(*options, console); };
  });
}

}  // namespace eventcore::cli
