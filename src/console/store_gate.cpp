#include "store_gate.hpp"

#include "eventcore/projector.hpp"

namespace eventcore::console {

using eventcore::detail::MutexLock;

const ProjectionRunner* StoreGate::Use::runner(std::string_view projection) const {
  const MutexLock lock(gate_->mutex_);
  for (const ProjectionRunner* const runner : gate_->runners_) {
    if (runner->projector().key() == projection) return runner;
  }
  return nullptr;
}

void StoreGate::open(EventStore& store) {
  const MutexLock lock(mutex_);
  store_ = &store;
}

void StoreGate::add(const ProjectionRunner& runner) {
  const MutexLock lock(mutex_);
  runners_.push_back(&runner);
}

void StoreGate::close() {
  MutexLock lock(mutex_);
  store_ = nullptr;
  while (users_ != 0) left_.wait(lock);
  runners_.clear();
}

std::optional<StoreGate::Use> StoreGate::enter(std::size_t users_max) {
  const MutexLock lock(mutex_);
  if (store_ == nullptr || users_ >= users_max) return std::nullopt;
  ++users_;
  return Use(*this, *store_);
}

bool StoreGate::is_open() const {
  const MutexLock lock(mutex_);
  return store_ != nullptr;
}

void StoreGate::leave() noexcept {
  const MutexLock lock(mutex_);
  if (--users_ == 0) left_.notify_all();
}

}  // namespace eventcore::console
