#include <algorithm>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "eventcore/http_access.hpp"
#include "wire_text.hpp"

namespace eventcore::http {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// An address as `Host` has it, without brackets; nothing for a name.
std::optional<boost::asio::ip::address> address_of(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(std::string(host), error);
  return error ? std::nullopt : std::optional(std::move(address));
}

bool listens_on_loopback(const std::string& listen) {
  const auto parsed = detail::parse_listen_address(listen);
  if (!parsed) return false;
  const auto address = address_of(parsed->host);
  return address && address->is_loopback();
}

/// `host` of `host:port`.
std::string_view without_port(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority;
  if (bracket != std::string_view::npos && colon < bracket) return authority;
  return authority.substr(0, colon);
}

/// The token behind `Bearer`; empty if there is none.
std::string_view bearer_of(const Request& request) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view value = request.header("Authorization").value_or("");
  if (lower_case(value.substr(0, kScheme.size())) != kScheme) return {};
  std::string_view token = value.substr(kScheme.size());
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  return token;
}

std::size_t count_of(const Request& request, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(request.headers.begin(), request.headers.end(),
                    [&](const Header& header) { return lower_case(header.name) == name; }));
}

bool is_safe_method(Method method) {
  return method == Method::Get || method == Method::Head || method == Method::Options;
}

bool is_json(const Request& request) {
  std::string type = lower_case(request.header("Content-Type").value_or(""));
  type.resize(std::min(type.find(';'), type.size()));
  while (type.ends_with(' ')) type.pop_back();
  return type == "application/json";
}

/// Other pages can send requests through the browser of somebody who may act; the browser says so.
bool is_of_other_origin(const Request& request) {
  const std::optional<std::string_view> site = request.header("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") return true;
  const std::optional<std::string_view> origin = request.header("Origin");
  if (!origin) return false;
  const std::string host = lower_case(request.header("Host").value_or(""));
  const std::string from = lower_case(*origin);
  return from != "http://" + host && from != "https://" + host;
}

}  // namespace

AccessLevel access_level(const Request& request) noexcept {
  const bool reads = request.method == Method::Get || request.method == Method::Head;
  if (!reads) return AccessLevel::Operate;
  const std::string_view path = request.path;
  return path == "/health" || path.starts_with("/health/") ? AccessLevel::Open : AccessLevel::Read;
}

AccessPolicy::AccessPolicy(AccessOptions options)
    : options_(std::move(options)), is_loopback_(listens_on_loopback(options_.listen)) {}

bool AccessPolicy::knows_host(std::string_view authority) const {
  const std::string host = lower_case(without_port(authority));
  return host == "localhost" || address_of(host) ||
         std::find(options_.hosts.begin(), options_.hosts.end(), host) != options_.hosts.end();
}

bool AccessPolicy::permits(const Request& request, AccessLevel level) const {
  return !refuse_token(request, level);
}

const std::optional<AccessToken>& AccessPolicy::token_for(AccessLevel level) const {
  return level == AccessLevel::Operate ? options_.operate : options_.read;
}

bool AccessPolicy::needs_token(AccessLevel level) const {
  return level != AccessLevel::Open && (token_for(level) || !is_loopback_);
}

std::optional<Response> AccessPolicy::refuse_token(const Request& request,
                                                   AccessLevel level) const {
  if (!needs_token(level)) return std::nullopt;
  const std::optional<AccessToken>& needed = token_for(level);
  const std::string_view token = bearer_of(request);
  const bool is_one = count_of(request, "authorization") == 1;
  if (is_one && options_.operate && options_.operate->matches(token)) return std::nullopt;
  const bool reads = is_one && options_.read && options_.read->matches(token);
  if (reads && level == AccessLevel::Read) return std::nullopt;
  if (!needed) {
    return problem(403, level == AccessLevel::Operate
                            ? "The server has no token for this, so nobody may do it from here."
                            : "The server has no token, so it shows nothing but health from here.");
  }
  if (reads) return problem(403, "This takes the second token.");
  Response refused = problem(401, token.empty() ? "This takes a token." : "The token is wrong.");
  refused.headers.push_back({"WWW-Authenticate", token.empty() ? "Bearer realm=\"eventcore\""
                                                               : "Bearer realm=\"eventcore\", "
                                                                 "error=\"invalid_token\""});
  return refused;
}

std::optional<Response> AccessPolicy::refusal(const Request& request) const {
  const AccessLevel level = options_.level(request);
  if (level == AccessLevel::Open) return std::nullopt;
  // Who has a token is no page that a browser was lured to by a name of its own.
  if (!needs_token(level) && !knows_host(request.header("Host").value_or(""))) {
    return problem(421, "The server does not go by this name.");
  }
  // A target that is a URL has a host of its own.
  if (!request.target.starts_with('/')) return problem(400, "The target must be a path.");
  if (!is_safe_method(request.method)) {
    if (is_of_other_origin(request)) return problem(403, "The request comes from another site.");
    if (!is_json(request)) return problem(415, "The body must be application/json.");
  }
  return refuse_token(request, level);
}

std::optional<Response> AccessPolicy::operator()(const Request& request) const {
  std::optional<Response> refused = refusal(request);
  if (refused && options_.on_refused) options_.on_refused(request, refused->status);
  return refused;
}

}  // namespace eventcore::http
