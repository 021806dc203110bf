#pragma once

// What every transfer with libcurl's multi interface needs. For sources that see curl anyway.

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace eventcore::detail {

template <auto Free>
struct FreeCurl {
  template <class Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};
using CurlEasy = std::unique_ptr<CURL, FreeCurl<curl_easy_cleanup>>;
using CurlMulti = std::unique_ptr<CURLM, FreeCurl<curl_multi_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, FreeCurl<curl_slist_free_all>>;
using CurlUrl = std::unique_ptr<CURLU, FreeCurl<curl_url_cleanup>>;

/// What a transfer has brought: for `CURLOPT_WRITEDATA`, with `take_curl_body`.
struct CurlBody {
  std::size_t bytes_max = 0;
  std::string text = {};
  bool is_too_long = false;
};

/// For `CURLOPT_WRITEFUNCTION`. Ends a transfer that is too long, or for which there is no memory.
inline std::size_t take_curl_body(char* data, std::size_t, std::size_t size,
                                  void* pointer) noexcept {
  auto& body = *static_cast<CurlBody*>(pointer);
  if (body.text.size() + size > body.bytes_max) {
    body.is_too_long = true;
    return 0;
  }
  try {
    body.text.append(data, size);
  } catch (...) {
    return 0;
  }
  return size;
}

/// Runs the one transfer of `multi`; nothing if it was stopped. Who wants that lets `is_stopped()`
/// be true and calls `curl_multi_wakeup`.
template <class IsStopped>
std::optional<CURLcode> run_transfer(CURLM* multi, const IsStopped& is_stopped) noexcept {
  constexpr int kPollMs = 1'000;
  while (!is_stopped()) {
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi, &left)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    if (running == 0) return CURLE_FAILED_INIT;
    curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
  }
  return std::nullopt;
}

}  // namespace eventcore::detail
