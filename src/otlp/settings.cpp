#include "settings.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "eventcore/detail/trimmed.hpp"
#include "resource.hpp"
#include "state_report.hpp"

namespace eventcore::detail {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kVariable = "OTEL_EXPORTER_OTLP_";

Error invalid(std::string message) {
  return make_error(ErrorCode::InvalidArgument, "OTLP: " + std::move(message));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view without_space(std::string_view text) noexcept { return trimmed(text, " \t\r\n"); }

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned code = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(&text[i + 1], &text[i + 1] + 2, code, 16);
    if (error != std::errc{} || end != &text[i + 1] + 2) return std::nullopt;
    out += static_cast<char>(code);
    i += 2;
  }
  return out;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The variables of one signal.
class Variables {
 public:
  Variables(OtlpSignal signal, const Environment& environment,
            const std::function<void(std::string_view)>& report)
      : signal_(upper(to_string(signal))), environment_(environment), report_(report) {}

  /// The value of `name`; an empty one is as good as none.
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const {
    std::optional<std::string> value = environment_(name);
    if (!value) return std::nullopt;
    const std::string_view text = without_space(*value);
    if (text.empty()) return std::nullopt;
    return std::string(text);
  }
  /// The signal's own variable, such as `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`.
  [[nodiscard]] std::string own_name(std::string_view name) const {
    return std::string(kVariable) + signal_ + '_' + std::string(name);
  }
  [[nodiscard]] static std::string general_name(std::string_view name) {
    return std::string(kVariable) + std::string(name);
  }
  /// The signal's own variable, else the general one.
  [[nodiscard]] std::optional<std::string> either(std::string_view name) const {
    std::optional<std::string> own = get(own_name(name));
    return own ? own : get(general_name(name));
  }
  template <class Number>
  [[nodiscard]] std::optional<Number> number(std::string_view name) const {
    const std::optional<std::string> text = get(name);
    if (!text) return std::nullopt;
    const auto value = number_of<Number>(*text);
    if (!value) warn(name, "is no whole number");
    return value;
  }
  void warn(std::string_view name, std::string_view problem) const {
    report_("eventcore: " + std::string(name) + ' ' + std::string(problem) + "; it is passed over");
  }
  [[nodiscard]] const std::string& signal() const noexcept { return signal_; }

 private:
  const std::string signal_;
  const Environment& environment_;
  const std::function<void(std::string_view)>& report_;
};

/// Whether the variables say that the signal is not exported.
Result<bool> is_off(const Variables& variables) {
  if (const auto disabled = variables.get("OTEL_SDK_DISABLED");
      disabled && lower(*disabled) == "true") {
    return true;
  }
  const std::string name = "OTEL_" + variables.signal() + "_EXPORTER";
  const auto exporters = variables.get(name);
  if (!exporters || *exporters == "otlp") return false;
  if (*exporters == "none") return true;
  return invalid(name + "=" + *exporters + " is not supported: it is otlp or none");
}

/// The parts of a URL that matter here.
struct Url {
  std::string scheme;  // lower case; empty: not said
  std::string rest;    // behind the scheme
  int port = 0;        // 0: not said
  bool has_path = false;
};

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const std::size_t separator = text.find("://");
  if (separator != std::string_view::npos) {
    url.scheme = lower(text.substr(0, separator));
    text.remove_prefix(separator + 3);
  }
  url.rest = std::string(text);
  const std::size_t path = text.find_first_of("/?#");
  url.has_path = path != std::string_view::npos && text[path] == '/' && path + 1 < text.size();
  std::string_view host = text.substr(0, path);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    host.remove_prefix(at + 1);
  }
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const auto port = number_of<int>(host.substr(colon + 1));
    if (!port || *port < 1 || *port > 65'535) return std::nullopt;
    url.port = *port;
    host = host.substr(0, colon);
  }
  const bool has_space = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
  });
  if (host.empty() || has_space) return std::nullopt;
  return url;
}

struct Endpoint {
  std::string text;
  bool is_complete = false;  // the signal's own: its path is left as it is
};

std::optional<Endpoint> endpoint_of(const OtlpOptions& options, const Variables& variables) {
  if (const std::string_view text = without_space(options.endpoint); !text.empty()) {
    return Endpoint{std::string(text)};
  }
  if (auto own = variables.get(variables.own_name("ENDPOINT"))) return Endpoint{*own, true};
  if (auto general = variables.get(Variables::general_name("ENDPOINT"))) return Endpoint{*general};
  return std::nullopt;
}

Result<OtlpProtocol> protocol_of(const OtlpOptions& options, const Variables& variables,
                                 const Url& url) {
  if (options.protocol) return *options.protocol;
  if (const auto text = variables.either("PROTOCOL")) {
    if (*text == "http/protobuf") return OtlpProtocol::HttpProtobuf;
    if (*text == "grpc") return OtlpProtocol::Grpc;
    return invalid("the protocol " + *text + " is not supported: it is http/protobuf or grpc");
  }
  constexpr int kGrpcPort = 4317;
  return url.port == kGrpcPort && options.grpc != nullptr ? OtlpProtocol::Grpc
                                                          : OtlpProtocol::HttpProtobuf;
}

/// Puts the signal's path behind a base URL, unless it is there.
std::string http_url(const Url& url, const Endpoint& endpoint, OtlpSignal signal) {
  std::string text = (url.scheme.empty() ? "http" : url.scheme) + "://" + url.rest;
  if (endpoint.is_complete) return url.has_path || text.back() == '/' ? text : text + '/';
  const std::string path = "v1/" + std::string(to_string(signal));
  if (text.ends_with('/' + path)) return text;
  if (text.back() != '/') text += '/';
  return text + path;
}

/// Scheme, host and port; what follows means nothing to gRPC.
std::string grpc_url(const Url& url, const Variables& variables) {
  std::string scheme = url.scheme;
  if (scheme.empty()) {
    const auto insecure = variables.either("INSECURE");
    scheme = insecure && lower(*insecure) == "true" ? "http" : "https";
  }
  return scheme + "://" + url.rest.substr(0, url.rest.find_first_of("/?#"));
}

Result<void> set_address(OtlpTarget& target, const OtlpOptions& options, const Variables& variables,
                         const Endpoint& endpoint) {
  const std::optional<Url> url = parse_url(endpoint.text);
  const std::string shown = without_credentials(endpoint.text);
  if (!url) return invalid("'" + shown + "' is no endpoint such as http://localhost:4318");
  if (!url->scheme.empty() && url->scheme != "http" && url->scheme != "https") {
    return invalid("the endpoint " + shown + " does not begin with http:// or https://");
  }
  const Result<OtlpProtocol> protocol = protocol_of(options, variables, *url);
  if (!protocol) return protocol.error();
  target.protocol = *protocol;
  const bool is_grpc = *protocol == OtlpProtocol::Grpc;
  if (is_grpc && options.grpc == nullptr) {
    return invalid(
        "the protocol grpc needs the component eventcore::otlp_grpc and "
        "OtlpOptions::grpc = &make_otlp_grpc_transport; http/protobuf needs neither");
  }
  target.url = is_grpc ? grpc_url(*url, variables) : http_url(*url, endpoint, target.signal);
  return {};
}

bool same_name(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

/// The variables' headers, then the options', which replace those of the same name.
std::vector<OtlpHeader> headers_of(const OtlpOptions& options, const Variables& variables) {
  std::vector<OtlpHeader> headers;
  const auto put = [&](const std::string& name, const std::string& value) {
    std::erase_if(headers, [&](const OtlpHeader& one) { return same_name(one.name, name); });
    headers.push_back({lower(name), value});
  };
  const std::string own = variables.own_name("HEADERS");
  const std::string name = variables.get(own) ? own : Variables::general_name("HEADERS");
  if (const auto text = variables.get(name)) {
    const auto pairs = parse_pairs(*text);
    if (!pairs) variables.warn(name, "is not of the form name=value,name=value");
    for (const auto& [key, value] : pairs.value_or(decltype(pairs)::value_type{})) put(key, value);
  }
  for (const OtlpHeader& header : options.headers) put(header.name, header.value);
  // What would end a header early would let a value write others.
  std::erase_if(headers, [](const OtlpHeader& header) {
    const std::string both = header.name + header.value;
    return header.name.empty() || both.find_first_of(std::string_view("\r\n\0", 3)) != both.npos;
  });
  return headers;
}

Result<bool> gzip_of(const OtlpOptions& options, const Variables& variables) {
  if (options.gzip) return *options.gzip;
  const auto text = variables.either("COMPRESSION");
  if (!text || *text == "none") return false;
  if (*text == "gzip") return true;
  return invalid("the compression " + *text + " is not supported: it is gzip or none");
}

std::string or_variable(const std::string& option, const Variables& variables,
                        std::string_view name) {
  return option.empty() ? variables.either(name).value_or("") : option;
}

void set_batches(OtlpSettings& settings, OtlpSignal signal, const OtlpOptions& options,
                 const Variables& variables) {
  // Standard names, standard defaults but for the queue: 2,048 encoded spans would be 10 ms of
  // load.
  constexpr std::size_t kQueueMax = 16'384;
  constexpr std::size_t kBatchMax = 512;
  const bool is_traces = signal == OtlpSignal::Traces;
  const std::string prefix = is_traces ? "OTEL_BSP_" : "OTEL_BLRP_";
  const auto size = [&](const std::optional<std::size_t>& option, const char* name,
                        std::size_t fallback) {
    std::optional<std::size_t> value =
        option ? option : variables.number<std::size_t>(prefix + name);
    if (value && *value == 0) {
      if (!option) variables.warn(prefix + name, "is 0");
      value.reset();
    }
    return value.value_or(fallback);
  };
  settings.queue_max = size(options.queue_max, "MAX_QUEUE_SIZE", kQueueMax);
  settings.batch_max =
      std::min(size(options.batch_max, "MAX_EXPORT_BATCH_SIZE", kBatchMax), settings.queue_max);
  const auto delay =
      options.delay ? options.delay
                    : milliseconds_of([&](std::string_view name) { return variables.get(name); },
                                      prefix + "SCHEDULE_DELAY", settings.report);
  settings.delay = delay.value_or(milliseconds(is_traces ? 5'000 : 1'000));
  settings.queue_bytes_max = options.queue_bytes_max;
  settings.retry_min = std::max(options.retry_min, milliseconds(1));
  settings.retry_max = std::max(options.retry_max, settings.retry_min);
  settings.exit_timeout = options.exit_timeout;
}

milliseconds timeout_of(OtlpSignal signal, const OtlpOptions& options, const Variables& variables,
                        const std::function<void(std::string_view)>& report) {
  if (options.timeout) return *options.timeout;
  const Environment get = [&](std::string_view name) { return variables.get(name); };
  std::optional<milliseconds> timeout;
  const std::string own = variables.own_name("TIMEOUT");
  for (const std::string& name :
       {own, Variables::general_name("TIMEOUT"),
        std::string(signal == OtlpSignal::Traces    ? "OTEL_BSP_EXPORT_TIMEOUT"
                    : signal == OtlpSignal::Metrics ? "OTEL_METRIC_EXPORT_TIMEOUT"
                                                    : "OTEL_BLRP_EXPORT_TIMEOUT")}) {
    if (!timeout) timeout = milliseconds_of(get, name, report);
  }
  return timeout.value_or(milliseconds(10'000));
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

std::optional<milliseconds> milliseconds_of(const Environment& environment, std::string_view name,
                                            const std::function<void(std::string_view)>& report) {
  const std::optional<std::string> text = environment(name);
  if (!text || without_space(*text).empty()) return std::nullopt;
  const auto value = number_of<std::int64_t>(without_space(*text));
  // A day: anything longer is a mistake, and far from overflowing.
  constexpr std::int64_t kMax = std::int64_t{24} * 3'600 * 1'000;
  if (value && *value > 0 && *value <= kMax) return milliseconds(*value);
  report("eventcore: " + std::string(name) + " is no number of milliseconds; it is passed over");
  return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = without_space(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    auto key = percent_decoded(without_space(part.substr(0, equals)));
    auto value = percent_decoded(without_space(part.substr(equals + 1)));
    if (!key || !value || key->empty()) return std::nullopt;
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return pairs;
}

std::string without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  std::string shown(url.substr(0, std::min(url.find_first_of("?#"), url.size())));
  if (at != std::string_view::npos && at >= begin) shown.erase(begin, at + 1 - begin);
  return shown;
}

Result<std::optional<OtlpSettings>> resolve(OtlpSignal signal, const OtlpOptions& options,
                                            const Environment& environment) {
  OtlpSettings settings;
  settings.report = options.report ? options.report : write_to_stderr;
  const Variables variables(signal, environment, settings.report);
  const std::optional<Endpoint> endpoint = endpoint_of(options, variables);
  if (!endpoint) return std::optional<OtlpSettings>{};
  const Result<bool> off = is_off(variables);
  if (!off) return off.error();
  if (*off) return std::optional<OtlpSettings>{};

  OtlpTarget& target = settings.target;
  target.signal = signal;
  if (const auto set = set_address(target, options, variables, *endpoint); !set) {
    return set.error();
  }
  const Result<bool> gzip = gzip_of(options, variables);
  if (!gzip) return gzip.error();
  target.gzip = *gzip;
  target.headers = headers_of(options, variables);
  target.timeout = timeout_of(signal, options, variables, settings.report);
  target.ca_file = or_variable(options.ca_file, variables, "CERTIFICATE");
  target.certificate_file = or_variable(options.certificate_file, variables, "CLIENT_CERTIFICATE");
  target.key_file = or_variable(options.key_file, variables, "CLIENT_KEY");
  settings.transport =
      target.protocol == OtlpProtocol::Grpc ? options.grpc : &make_otlp_http_transport;
  settings.resource = resource_of(options, environment, settings.report);
  set_batches(settings, signal, options, variables);
  return std::optional<OtlpSettings>{std::move(settings)};
}

}  // namespace eventcore::detail
