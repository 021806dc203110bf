#include "eventcore/detail/append_queue.hpp"

namespace eventcore::detail {

AppendOperation* AppendQueue::end_mark() noexcept {
  // Never dereferenced: an address that no operation can have.
  return reinterpret_cast<AppendOperation*>(this);
}

AppendQueue::Pushed AppendQueue::push(AppendOperation& operation) noexcept {
  const std::size_t bytes = bytes_of(operation);
  if (operations_.fetch_add(1, std::memory_order_relaxed) >= operations_max_) {
    operations_.fetch_sub(1, std::memory_order_relaxed);
    return Pushed::Full;
  }
  const std::size_t bytes_before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes_before != 0 && bytes_before + bytes > bytes_max_) {
    release(operation);
    return Pushed::Full;
  }
  AppendOperation* top = top_.load(std::memory_order_relaxed);
  do {
    if (top == end_mark()) {
      release(operation);
      return Pushed::Closed;
    }
    operation.next = top;
  } while (!top_.compare_exchange_weak(top, &operation, std::memory_order_seq_cst,
                                       std::memory_order_relaxed));
  // From here on the operation may be completed and gone.
  if (sleeping_.load(std::memory_order_seq_cst)) wake();
  return Pushed::Accepted;
}

void AppendQueue::wake() noexcept {
  {
    const MutexLock lock(mutex_);
    woken_ = true;
    sleeping_.store(false, std::memory_order_relaxed);
  }
  awake_.notify_one();
}

AppendOperation* AppendQueue::turn_round(AppendOperation* top) noexcept {
  AppendOperation* first = nullptr;
  while (top != nullptr) {
    AppendOperation* below = top->next;
    top->next = first;
    first = top;
    top = below;
  }
  return first;
}

AppendOperation* AppendQueue::take() noexcept {
  AppendOperation* top = top_.load(std::memory_order_relaxed);
  if (top == nullptr || top == end_mark()) return nullptr;
  return turn_round(top_.exchange(nullptr, std::memory_order_acquire));
}

AppendOperation* AppendQueue::take_and_close() noexcept {
  AppendOperation* top = top_.exchange(end_mark(), std::memory_order_acq_rel);
  return top == end_mark() ? nullptr : turn_round(top);
}

void AppendQueue::release(const AppendOperation& operation) noexcept {
  operations_.fetch_sub(1, std::memory_order_relaxed);
  bytes_.fetch_sub(bytes_of(operation), std::memory_order_relaxed);
}

void AppendQueue::sleep(Instant until) {
  MutexLock lock(mutex_);
  sleeping_.store(true, std::memory_order_seq_cst);
  const auto has_operations = [&] {
    const AppendOperation* top = top_.load(std::memory_order_seq_cst);
    return top != nullptr && top != end_mark();
  };
  while (!woken_ && !has_operations()) {
    if (until == Instant::max()) {
      awake_.wait(lock);
    } else if (awake_.wait_until(lock, until) == std::cv_status::timeout) {
      break;
    }
  }
  sleeping_.store(false, std::memory_order_relaxed);
  woken_ = false;
}

}  // namespace eventcore::detail
