#pragma once

/// \file
/// `http::AccessPolicy`: who may ask a server what.
///
///     auto token = http::AccessToken::from_file("/etc/shop/console.token");
///     if (!token) return token.error();
///     http::Server server({.listen = listen,
///                          .guard = http::AccessPolicy({.listen = listen, .read = *token})});
///
/// Health is open to everybody. Whoever reaches a loopback address may read and act there, as they
/// may read the store; elsewhere nothing is answered without a token. Browsers are kept from being
/// used against the server by pages of others: the `Host` must be an address or a known name (DNS
/// rebinding), and a request that changes something must be JSON of the same origin (CSRF). There
/// is no TLS: what leaves the host belongs behind a proxy, as docs/guide/console.md shows.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/http_message.hpp"
#include "eventcore/result.hpp"

namespace eventcore::http {

/// A bearer token of at least 128 bits. Thread-safety: Immutable.
class AccessToken {
 public:
  /// Takes letters, digits and `-._~+/=`, without white space around them. Errors: InvalidArgument
  /// (another character; or so short, or of so few different characters, that it holds no 128
  /// bits). The message never holds the token.
  [[nodiscard]] static Result<AccessToken> parse(std::string_view text);
  /// The token in the first line of a file. Errors: those of `parse`, Unavailable (can't be read).
  [[nodiscard]] static Result<AccessToken> from_file(const std::filesystem::path& path);
  /// The token in the environment's variable `name`. Errors: those of `parse`, InvalidArgument (not
  /// set).
  [[nodiscard]] static Result<AccessToken> from_variable(const char* name);

  /// The token of `file`; without one that of the variable, if it is set; else none. Errors: those
  /// of both; the message names file or variable.
  [[nodiscard]] static Result<std::optional<AccessToken>> find(const std::filesystem::path& file,
                                                               const char* variable);

  /// Takes as long for every text of a length.
  [[nodiscard]] bool matches(std::string_view text) const noexcept;

 private:
  explicit AccessToken(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// What a request needs.
enum class AccessLevel : std::uint8_t {
  Open,     ///< Nothing; not even a known `Host`.
  Read,     ///< One of the tokens, where there are any.
  Operate,  ///< The second token: it changes something, or shows what is stored.
};

/// Health is `Open`, GET and HEAD are `Read`, all else is `Operate`.
[[nodiscard]] AccessLevel access_level(const Request& request) noexcept;

/// Who may ask what.
struct AccessOptions {
  std::string listen;  ///< As in `ServerOptions`: on a loopback address tokens may be missing.
  std::optional<AccessToken> read = std::nullopt;
  std::optional<AccessToken> operate = std::nullopt;  ///< Good for reading too.
  /// Names by which the server is known, besides `localhost` and all addresses, where it asks for
  /// no token. In lower case.
  std::vector<std::string> hosts = {};
  AccessLevel (*level)(const Request& request) noexcept = &access_level;
  /// Told of each request that is refused, with the status; for an audit log. Must not throw.
  std::function<void(const Request&, std::uint16_t)> on_refused = nullptr;
};

/// A guard for a server. Thread-safety: Immutable.
class AccessPolicy {
 public:
  explicit AccessPolicy(AccessOptions options);

  /// The answer to a request that is refused: 401 or 403 (token), 421 (`Host`), 403 (origin), 415
  /// (not JSON); nothing for one that is served.
  [[nodiscard]] std::optional<Response> operator()(const Request& request) const;

  /// Whether `request` would be served if it needed `level`; apart from host and origin.
  [[nodiscard]] bool permits(const Request& request, AccessLevel level) const;
  /// Whether the server is reached from its own host alone.
  [[nodiscard]] bool is_loopback() const noexcept { return is_loopback_; }
  [[nodiscard]] bool has_token() const noexcept { return options_.read || options_.operate; }

 private:
  [[nodiscard]] std::optional<Response> refusal(const Request& request) const;
  [[nodiscard]] const std::optional<AccessToken>& token_for(AccessLevel level) const;
  [[nodiscard]] bool needs_token(AccessLevel level) const;
  [[nodiscard]] std::optional<Response> refuse_token(const Request& request,
                                                     AccessLevel level) const;
  [[nodiscard]] bool knows_host(std::string_view authority) const;

  AccessOptions options_;
  bool is_loopback_ = false;
};

}  // namespace eventcore::http
