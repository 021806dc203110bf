#include "faults/failing_store.hpp"

namespace shop {

void FailingStore::submit_append(eventcore::AppendOperation& operation) {
  constexpr std::uint64_t kEvery = 5;
  const bool fails = fails_ && appends_.fetch_add(1, std::memory_order_relaxed) % kEvery == 0;
  if (!fails) {
    store_->submit_append(operation);
    return;
  }
  if (!operation.admit()) {
    operation.finish(eventcore::make_error(eventcore::ErrorCode::Cancelled, "it was taken back"));
    return;
  }
  operation.reject();
  operation.finish(eventcore::make_error(eventcore::ErrorCode::Unavailable,
                                         "the fault error-burst is switched on"));
}

}  // namespace shop
