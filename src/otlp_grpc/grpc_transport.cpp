// OTLP over gRPC with a generic stub: requests are encoded already.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <utility>

#include "../otlp/reply_body.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/otlp/otlp_grpc.hpp"

namespace eventcore {
namespace {

using std::chrono::milliseconds;

/// The process that has used gRPC first. Of the whole process, like the state of the gRPC library,
/// whose threads and locks the child of a fork has not.
std::atomic<pid_t> user = 0;

bool may_use_grpc() noexcept {
  pid_t none = 0;
  const pid_t self = getpid();
  return user.compare_exchange_strong(none, self, std::memory_order_relaxed) || none == self;
}

const char* method_of(OtlpSignal signal) noexcept {
  switch (signal) {
    case OtlpSignal::Traces:
      return "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    case OtlpSignal::Metrics:
      return "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    case OtlpSignal::Logs:
      break;
  }
  return "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
}

/// The text of a file; nothing if it can't be read.
std::optional<std::string> text_of(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return std::nullopt;
  return text.str();
}

class GrpcTransport final : public OtlpTransport {
 public:
  explicit GrpcTransport(OtlpTarget target) : target_(std::move(target)) {}

  OtlpReply send(std::string_view request, Deadline deadline) override {
    if (!may_use_grpc()) {
      return {.kind = OtlpReply::Kind::Refused,
              .message = "gRPC can't be used in the child of a process that has used it"};
    }
    if (!stub_) {
      if (std::string problem = connect(); !problem.empty()) return {.message = problem};
    }
    wait_for_connection();
    const auto now = std::chrono::steady_clock::now();
    const auto limit = deadline.is_never()
                           ? target_.timeout
                           : std::min(target_.timeout,
                                      std::chrono::duration_cast<milliseconds>(deadline.at - now));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + limit);
    for (const OtlpHeader& header : target_.headers) {
      context.AddMetadata(header.name, header.value);
    }
    if (target_.gzip) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    const grpc::Slice slice(request.data(), request.size());
    const grpc::ByteBuffer bytes(&slice, 1);
    grpc::ByteBuffer answer;
    const grpc::Status status = call(context, bytes, answer);
    return reply_to(status, answer);
  }

  void interrupt() noexcept override {
    const detail::MutexLock lock(mutex_);
    interrupted_ = true;
    if (calling_ != nullptr) calling_->TryCancel();
  }

  void abandon() noexcept override {}  // sockets are gRPC's own

 private:
  /// Makes the channel; says what is wrong.
  std::string connect() {
    const bool is_secure = target_.url.starts_with("https://");
    std::string address = target_.url.substr(target_.url.find("://") + 3);
    if (address.find(':', address.rfind(']') == std::string::npos ? 0 : address.rfind(']')) ==
        std::string::npos) {
      address += ":4317";
    }
    std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
    if (is_secure) {
      const auto roots = text_of(target_.ca_file);
      const auto certificate = text_of(target_.certificate_file);
      const auto key = text_of(target_.key_file);
      if (!roots || !certificate || !key) return "a file of certificates can't be read";
      credentials = grpc::SslCredentials({*roots, *key, *certificate});
    }
    grpc::ChannelArguments arguments;
    arguments.SetUserAgentPrefix("OTel-OTLP-Exporter-EventCore/" EVENTCORE_VERSION);
    // Our own pauses decide when to try again.
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
    channel_ = grpc::CreateCustomChannel(address, credentials, arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
    return {};
  }

  /// Gives a connection half a second to come about. gRPC looks at its sockets while somebody waits
  /// only, and otherwise every five seconds.
  void wait_for_connection() {
    constexpr milliseconds kStep{50};
    for (int i = 0; i < 10 && !is_interrupted(); ++i) {
      if (channel_->WaitForConnected(std::chrono::system_clock::now() + kStep)) return;
    }
  }
  [[nodiscard]] bool is_interrupted() {
    const detail::MutexLock lock(mutex_);
    return interrupted_;
  }

  grpc::Status call(grpc::ClientContext& context, const grpc::ByteBuffer& request,
                    grpc::ByteBuffer& answer) {
    {
      const detail::MutexLock lock(mutex_);
      if (interrupted_) return {grpc::StatusCode::CANCELLED, "interrupted"};
      calling_ = &context;
    }
    grpc::CompletionQueue queue;
    const auto call = stub_->PrepareUnaryCall(&context, method_of(target_.signal), request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&answer, &status, this);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);  // the deadline of the context ends it
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) {
    }
    const detail::MutexLock lock(mutex_);
    calling_ = nullptr;
    return status;
  }

  static OtlpReply reply_to(const grpc::Status& status, const grpc::ByteBuffer& answer) {
    if (status.ok()) {
      grpc::Slice body;
      if (!answer.Valid() || !answer.DumpToSingleSlice(&body).ok())
        return detail::accepted_reply({});
      return detail::accepted_reply({reinterpret_cast<const char*>(body.begin()), body.size()});
    }
    OtlpReply reply{.message = detail::printable(status.error_message())};
    if (reply.message.find("http1.x server") != std::string::npos) {
      reply.message =
          "what answers there does not speak gRPC; a port for HTTP (4318)? gRPC is on 4317, or set "
          "the protocol http/protobuf";
    }
    switch (status.error_code()) {
      case grpc::StatusCode::RESOURCE_EXHAUSTED:
        // Only a collector that says when it may work again means that it may.
        reply.retry_after = detail::retry_delay(status.error_details());
        if (!reply.retry_after) reply.kind = OtlpReply::Kind::Refused;
        break;
      case grpc::StatusCode::UNAVAILABLE:
        reply.retry_after = detail::retry_delay(status.error_details());
        break;
      case grpc::StatusCode::CANCELLED:
      case grpc::StatusCode::DEADLINE_EXCEEDED:
      case grpc::StatusCode::ABORTED:
      case grpc::StatusCode::OUT_OF_RANGE:
      case grpc::StatusCode::DATA_LOSS:
        break;
      default:
        reply.kind = OtlpReply::Kind::Refused;
    }
    return reply;
  }

  const OtlpTarget target_;
  std::shared_ptr<grpc::Channel> channel_;  // these two are confined to the sender
  std::unique_ptr<grpc::GenericStub> stub_;

  detail::Mutex mutex_;
  grpc::ClientContext* calling_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  bool interrupted_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<OtlpTransport> make_otlp_grpc_transport(const OtlpTarget& target) {
  return std::make_unique<GrpcTransport>(target);
}

}  // namespace eventcore
