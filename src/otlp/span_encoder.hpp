#pragma once

// Spans as OTLP's protobuf messages: opentelemetry/proto/trace/v1/trace.proto.

#include <string>

#include "eventcore/tracing/span_record.hpp"

namespace eventcore::detail {

/// Appends `span` to a batch, as an element of `ScopeSpans.spans`. Lengths are computed before
/// bytes are written, so that nothing is moved. Texts that are not UTF-8 get U+FFFD where they are
/// not.
void append_span(std::string& batch, const SpanRecord& span);

}  // namespace eventcore::detail
