#include "eventcore/store_url.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "eventcore/memory_store.hpp"

namespace eventcore {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kForms = "use memory:, sqlite:PATH or postgres://USER@HOST/DATABASE";

Error bad_url(std::string message) {
  return make_error(ErrorCode::InvalidArgument, "bad store URL: " + std::move(message));
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i != a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// The end of the word that begins at `begin`: a URL holds no white space.
std::size_t word_end(std::string_view text, std::size_t begin) {
  while (begin != text.size() && !is_space(text[begin])) ++begin;
  return begin;
}

/// The first place at or behind `from` where user and password may begin: behind `://`, or behind
/// the scheme of a PostgreSQL URL that lacks the slashes.
std::size_t find_user_info(std::string_view text, std::size_t from) {
  std::size_t found = std::string_view::npos;
  for (const std::string_view mark : {"://", "postgres:", "postgresql:"}) {
    const std::size_t at = text.find(mark, from);
    if (at != std::string_view::npos) found = std::min(found, at + mark.size());
  }
  return found;
}

/// Replaces `user:password@` of each URL by `user:***@`. A password may hold any character, also
/// `/` and `@` that should have been escaped: the last `@` of the word counts.
std::string redact_user_info(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t begin = find_user_info(text, 0); begin != std::string_view::npos;
       begin = find_user_info(text, done)) {
    if (text.substr(begin).starts_with("//")) begin += 2;
    const std::size_t end = word_end(text, begin);
    out += text.substr(done, begin - done);
    const std::string_view word = text.substr(begin, end - begin);
    const std::size_t at = word.rfind('@');
    const std::size_t colon = word.find(':');
    if (at != std::string_view::npos && colon < at) {
      out += word.substr(0, colon + 1);
      out += kHidden;
      out += word.substr(at);
    } else {
      out += word;
    }
    done = end;
  }
  return out += text.substr(done);
}

/// The value at the beginning of `text`: quoted, or up to a separator.
std::size_t value_end(std::string_view text) {
  if (!text.empty() && (text.front() == '\'' || text.front() == '"')) {
    for (std::size_t i = 1; i != text.size(); ++i) {
      if (text[i] == '\\' && i + 1 != text.size()) {
        ++i;
      } else if (text[i] == text.front()) {
        return i + 1;
      }
    }
    return text.size();
  }
  std::size_t end = 0;
  while (end != text.size() && text[end] != '&' && !is_space(text[end])) ++end;
  return end;
}

/// Replaces the values of `password=…`, `sslpassword=…` and the like.
std::string redact_parameters(std::string_view text) {
  constexpr std::string_view kName = "password";
  std::string out;
  std::size_t i = 0;
  while (i != text.size()) {
    if (!equals_ignoring_case(text.substr(i, kName.size()), kName)) {
      out += text[i++];
      continue;
    }
    out += text.substr(i, kName.size());
    i += kName.size();
    std::size_t sign = i;
    while (sign != text.size() && is_space(text[sign])) ++sign;
    if (sign == text.size() || text[sign] != '=') continue;
    ++sign;
    while (sign != text.size() && is_space(text[sign])) ++sign;
    out += text.substr(i, sign - i);
    out += kHidden;
    i = sign + value_end(text.substr(sign));
  }
  return out;
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
  if (colon != std::string_view::npos) {
    return bad_url("unknown scheme '" + std::string(text.substr(0, colon)) + "'; " +
                   std::string(kForms));
  }
  // Text with `=` or `@` may be a connection string with a password: it is not repeated.
  if (text.empty() || text.find_first_of("=@ ") != std::string_view::npos) {
    return bad_url("it has no scheme; " + std::string(kForms));
  }
  return bad_url("'" + std::string(text) +
                 "' has no scheme; for a file write sqlite:" + std::string(text));
}

}  // namespace

std::string redact_passwords(std::string_view text) {
  return redact_parameters(redact_user_info(text));
}

Result<StoreUrl> StoreUrl::parse_sqlite(std::string_view rest) {
  const std::size_t mark = rest.find('?');
  std::string_view path = rest.substr(0, mark);
  if (path.starts_with("///")) path.remove_prefix(2);
  if (path.starts_with("//")) {
    return bad_url("sqlite: takes a path, not a host; write sqlite:" + std::string(path.substr(2)) +
                   " or sqlite:///ABSOLUTE/PATH");
  }
  if (path.empty()) return bad_url("sqlite: needs a path, as in sqlite:shop.db");
  if (path.find('\0') != std::string_view::npos) return bad_url("the path holds a NUL");

  StoreUrl url(Backend::Sqlite);
  url.path_ = std::filesystem::path(path);
  url.redacted_ = "sqlite:" + std::string(path);
  if (mark == std::string_view::npos) return url;

  std::string_view query = rest.substr(mark + 1);
  url.redacted_ += redact_passwords("?" + std::string(query));
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

Result<StoreUrl> StoreUrl::parse(std::string_view text) {
  if (text.starts_with("sqlite:")) return parse_sqlite(text.substr(7));
  if (text.starts_with("memory:")) {
    if (text != "memory:") return bad_url("nothing follows memory:");
    StoreUrl url(Backend::Memory);
    url.redacted_ = text;
    return url;
  }
  if (text.starts_with("postgres://") || text.starts_with("postgresql://")) {
    StoreUrl url(Backend::Postgres);
    url.redacted_ = redact_passwords(text);
    return url;
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
  return make_error(ErrorCode::InvalidArgument,
                    "the PostgreSQL store is not built in yet: " + url.redacted());
}

}  // namespace eventcore
