#include "eventcore/tracing/coroutine_span.hpp"

namespace eventcore {
namespace {

/// The correlation id that a span with `options` belongs to: frames of the thread that is left
/// can't be asked later.
std::string correlation_of(const SpanOptions& options) {
  if (!options.correlation_id.empty()) return std::string(options.correlation_id);
  for (const detail::SpanFrame* frame = detail::current_frame(); frame != nullptr;
       frame = frame->parent) {
    if (!frame->correlation_id.empty()) return std::string(frame->correlation_id);
  }
  return {};
}

SpanOptions with(SpanOptions options, std::string_view correlation_id) {
  options.correlation_id = correlation_id;
  return options;
}

}  // namespace

CoroutineSpan::CoroutineSpan(std::string_view name, SpanOptions options, CoroutineSpan* outer)
    : correlation_id_(correlation_of(options)),
      span_(name, with(options, correlation_id_)),
      outer_(outer) {}

void CoroutineSpan::leave() noexcept {
  if (span_.gate_ != nullptr) span_.leave();
  if (outer_ != nullptr) outer_->leave();
}

void CoroutineSpan::enter() noexcept {
  if (outer_ != nullptr) outer_->enter();
  if (span_.gate_ == nullptr) return;
  // What else the new thread is at has nothing to do with it.
  const bool is_inner = outer_ != nullptr && outer_->span_.gate_ != nullptr;
  span_.active_.frame.parent = is_inner ? &outer_->span_.active_.frame : nullptr;
  span_.enter();
}

}  // namespace eventcore
