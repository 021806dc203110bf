#pragma once

/// \file
/// OTLP over gRPC, of the component otlp_grpc, which brings the gRPC library with it. Most
/// collectors take HTTP on port 4318 as well, which needs neither.
///
///     auto exporter = OtlpExporter::open({.endpoint = "http://localhost:4317",
///                                         .grpc = &make_otlp_grpc_transport});
///
/// The gRPC library does not survive a fork: the child of a process that has used it exports
/// nothing over gRPC; what it would send is dropped and counted, and one line says so.

#include <memory>

#include "eventcore/otlp/otlp_transport.hpp"

namespace eventcore {

/// Makes a transport for `OtlpOptions::grpc`. Does not connect.
[[nodiscard]] std::unique_ptr<OtlpTransport> make_otlp_grpc_transport(const OtlpTarget& target);

}  // namespace eventcore
