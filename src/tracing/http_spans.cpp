#include "eventcore/tracing/http_spans.hpp"

#include <algorithm>
#include <charconv>

namespace eventcore {
namespace {

constexpr std::string_view kRedacted = "REDACTED";

void set_status(Span& span, std::uint16_t status, std::uint16_t errors_from) noexcept {
  span.attribute("http.response.status_code", status);
  if (status < errors_from) return;
  char text[6];
  const auto end = std::to_chars(text, text + sizeof text, status);
  span.attribute("error.type", std::string_view(text, static_cast<std::size_t>(end.ptr - text)));
  span.status(SpanStatus::Error);
}

/// The part of an absolute URL between scheme and path.
std::string_view authority_of(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const std::size_t at = url.rfind('@');
  return at == std::string_view::npos ? url : url.substr(at + 1);
}

void set_server(Span& span, std::string_view authority) noexcept {
  const std::size_t bracket = authority.rfind(']');  // of an IPv6 address
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  span.attribute("server.address", authority.substr(0, has_port ? colon : authority.size()));
  if (!has_port) return;
  const std::string_view digits = authority.substr(colon + 1);
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (parsed.ec == std::errc{}) span.attribute("server.port", port);
}

}  // namespace

std::string redact_target(std::string_view target) {
  std::string out;
  const std::size_t scheme = target.find("://");
  const std::size_t path =
      target.find_first_of("/?#", scheme == std::string_view::npos ? 0 : scheme + 3);
  if (scheme != std::string_view::npos) {
    const std::size_t at = target.substr(0, path).rfind('@');
    if (at != std::string_view::npos && at > scheme) {
      out.append(target.substr(0, scheme + 3)).append(kRedacted);
      target.remove_prefix(at);
    }
  }
  const std::size_t question = target.find('?');
  out.append(target.substr(0, question));
  if (question == std::string_view::npos) return out;
  std::string_view query = target.substr(question + 1);
  query = query.substr(0, query.find('#'));
  char separator = '?';
  for (bool more = true; more; separator = '&') {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    out.append(1, separator);
    // What has no name is a value.
    if (equals != std::string_view::npos) out.append(pair.substr(0, equals + 1));
    if (!pair.empty()) out.append(kRedacted);
    more = end != std::string_view::npos;
    query = more ? query.substr(end + 1) : std::string_view{};
  }
  return out;
}

HttpServerSpan::HttpServerSpan(const HttpRequestView& request, const HeaderValues& headers)
    : context_(extract_context(headers)),
      scope_(context_),
      span_("http_request", {.kind = SpanKind::Server,
                             .parent = &context_.trace,
                             .parent_is_remote = true,
                             .trace_state = context_.state.header()}) {
  if (!span_.is_recording()) return;
  const std::string uri = redact_target(request.target);
  const std::size_t question = std::min(uri.find('?'), uri.size());
  span_.attribute("method", request.method).attribute("uri", uri);
  span_.attribute("version", request.version);
  span_.attribute("http.request.method", request.method);
  span_.attribute("url.scheme", request.scheme);
  span_.attribute("url.path", std::string_view(uri).substr(0, question));
  if (question < uri.size()) {
    span_.attribute("url.query", std::string_view(uri).substr(question + 1));
  }
  span_.attribute("network.protocol.version", request.version);
  if (!request.route.empty()) span_.attribute("http.route", request.route);
  if (!request.peer.empty()) span_.attribute("network.peer.address", request.peer);
}

void HttpServerSpan::response(std::uint16_t status) noexcept { set_status(span_, status, 500); }

void HttpServerSpan::fail(std::string_view error_type) noexcept {
  span_.attribute("error.type", error_type).status(SpanStatus::Error);
}

HttpClientSpan::HttpClientSpan(std::string_view method, std::string_view url,
                               const SetHeader& set_header)
    : span_("http_client", {.kind = SpanKind::Client}) {
  inject_context(set_header);
  if (!span_.is_recording()) return;
  span_.attribute("http.request.method", method).attribute("url.full", redact_target(url));
  set_server(span_, authority_of(url));
}

void HttpClientSpan::response(std::uint16_t status) noexcept { set_status(span_, status, 400); }

}  // namespace eventcore
