#include "eventcore/store_url.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "eventcore/memory_store.hpp"
#include "eventcore/postgres_store.hpp"
#include "eventcore/sqlite_store.hpp"

namespace eventcore {
namespace {

constexpr std::string_view kForms = "use memory:, sqlite:PATH or postgres://HOST/DATABASE";

Error bad_url(std::string message) {
  return make_error(ErrorCode::InvalidArgument, "bad store URL: " + std::move(message));
}

/// Whether libpq would take a part of user and password for host, port or database, and might
/// repeat it in a message: a character in them is not written as %2F or the like.
bool is_misread_user_info(std::string_view conninfo) {
  std::string_view rest = conninfo.substr(conninfo.find("://") + 3);
  const std::string_view location = rest.substr(0, rest.find('?'));
  std::string_view hosts = location.substr(0, location.find('/'));
  const std::size_t at = hosts.find('@');
  const std::size_t behind = at == hosts.npos ? 0 : at + 1;
  if (location.find('@', behind) != location.npos) return true;
  hosts.remove_prefix(behind);
  while (!hosts.empty()) {
    const std::string_view host = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(host.size() + 1, hosts.size()));
    const std::size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
    if (colon != host.npos && host.find_first_not_of("0123456789", colon + 1) != host.npos) {
      return true;
    }
  }
  return false;
}

std::optional<Durability> parse_durability(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Durability>, 3> kModes{{
      {"full", Durability::Full},
      {"normal", Durability::Normal},
      {"off", Durability::Off},
  }};
  for (const auto& [name, mode] : kModes) {
    if (text == name) return mode;
  }
  return std::nullopt;
}

Error unknown_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view scheme = text.substr(0, colon);
  const bool may_hold_secrets = text.empty() || text.find_first_of("=@ \t\r\n") != text.npos;
  const bool is_url = colon != text.npos && text.substr(colon).starts_with("://") &&
                      scheme.find_first_of("=@ \t\r\n") == text.npos;
  if (is_url || (colon != text.npos && !may_hold_secrets)) {
    return bad_url("unknown scheme '" + std::string(scheme) + "'; " + std::string(kForms));
  }
  if (may_hold_secrets) return bad_url("it has no scheme; " + std::string(kForms));
  return bad_url("'" + std::string(text) +
                 "' has no scheme; for a file write sqlite:" + std::string(text));
}

}  // namespace

Result<StoreUrl> StoreUrl::parse_sqlite(std::string_view rest) {
  const std::size_t mark = rest.find('?');
  std::string_view path = rest.substr(0, mark);
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.starts_with("//")) {
    const bool may_hold_secrets = path.find('@') != std::string_view::npos;
    return bad_url("sqlite: takes a path, not a host; write sqlite:" +
                   std::string(may_hold_secrets ? "PATH" : path.substr(2)) +
                   " or sqlite:///ABSOLUTE/PATH");
  }
  if (path.empty()) return bad_url("sqlite: needs a path, as in sqlite:shop.db");
  if (path.find('\0') != std::string_view::npos) return bad_url("the path holds a NUL");

  StoreUrl url(Backend::Sqlite);
  url.path_ = std::filesystem::path(path);
  url.redacted_ = "sqlite:" + std::string(path);
  if (mark == std::string_view::npos) return url;

  std::string_view query = rest.substr(mark + 1);
  url.redacted_ += redact_secrets("?" + std::string(query));
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    const std::size_t sign = parameter.find('=');
    const std::string_view name = parameter.substr(0, sign);
    if (name != "durability") {
      return bad_url("unknown parameter '" + std::string(name) + "'; there is durability");
    }
    url.durability_ = parse_durability(sign == std::string_view::npos ? std::string_view{}
                                                                      : parameter.substr(sign + 1));
    if (!url.durability_) return bad_url("durability is full, normal or off");
  }
  return url;
}

// Takes the parameters that are ours out of the text; libpq checks the rest when it connects.
Result<StoreUrl> StoreUrl::parse_postgres(std::string_view text) {
  StoreUrl url(Backend::Postgres);
  url.redacted_ = redact_secrets(text);
  if (is_misread_user_info(text)) {
    return bad_url(
        "write / ? # [ ] and @ in user and password as %2F %3F %23 %5B %5D and %40, and "
        "a port as digits");
  }
  const std::size_t at = text.rfind('@');
  const std::size_t mark = text.find('?', at == text.npos ? 0 : at);
  url.conninfo_ = text.substr(0, mark);
  std::string_view query = mark == text.npos ? std::string_view{} : text.substr(mark + 1);
  char separator = '?';
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query = end == query.npos ? std::string_view{} : query.substr(end + 1);
    if (parameter.starts_with("schema=")) {
      url.schema_ = parameter.substr(7);
      if (url.schema_.empty()) return bad_url("schema= needs a name");
    } else if (parameter.starts_with("durability=")) {
      url.durability_ = parse_durability(parameter.substr(11));
      if (!url.durability_) return bad_url("durability is full, normal or off");
    } else {
      url.conninfo_.append(1, separator).append(parameter);
      separator = '&';
    }
  }
  return url;
}

Result<StoreUrl> StoreUrl::parse(std::string_view text) {
  if (text.starts_with("sqlite:")) return parse_sqlite(text.substr(7));
  if (text.starts_with("memory:")) {
    if (text != "memory:") return bad_url("nothing follows memory:");
    StoreUrl url(Backend::Memory);
    url.redacted_ = text;
    return url;
  }
  if (text.starts_with("postgres://") || text.starts_with("postgresql://")) {
    return parse_postgres(text);
  }
  if (text.starts_with("postgres:") || text.starts_with("postgresql:")) {
    return bad_url("a PostgreSQL URL begins with postgres://");
  }
  return unknown_scheme(text);
}

Result<std::unique_ptr<EventStore>> open_store(const StoreUrl& url, OpenStoreOptions options) {
  switch (url.backend()) {
    case StoreUrl::Backend::Memory:
      return open_memory_store({.clock = options.clock, .probe = std::move(options.probe)});
    case StoreUrl::Backend::Sqlite: {
      SqliteStoreOptions sqlite;
      sqlite.path = url.path();
      sqlite.create = options.create;
      sqlite.read_only = options.read_only;
      sqlite.durability = url.durability().value_or(options.durability.value_or(Durability::Full));
      sqlite.clock = options.clock;
      sqlite.probe = std::move(options.probe);
      return open_sqlite_store(std::move(sqlite));
    }
    case StoreUrl::Backend::Postgres:
      break;
  }
  PostgresStoreOptions postgres;
  postgres.conninfo = url.conninfo();
  if (!url.schema().empty()) postgres.schema = url.schema();
  postgres.create = options.create;
  postgres.read_only = options.read_only;
  postgres.durability = url.durability().value_or(options.durability.value_or(Durability::Full));
  postgres.runtime_role = std::move(options.runtime_role);
  postgres.clock = options.clock;
  postgres.probe = std::move(options.probe);
  return open_postgres_store(std::move(postgres));
}

}  // namespace eventcore
