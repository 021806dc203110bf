#include "writer_gate.hpp"

#include <stdexcept>

namespace eventcore::testing::contract {

void WriterGate::shut_behind(EventStore& store) {
  {
    const std::lock_guard lock(mutex_);
    shut_ = true;
  }
  plug_ = std::make_unique<PendingAppend>(batch_of({{"gate", any(), {"{}"}}}));
  plug_->submit(store);
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::minutes{1}, [&] { return writer_waits_; })) {
    shut_ = false;
    throw std::runtime_error("the store did not call Probe::group_committed");
  }
}

void WriterGate::open() {
  {
    const std::lock_guard lock(mutex_);
    shut_ = false;
    changed_.notify_all();
  }
  must(plug_->result());
  plug_.reset();
}

void WriterGate::group_committed(const GroupRecord&) noexcept {
  std::unique_lock lock(mutex_);
  if (!shut_) return;
  writer_waits_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !shut_; });
  writer_waits_ = false;
}

}  // namespace eventcore::testing::contract
