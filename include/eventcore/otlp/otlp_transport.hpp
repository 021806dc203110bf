#pragma once

/// \file
/// `OtlpTransport`: how an encoded request reaches a collector. HTTP comes with the component otlp,
/// gRPC with otlp_grpc.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"

namespace eventcore {

/// The kinds of telemetry that OTLP carries.
enum class OtlpSignal : std::uint8_t { Traces, Metrics, Logs };
/// `traces`, `metrics`, `logs`.
[[nodiscard]] std::string_view to_string(OtlpSignal signal) noexcept;

enum class OtlpProtocol : std::uint8_t { HttpProtobuf, Grpc };
/// As in `OTEL_EXPORTER_OTLP_PROTOCOL`.
[[nodiscard]] std::string_view to_string(OtlpProtocol protocol) noexcept;

/// A header of HTTP, or metadata of gRPC. Values may be secrets: they are never printed.
struct OtlpHeader {
  std::string name;
  std::string value;

  friend bool operator==(const OtlpHeader&, const OtlpHeader&) = default;
};

/// Where requests of one signal go: options and variables, resolved.
struct OtlpTarget {
  OtlpSignal signal = OtlpSignal::Traces;
  OtlpProtocol protocol = OtlpProtocol::HttpProtobuf;
  std::string url;  ///< With the path for HTTP; `http://` or `https://`, host and port for gRPC.
  std::vector<OtlpHeader> headers;
  bool gzip = false;
  std::chrono::milliseconds timeout{10'000};
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
};

/// How a request ended.
struct OtlpReply {
  enum class Kind : std::uint8_t {
    Accepted,     ///< The collector has it, apart from `rejected` items.
    Unreachable,  ///< Try again later: no connection, no time, or the collector is busy.
    Refused,      ///< The collector doesn't want it, and wouldn't later.
  };
  Kind kind = Kind::Unreachable;
  std::uint64_t rejected = 0;                                           ///< With `Accepted`.
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;  ///< As the collector says.
  std::string message = {};                                             ///< For people; no secrets.
};

/// Sends requests to one target. Thread-safety: `send` by one thread at a time, the others by any.
class OtlpTransport {
 public:
  OtlpTransport() = default;
  OtlpTransport(const OtlpTransport&) = delete;
  OtlpTransport& operator=(const OtlpTransport&) = delete;
  virtual ~OtlpTransport() = default;

  /// Sends a request, an `Export...ServiceRequest` of the target's signal, once.
  /// Blocking: until there is an answer, `deadline`, the target's timeout or `interrupt`.
  [[nodiscard]] virtual OtlpReply send(std::string_view request, Deadline deadline) = 0;
  /// Ends a `send` that is under way, and lets those that follow fail at once.
  virtual void interrupt() noexcept = 0;
  /// In the child of a fork, instead of the destructor: gives back what the child must not hold,
  /// such as sockets, without a word to the collector. The object is not touched again.
  virtual void abandon() noexcept = 0;
};

/// Makes a transport. Does not connect.
using OtlpTransportFactory = std::unique_ptr<OtlpTransport> (*)(const OtlpTarget& target);

/// Over HTTP/1.1 or, with TLS, what the server prefers. Sockets are opened when needed and kept.
[[nodiscard]] std::unique_ptr<OtlpTransport> make_otlp_http_transport(const OtlpTarget& target);

}  // namespace eventcore
