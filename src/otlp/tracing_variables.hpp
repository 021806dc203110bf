#pragma once

// What the standard variables say about sampling and the limits of spans.

#include <functional>
#include <string_view>

#include "eventcore/tracing/sampler.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "settings.hpp"

namespace eventcore::detail {

/// `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`; parentbased_always_on without them.
[[nodiscard]] Sampler sampler_of(const Environment& environment,
                                 const std::function<void(std::string_view)>& report);

/// `OTEL_SPAN_{ATTRIBUTE,EVENT,LINK}_COUNT_LIMIT`, `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT` and
/// their general forms.
[[nodiscard]] SpanLimits limits_of(const Environment& environment,
                                   const std::function<void(std::string_view)>& report);

}  // namespace eventcore::detail
