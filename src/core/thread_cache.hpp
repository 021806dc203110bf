#pragma once

// `thread_cache`: what a thread keeps for reuse.

namespace eventcore::detail {

/// The calling thread's T, or null once it is destroyed: destructors of other objects of the
/// thread, and on the main thread those of globals, may still run commands then.
template <class T>
[[nodiscard]] T* thread_cache() noexcept {
  // Has no destructor, so it can be read until the thread is gone.
  thread_local bool destroyed = false;
  struct Owner {
    explicit Owner(bool& flag) : gone(flag) {}
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    ~Owner() { gone = true; }
    bool& gone;
    T cache;
  };
  if (destroyed) return nullptr;
  thread_local Owner owner(destroyed);
  return &owner.cache;
}

}  // namespace eventcore::detail
