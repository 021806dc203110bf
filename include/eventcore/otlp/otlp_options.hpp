#pragma once

/// \file
/// `OtlpOptions`: where telemetry is sent to and how, as the program says it.
///
/// What is left empty comes from the standard `OTEL_*` variables, and then from their defaults: an
/// argument wins over a variable. docs/guide/opentelemetry.md lists them all. Without an endpoint,
/// here or in the environment, nothing is sent, and that is no error.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/otlp/otlp_transport.hpp"

namespace eventcore {

/// What a resource is described by, such as `service.namespace`.
struct ResourceAttribute {
  std::string key;
  std::string value;

  friend bool operator==(const ResourceAttribute&, const ResourceAttribute&) = default;
};

/// What an exporter is made from.
struct OtlpOptions {
  /// `http://host:4318`; the signal's path is put behind it. As `OTEL_EXPORTER_OTLP_ENDPOINT`.
  std::string endpoint = {};
  /// Without it, and without a variable: `Grpc` for port 4317 if `grpc` is there, else HTTP.
  std::optional<OtlpProtocol> protocol = std::nullopt;
  /// Makes the transport for gRPC: `&make_otlp_grpc_transport` of the component otlp_grpc.
  OtlpTransportFactory grpc = nullptr;
  std::vector<OtlpHeader> headers = {};  ///< Win over those of the variables, name by name.
  std::optional<bool> gzip = std::nullopt;
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;  ///< Of one request.
  std::string ca_file = {};           ///< Certificates to trust, PEM; else the system's.
  std::string certificate_file = {};  ///< Our own, for servers that ask.
  std::string key_file = {};          ///< Of `certificate_file`.

  std::string service_name = {};
  /// Where neither `service_name` nor a variable says one; else `unknown_service:PROGRAM`.
  std::string service_name_fallback = {};
  std::string service_version = {};
  std::vector<ResourceAttribute> resource = {};  ///< Win over those of the variables.

  std::optional<std::size_t> queue_max = std::nullopt;  ///< Items that wait or are being sent.
  std::optional<std::size_t> batch_max = std::nullopt;  ///< Items of a request.
  /// How long a batch that is not full waits for more.
  std::optional<std::chrono::milliseconds> delay = std::nullopt;
  std::size_t queue_bytes_max = std::size_t{16} << 20;  ///< Encoded, besides `queue_max`.
  /// Between tries; doubled each time, and each time shortened at random by up to a half.
  std::chrono::milliseconds retry_min{500};
  std::chrono::milliseconds retry_max{5'000};
  /// How long the destructor tries to send what is left.
  std::chrono::milliseconds exit_timeout{2'000};

  /// Gets a line when the state changes: unreachable, back, something was lost at the end.
  /// Called on the exporter's threads; must not throw. Without it lines go to stderr.
  std::function<void(std::string_view line)> report = {};
};

}  // namespace eventcore
