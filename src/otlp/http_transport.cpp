// OTLP over HTTP with libcurl.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include "../observability/gzip.hpp"
#include "curl_transfer.hpp"
#include "eventcore/otlp/otlp_transport.hpp"
#include "reply_body.hpp"

namespace eventcore {
namespace {

using std::chrono::milliseconds;

/// An answer is a few bytes; more than this is none of a collector.
constexpr std::size_t kAnswerMax = std::size_t{64} << 10;
constexpr curl_socket_t kNoSocket = CURL_SOCKET_BAD;

using detail::CurlBody;

class HttpTransport final : public OtlpTransport {
 public:
  explicit HttpTransport(OtlpTarget target) : target_(std::move(target)) {
    // Thread-safe since curl 7.84.
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (auto& socket : sockets_) socket.store(kNoSocket, std::memory_order_relaxed);
    multi_.reset(curl_multi_init());
  }
  ~HttpTransport() override {
    if (easy_ && multi_) curl_multi_remove_handle(multi_.get(), easy_.get());
  }

  OtlpReply send(std::string_view request, Deadline deadline) override {
    if (!multi_ || (!easy_ && !set_up())) return {.message = "no memory for a request"};
    std::string packed;
    if (target_.gzip) {
      auto zipped = observability::detail::gzip(request);
      if (!zipped) return {.message = "no memory for compression"};
      packed = std::move(*zipped);
      request = packed;
    }
    CurlBody answer{.bytes_max = kAnswerMax};
    std::array<char, CURL_ERROR_SIZE> problem{};
    const milliseconds limit = time_left(deadline);
    if (limit <= milliseconds::zero()) return {.message = "no time is left"};
    set(CURLOPT_POSTFIELDS, request.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.size()));
    set(CURLOPT_WRITEDATA, &answer);
    set(CURLOPT_ERRORBUFFER, problem.data());
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
    curl_multi_add_handle(multi_.get(), easy_.get());
    const std::optional<CURLcode> result = detail::run_transfer(
        multi_.get(), [&] { return interrupted_.load(std::memory_order_relaxed); });
    curl_multi_remove_handle(multi_.get(), easy_.get());
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
    if (!result) return {.message = "interrupted"};
    return reply_to(*result, answer, problem.data(), limit);
  }

  void interrupt() noexcept override {
    interrupted_.store(true, std::memory_order_relaxed);
    if (multi_) curl_multi_wakeup(multi_.get());
  }

  void abandon() noexcept override {
    // Not through curl, which would say goodbye on the parent's connections.
    for (auto& socket : sockets_) {
      if (const curl_socket_t open = socket.load(std::memory_order_relaxed); open != kNoSocket) {
        ::close(open);
      }
    }
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) noexcept {
    curl_easy_setopt(easy_.get(), option, value);
  }

  [[nodiscard]] milliseconds time_left(Deadline deadline) const noexcept {
    if (deadline.is_never()) return target_.timeout;
    return std::min(target_.timeout, std::chrono::duration_cast<milliseconds>(
                                         deadline.at - std::chrono::steady_clock::now()));
  }

  bool set_up() {
    easy_.reset(curl_easy_init());
    if (!easy_) return false;
    for (const OtlpHeader& header : target_.headers) add_header(header.name, header.value);
    add_header("content-type", "application/x-protobuf");
    if (target_.gzip) add_header("content-encoding", "gzip");
    add_header("user-agent", "OTel-OTLP-Exporter-EventCore/" EVENTCORE_VERSION);
    add_line("expect:");  // a large body does not wait for permission
    set(CURLOPT_URL, target_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_POST, 1L);
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_NOSIGNAL, 1L);
    // A name server that hangs is not waited for at the end.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_WRITEFUNCTION, &detail::take_curl_body);
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpTransport::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_CLOSESOCKETFUNCTION, &HttpTransport::close_socket);
    set(CURLOPT_CLOSESOCKETDATA, this);
    // Headers hold keys: a redirection must not carry them elsewhere. curl's default, but said.
    set(CURLOPT_FOLLOWLOCATION, 0L);
    if (!target_.ca_file.empty()) set(CURLOPT_CAINFO, target_.ca_file.c_str());
    if (!target_.certificate_file.empty()) set(CURLOPT_SSLCERT, target_.certificate_file.c_str());
    if (!target_.key_file.empty()) set(CURLOPT_SSLKEY, target_.key_file.c_str());
    return true;
  }

  void add_header(const std::string& name, const std::string& value) {
    // "name;" is how curl spells a header without a value.
    add_line(value.empty() ? name + ';' : name + ": " + value);
  }
  void add_line(const std::string& line) {
    if (curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str())) {
      static_cast<void>(headers_.release());
      headers_.reset(longer);
    }
  }

  OtlpReply reply_to(CURLcode result, const CurlBody& answer, const char* problem,
                     milliseconds limit) const {
    if (answer.is_too_long) return {.message = "the answer is too long for a collector's"};
    if (result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_WEIRD_SERVER_REPLY ||
        result == CURLE_HTTP2 || result == CURLE_HTTP2_STREAM) {
      return {.message =
                  "what answers there does not speak HTTP/1.1; a port for gRPC (4317)? HTTP is on "
                  "4318, or set the protocol grpc"};
    }
    if (result == CURLE_OPERATION_TIMEDOUT) {
      return {.message = "no answer within " + std::to_string(limit.count()) + " ms"};
    }
    if (result != CURLE_OK) {
      return {.message = *problem != '\0' ? problem : curl_easy_strerror(result)};
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status <= 299) return detail::accepted_reply(answer.text);
    OtlpReply reply{.message = "status " + std::to_string(status)};
    if (const std::string said = detail::status_message(answer.text); !said.empty()) {
      reply.message += ": " + said;
    }
    if (status == 429 || status == 502 || status == 503 || status == 504) {
      curl_off_t seconds = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
      constexpr curl_off_t kSecondsMax = curl_off_t{24} * 3'600;
      if (seconds > 0) reply.retry_after = std::chrono::seconds(std::min(seconds, kSecondsMax));
    } else {
      reply.kind = OtlpReply::Kind::Refused;
    }
    return reply;
  }

  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    const int made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (made == kNoSocket) return CURL_SOCKET_BAD;
    for (auto& socket : static_cast<HttpTransport*>(self)->sockets_) {
      curl_socket_t none = kNoSocket;
      if (socket.compare_exchange_strong(none, made, std::memory_order_relaxed)) break;
    }
    return made;
  }

  static int close_socket(void* self, curl_socket_t gone) noexcept {
    for (auto& socket : static_cast<HttpTransport*>(self)->sockets_) {
      curl_socket_t open = gone;
      if (socket.compare_exchange_strong(open, kNoSocket, std::memory_order_relaxed)) break;
    }
    return ::close(gone);
  }

  const OtlpTarget target_;
  // Open ones, few at a time. Atomic: the child of a fork reads them in any state of the sender.
  std::array<std::atomic<curl_socket_t>, 8> sockets_;
  std::atomic<bool> interrupted_ = false;
  detail::CurlList headers_;
  detail::CurlMulti multi_;
  detail::CurlEasy easy_;
};

}  // namespace

std::unique_ptr<OtlpTransport> make_otlp_http_transport(const OtlpTarget& target) {
  return std::make_unique<HttpTransport>(target);
}

}  // namespace eventcore
