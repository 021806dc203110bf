#include "negotiation.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "eventcore/detail/trimmed.hpp"
#include "eventcore/observability/openmetrics_text.hpp"
#include "eventcore/observability/prometheus_protobuf.hpp"

namespace eventcore::observability::detail {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// Takes what stands before the next `separator` outside of quotes off `rest`.
std::string_view take(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (rest[end] == '\\' && quoted) ++end;
  }
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return eventcore::detail::trimmed(taken);
}

/// One element of a header: what is accepted, how, and how much.
struct Choice {
  std::string_view value;
  std::string_view version;
  std::string_view proto;
  std::string_view encoding;
  double q = 1;
};

std::optional<double> parse_q(std::string_view text) {
  double q = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), q);
  const bool good = error == std::errc{} && end == text.data() + text.size() && q >= 0 && q <= 1;
  if (!good) return std::nullopt;
  return q;
}

/// Nothing if its `q` is no number from 0 to 1.
std::optional<Choice> parse_choice(std::string_view element) {
  Choice choice;
  choice.value = take(element, ';');
  while (!element.empty()) {
    std::string_view value = take(element, ';');
    const std::string_view name = take(value, '=');
    value = eventcore::detail::trimmed(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (same_word(name, "q")) {
      const std::optional<double> q = parse_q(value);
      if (!q) return std::nullopt;
      choice.q = *q;
    } else if (same_word(name, "version")) {
      choice.version = value;
    } else if (same_word(name, "proto")) {
      choice.proto = value;
    } else if (same_word(name, "encoding")) {
      choice.encoding = value;
    }
  }
  return choice;
}

std::optional<PageFormat> format_of(const Choice& choice) {
  const auto is = [&](std::string_view type) { return same_word(choice.value, type); };
  const bool any_version = choice.version.empty();
  if (is("application/openmetrics-text")) {
    if (any_version || choice.version == "1.0.0") return PageFormat::OpenMetrics;
    if (choice.version == "0.0.1") return PageFormat::OpenMetrics001;
  } else if (is("application/vnd.google.protobuf")) {
    if (choice.proto == "io.prometheus.client.MetricFamily" &&
        same_word(choice.encoding, "delimited")) {
      return PageFormat::Protobuf;
    }
  } else if (is("text/plain")) {
    if (any_version || choice.version == "0.0.4") return PageFormat::PrometheusText;
  } else if (is("*/*") || is("text/*")) {
    return PageFormat::PrometheusText;
  } else if (is("application/*")) {
    return PageFormat::OpenMetrics;
  }
  return std::nullopt;
}

}  // namespace

std::string_view content_type(PageFormat format) noexcept {
  switch (format) {
    case PageFormat::OpenMetrics:
      return kOpenMetricsTextType;
    case PageFormat::OpenMetrics001:
      return "application/openmetrics-text; version=0.0.1; charset=utf-8";
    case PageFormat::Protobuf:
      return kPrometheusProtobufType;
    case PageFormat::PrometheusText:
      break;
  }
  return kPrometheusTextType;
}

PageFormat negotiate_format(std::string_view accept) {
  PageFormat best = PageFormat::PrometheusText;
  double best_q = 0;
  while (!accept.empty()) {
    const std::optional<Choice> choice = parse_choice(take(accept, ','));
    if (!choice || choice->q <= best_q) continue;
    const std::optional<PageFormat> format = format_of(*choice);
    if (!format) continue;
    best = *format;
    best_q = choice->q;
  }
  return best;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  double any = 0;
  while (!accept_encoding.empty()) {
    const std::optional<Choice> choice = parse_choice(take(accept_encoding, ','));
    if (!choice) continue;
    if (same_word(choice->value, "gzip") || same_word(choice->value, "x-gzip")) {
      gzip = std::max(gzip.value_or(0), choice->q);
    } else if (choice->value == "*") {
      any = choice->q;
    }
  }
  return gzip.value_or(any) > 0;
}

}  // namespace eventcore::observability::detail
