#include "schema.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <iterator>
#include <string>
#include <system_error>

#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

namespace fs = std::filesystem;

// What leads from each schema version to the next; the first from an empty file to version 1.
constexpr const char* kMigrations[] = {sql::create_schema, sql::add_projections};
static_assert(std::size(kMigrations) == kSchemaVersion);

constexpr char kCantOpen[] = "can't open";

Error about(ErrorCode code, const fs::path& path, const std::string& what) {
  return make_error(code, path.string() + " " + what);
}

// What a file says about itself.
struct Identity {
  std::uint64_t application = 0;
  std::uint64_t version = 0;
  std::uint64_t objects = 0;

  [[nodiscard]] bool is_new() const noexcept {
    return application == 0 && version == 0 && objects == 0;
  }
};

Result<Identity> read_identity(const Connection& connection) {
  const auto application = connection.number("PRAGMA application_id", kCantOpen);
  if (!application) return application.error();
  const auto version = connection.number("PRAGMA user_version", kCantOpen);
  if (!version) return version.error();
  const auto objects = connection.number("SELECT count(*) FROM sqlite_schema", kCantOpen);
  if (!objects) return objects.error();
  return Identity{*application, *version, *objects};
}

// In one transaction: another process that creates the store is seen before or after, not between.
Result<Identity> identify(const Connection& connection) {
  if (auto begun = connection.run("BEGIN", kCantOpen); !begun) return begun.error();
  auto identity = read_identity(connection);
  static_cast<void>(connection.roll_back());
  return identity;
}

Result<void> check_identity(const Identity& identity, const fs::path& path) {
  if (identity.is_new()) return {};
  if (identity.application != kApplicationId) {
    return about(ErrorCode::Corrupt, path, "is a SQLite database, but not an EventCore store");
  }
  if (identity.version > kSchemaVersion) {
    return about(ErrorCode::Unavailable, path,
                 "has schema version " + std::to_string(identity.version) +
                     ", but this library knows versions up to " + std::to_string(kSchemaVersion) +
                     "; use a newer one");
  }
  return {};
}

Result<void> sync_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  const int cause = errno;
  if (file >= 0) ::close(file);
  if (synced) return {};
  return about(ErrorCode::Unavailable, folder,
               "can't be synced: " + std::generic_category().message(cause));
}

// A folder that is not synced in its parent may be gone after a power cut, and the store with it.
Result<void> create_folder(const fs::path& folder) {
  if (folder.empty() || fs::exists(folder)) return {};
  const fs::path parent = folder.parent_path();
  if (auto created = create_folder(parent); !created) return created;
  std::error_code failure;
  fs::create_directory(folder, failure);
  if (failure) {
    return about(ErrorCode::Unavailable, folder, "can't be created: " + failure.message());
  }
  return sync_folder(parent.empty() ? fs::path(".") : parent);
}

Result<void> check_path(const SqliteStoreOptions& options) {
  const fs::path& path = options.path;
  if (path.empty()) return make_error(ErrorCode::InvalidArgument, "the path is empty");
  if (options.reader_threads == 0) {
    return make_error(ErrorCode::InvalidArgument, "a store needs a reader thread");
  }
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (fs::is_directory(status)) {
    return about(ErrorCode::Unavailable, path, "is a folder, not a store");
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return about(ErrorCode::Unavailable, path, "is no regular file, and no store");
  }
  if (fs::exists(status)) return {};
  if (failure && status.type() != fs::file_type::not_found) {
    return about(ErrorCode::Unavailable, path, "can't be looked at: " + failure.message());
  }
  if (options.read_only || !options.create) {
    return about(ErrorCode::Unavailable, path, "does not exist");
  }
  return create_folder(path.parent_path());
}

// A reader can't bring a journal into its folder's shared memory unless it may write there.
Error with_advice(Error error, const fs::path& name) {
  std::error_code failure;
  const fs::path path = fs::weakly_canonical(name, failure);
  const std::string journal = path.string() + "-wal";
  if (fs::exists(journal) && access(folder_of(path).c_str(), W_OK) != 0) {
    error.message += "; " + journal +
                     " holds commits that were not written back: open the store once as a user who "
                     "may write to its folder, or copy both files to a folder of your own";
  }
  return error;
}

// The log gets its identity once, with the version that keeps one.
Result<void> identify_log(const Connection& connection) {
  auto identify = connection.prepare("INSERT INTO log (id) VALUES (?1)");
  if (!identify) return identify.error();
  const Uuid id = mint_uuid_now(system_clock());
  const auto* bytes = reinterpret_cast<const char*>(id.bytes.data());
  identify->bind_bytes(1, std::string_view(bytes, id.bytes.size()));
  if (identify->run() != SQLITE_OK) return connection.error("can't migrate");
  return {};
}

Result<void> migrate_in_transaction(const Connection& connection, const fs::path& path) {
  auto identity = read_identity(connection);
  if (!identity) return identity.error();
  // Another process may have been faster.
  if (auto checked = check_identity(*identity, path); !checked) return checked;
  for (std::uint64_t version = identity->version; version < kSchemaVersion; ++version) {
    if (auto done = connection.run(kMigrations[version], "can't migrate"); !done) return done;
  }
  if (identity->version < kProjectionsVersion) {
    if (auto done = identify_log(connection); !done) return done;
  }
  const std::string mark = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                           "; PRAGMA user_version=" + std::to_string(kSchemaVersion);
  return connection.run(mark.c_str(), "can't migrate");
}

// SQLite keeps the former mode, without an error, where files lack what a WAL needs.
Result<void> use_write_ahead_log(const Connection& connection, const fs::path& path) {
  auto mode = connection.prepare("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  if (mode->step() != SQLITE_ROW) return connection.error(kCantOpen);
  if (mode->bytes(0) == "wal") return {};
  return about(ErrorCode::Unavailable, path,
               "can't be used: its journal mode is " + std::string(mode->bytes(0)) +
                   ", and neither the file system nor the VFS may allow WAL");
}

Result<void> migrate(const Connection& connection, const fs::path& path) {
  if (auto set = use_write_ahead_log(connection, path); !set) return set;
  if (auto set = connection.run("PRAGMA synchronous=FULL", kCantOpen); !set) return set;
  if (auto begun = connection.run("BEGIN IMMEDIATE", "can't migrate"); !begun) return begun;
  auto migrated = migrate_in_transaction(connection, path);
  if (migrated) migrated = connection.run("COMMIT", "can't migrate");
  if (!migrated) static_cast<void>(connection.roll_back());
  return migrated;
}

}  // namespace

Result<void> prepare_file(const SqliteStoreOptions& options, WriterTurn& turn) {
  if (auto checked = check_path(options); !checked) return checked;
  const int create = options.create ? SQLITE_OPEN_CREATE : 0;
  auto connection = Connection::open(
      {.path = options.path,
       .flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | create,
       .vfs = options.vfs,
       .busy_timeout = options.busy_timeout});
  if (!connection) return connection.error();
  auto identity = identify(*connection);
  if (!identity)
    return options.read_only ? with_advice(identity.error(), options.path) : identity.error();
  if (auto checked = check_identity(*identity, options.path); !checked) return checked;
  if ((options.read_only || !options.create) && identity->is_new()) {
    return about(ErrorCode::Unavailable, options.path, "is empty, not a store");
  }
  if (!options.read_only && sqlite3_db_readonly(connection->handle(), "main") != 0) {
    return about(ErrorCode::Unavailable, options.path, "can't be written to; open it read-only");
  }
  if (auto opened = turn.open(options.path, options.read_only); !opened) return opened;
  if (options.read_only) return {};
  if (identity->version == kSchemaVersion) {
    // Stays on once set; somebody may have turned it off.
    return use_write_ahead_log(*connection, options.path);
  }
  const Instant give_up = std::chrono::steady_clock::now() + options.busy_timeout;
  if (!turn.acquire([&] { return std::chrono::steady_clock::now() < give_up; })) {
    return about(ErrorCode::Unavailable, options.path, "is locked by another process");
  }
  auto migrated = migrate(*connection, options.path);
  turn.release();
  return migrated;
}

Result<Connection> open_store_file(const SqliteStoreOptions& options) {
  return Connection::open(
      {.path = options.path,
       .flags = options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE,
       .vfs = options.vfs,
       .busy_timeout = options.busy_timeout});
}

}  // namespace eventcore::sqlite
