#include "http_client.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "../../otlp/curl_transfer.hpp"
#include "eventcore/store_url.hpp"

namespace eventcore::cli {
namespace {

using detail::CurlBody;

Error unavailable(const std::string& what) { return make_error(ErrorCode::Unavailable, what); }

}  // namespace

struct HttpClient::State {
  explicit State(HttpClientOptions given) : options(std::move(given)) {
    // Thread-safe since curl 7.84.
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi.reset(curl_multi_init());
    easy.reset(curl_easy_init());
    if (!easy || !multi) return;
    if (!options.bearer_token.empty()) {
      headers.reset(
          curl_slist_append(nullptr, ("Authorization: Bearer " + options.bearer_token).c_str()));
      set(CURLOPT_HTTPHEADER, headers.get());
    }
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs is not waited for at the end
    set(CURLOPT_USERAGENT, "eventcore");
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    set(CURLOPT_WRITEFUNCTION, &detail::take_curl_body);
  }
  ~State() {
    if (easy && multi) curl_multi_remove_handle(multi.get(), easy.get());
  }

  template <class Value>
  void set(CURLoption option, Value value) noexcept {
    curl_easy_setopt(easy.get(), option, value);
  }

  /// Runs the transfer; nothing if it was stopped.
  std::optional<CURLcode> transfer(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
    return detail::run_transfer(multi.get(), [&] { return stop.stop_requested(); });
  }

  const HttpClientOptions options;
  detail::CurlList headers;
  detail::CurlMulti multi;
  detail::CurlEasy easy;
};

HttpClient::HttpClient(HttpClientOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::get(const std::string& url, const std::stop_token& stop) {
  if (!state_->easy || !state_->multi) return unavailable("no memory for a request");
  CurlBody body{.bytes_max = state_->options.body_bytes_max};
  std::array<char, CURL_ERROR_SIZE> problem{};
  state_->set(CURLOPT_URL, url.c_str());
  state_->set(CURLOPT_WRITEDATA, &body);
  state_->set(CURLOPT_ERRORBUFFER, problem.data());
  curl_multi_add_handle(state_->multi.get(), state_->easy.get());
  const std::optional<CURLcode> result = state_->transfer(stop);
  curl_multi_remove_handle(state_->multi.get(), state_->easy.get());
  state_->set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  if (!result) return make_error(ErrorCode::Cancelled, "stopped");
  const std::string where = redact_secrets(url) + ": ";
  if (body.is_too_long) {
    return unavailable(where + "the answer is longer than " +
                       std::to_string(state_->options.body_bytes_max >> 20) + " MiB");
  }
  if (*result == CURLE_OPERATION_TIMEDOUT) {
    return unavailable(where + "no answer within " +
                       std::to_string(state_->options.timeout.count()) + " ms");
  }
  if (*result != CURLE_OK) {
    return unavailable(where + (problem[0] != '\0' ? problem.data() : curl_easy_strerror(*result)));
  }
  HttpReply reply{.body = std::move(body.text)};
  curl_easy_getinfo(state_->easy.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

Result<std::string> with_path(const std::string& url, const std::string& path) {
  const auto bad = [&](const std::string& why) {
    // The text behind a URL may be taken for a part of it, and hidden.
    return make_error(
        ErrorCode::InvalidArgument,
        "no URL of a service, as http://127.0.0.1:9464 is one" + why + ": " + redact_secrets(url));
  };
  const detail::CurlUrl parsed(curl_url());
  if (!parsed) return unavailable("no memory for a URL");
  if (const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
      code != CURLUE_OK) {
    return bad(std::string(": ") + curl_url_strerror(code));
  }
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string result;
    if (curl_url_get(parsed.get(), which, &text, 0) == CURLUE_OK) result = text;
    curl_free(text);
    return result;
  };
  const std::string scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return bad(": it does not begin with http://");
  if (part(CURLUPART_PATH) == "/") curl_url_set(parsed.get(), CURLUPART_PATH, path.c_str(), 0);
  return part(CURLUPART_URL);
}

}  // namespace eventcore::cli
