#include "schema.hpp"

#include <xxhash.h>

#include "postgres_sql.hpp"

namespace eventcore::postgres {
namespace {

// For statements that may wait for other processes' migrations.
constexpr std::chrono::seconds kPatience{60};

std::string quoted_name(std::string_view identifier) {
  std::string text = "\"";
  for (const char c : identifier) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

std::string grants(const PostgresStoreOptions& options) {
  if (options.runtime_role.empty()) return "";
  std::string sql =
      "GRANT USAGE ON SCHEMA @schema@ TO @role@;"
      "GRANT SELECT ON ALL TABLES IN SCHEMA @schema@ TO @role@;"
      "GRANT INSERT, UPDATE, DELETE ON @schema@.projections, @schema@.dead_letters TO @role@;"
      "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA @schema@ FROM PUBLIC;"
      "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA @schema@ TO @role@;";
  replace_all(sql, "@role@", quoted_name(options.runtime_role));
  return sql;
}

Error newer_schema(std::uint64_t stored) {
  return make_error(ErrorCode::Unavailable, "the schema has version " + std::to_string(stored) +
                                                ", this library knows up to " +
                                                std::to_string(kSchemaVersion));
}

}  // namespace

std::int64_t lock_key(std::string_view schema) noexcept {
  const std::string text = "eventcore:" + std::string(schema);
  return static_cast<std::int64_t>(XXH3_64bits(text.data(), text.size()));
}

std::string for_schema(std::string_view sql, const std::string& schema) {
  std::string text(sql);
  replace_all(text, "@schema@", quoted_name(schema));
  // A literal of the lowest number would not be one.
  replace_all(text, "@lock@", "'" + std::to_string(lock_key(schema)) + "'::bigint");
  return text;
}

Result<std::uint64_t> stored_schema_version(Connection& connection,
                                            const PostgresStoreOptions& options) {
  const Instant until = std::chrono::steady_clock::now() + kPatience;
  Parameters name;
  name.add(std::string_view(options.schema));
  // Not to_regclass: within a transaction it may answer what it answered before.
  auto exists = connection.run(
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables"
      " WHERE schemaname = $1 AND tablename = 'facts')",
      name, until);
  if (!exists) return exists.error();
  if (!exists->flag(0, 0)) return std::uint64_t{0};
  auto version = connection.run(
      for_schema("SELECT value FROM @schema@.facts WHERE name = 'schema_version'", options.schema)
          .c_str(),
      {}, until);
  if (!version) return version.error();
  return version->size() == 0 ? std::uint64_t{0} : version->count(0, 0);
}

Result<void> prepare_schema(Connection& connection, const PostgresStoreOptions& options) {
  auto stored = stored_schema_version(connection, options);
  if (!stored) return stored.error();
  if (*stored > kSchemaVersion) return newer_schema(*stored);
  if (*stored == kSchemaVersion && options.runtime_role.empty()) return {};
  if (!options.create || options.read_only) {
    if (*stored == kSchemaVersion) return {};
    return make_error(ErrorCode::Unavailable,
                      *stored == 0 ? "there is no schema \"" + options.schema + "\" of EventCore"
                                   : "the schema has version " + std::to_string(*stored) +
                                         ", needed is " + std::to_string(kSchemaVersion) +
                                         "; migrate it with eventcore init");
  }
  const Instant until = std::chrono::steady_clock::now() + kPatience;
  auto begun = connection.run_script(
      for_schema("BEGIN; SELECT pg_advisory_xact_lock(@lock@);", options.schema), until);
  if (!begun) return begun;
  // Another process may have been faster.
  stored = stored_schema_version(connection, options);
  if (!stored) return stored.error();
  if (*stored > kSchemaVersion) return newer_schema(*stored);
  std::string script;
  if (*stored == 0) {
    script += "CREATE SCHEMA IF NOT EXISTS @schema@;";
    script += sql::create_schema;
    script += sql::create_functions;
  }
  script += grants(options) + "COMMIT";
  return connection.run_script(for_schema(script, options.schema), until);
}

}  // namespace eventcore::postgres
