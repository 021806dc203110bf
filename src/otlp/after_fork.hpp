#pragma once

// What is called in the child of a fork, where only the forking thread goes on.

#include <functional>

namespace eventcore::detail {

/// Calls a function in the child of every fork while it exists, before anything else runs there.
/// Mutexes may be locked for ever by threads that are gone: the function uses none of before the
/// fork. Thread-safety: Thread-safe.
class ForkWatch {
 public:
  explicit ForkWatch(std::function<void()> in_child);
  ForkWatch(const ForkWatch&) = delete;
  ForkWatch& operator=(const ForkWatch&) = delete;
  ~ForkWatch();

  void call() const noexcept { in_child_(); }

 private:
  const std::function<void()> in_child_;
};

/// Keeps what a function of a `ForkWatch` leaves behind, so that it is no leak: it can't be
/// destroyed where its threads are not. Requires: called by such a function.
void keep_for_ever(const void* object);

}  // namespace eventcore::detail
