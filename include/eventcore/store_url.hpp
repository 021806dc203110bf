#pragma once

/// \file
/// `StoreUrl` names a store in one line of text; `open_store` opens it.
///
/// Tools take it as `--store`. A URL may hold a password: parse it at once, keep the `StoreUrl`
/// and print only `redacted()`. The usual mistake is to put the text itself into an error message.
///
///     memory:                              in this process, gone with it
///     sqlite:shop.db                       a file, relative to the working folder
///     sqlite:/var/lib/shop.db?durability=normal
///     postgres://user@host/database        libpq's syntax; several hosts: host1:5432,host2:5433
///     postgres://host/database?schema=shop&durability=normal&sslmode=verify-full

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/durability.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/redact_secrets.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// Where a store is. Thread-safety: Immutable.
class StoreUrl {
 public:
  enum class Backend : std::uint8_t { Memory, Sqlite, Postgres };

  /// The store written as `text`. A SQLite path is taken as it is written, up to the first `?`.
  /// Errors: InvalidArgument (names the rule, never a password).
  [[nodiscard]] static Result<StoreUrl> parse(std::string_view text);

  [[nodiscard]] Backend backend() const noexcept { return backend_; }
  /// The file of a SQLite store, else empty.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// What libpq takes of a PostgreSQL URL, else empty. May hold a password: never print it.
  [[nodiscard]] const std::string& conninfo() const noexcept { return conninfo_; }
  /// The schema that a PostgreSQL URL names, else empty.
  [[nodiscard]] const std::string& schema() const noexcept { return schema_; }
  /// The durability that the URL asks for, if it does.
  [[nodiscard]] std::optional<Durability> durability() const noexcept { return durability_; }
  /// The URL for people and logs: user and password are `***`.
  [[nodiscard]] const std::string& redacted() const noexcept { return redacted_; }

 private:
  explicit StoreUrl(Backend backend) : backend_(backend) {}

  [[nodiscard]] static Result<StoreUrl> parse_sqlite(std::string_view rest);
  [[nodiscard]] static Result<StoreUrl> parse_postgres(std::string_view text);

  Backend backend_;
  std::filesystem::path path_;
  std::string conninfo_;
  std::string schema_;
  std::optional<Durability> durability_;
  std::string redacted_;
};

/// How to open the store of a URL, whatever it is.
struct OpenStoreOptions {
  bool create = true;      ///< Create what is missing.
  bool read_only = false;  ///< Appends are refused; the store must exist.
  std::optional<Durability> durability = std::nullopt;  ///< If the URL names none; else `Full`.
  std::string runtime_role = {};                        ///< See `PostgresStoreOptions`.
  const Clock* clock = &system_clock();
  std::shared_ptr<Probe> probe = nullptr;
};

/// Opens the store that `url` names.
/// Errors: those of the store's own `open`; InvalidArgument for a store that is not built in.
[[nodiscard]] Result<std::unique_ptr<EventStore>> open_store(const StoreUrl& url,
                                                             OpenStoreOptions options = {});

}  // namespace eventcore
