#include "faults/halting_probe.hpp"

namespace shop {

void HaltingProbe::halt(bool halted) {
  const std::lock_guard lock(mutex_);
  halted_ = halted;
  goes_on_.notify_all();
}

void HaltingProbe::batch_applied(const eventcore::ProjectionBatchRecord& record) noexcept {
  if (record.projection.substr(0, record.projection.find('.')) != projection_) return;
  std::unique_lock lock(mutex_);
  goes_on_.wait(lock, [&] { return !halted_; });
}

}  // namespace shop
