#pragma once

/// \file
/// `Mutex` and its lock, annotated for clang's thread-safety analysis (`-Wthread-safety`).
///
/// Members say what guards them, functions what they need; other compilers see nothing of it.
/// Every mutex of the library is listed in docs/internals/lock-order.md.

#include <mutex>

#if defined(__clang__)
#define EVENTCORE_THREAD_ANNOTATION(attribute) __attribute__((attribute))
#else
#define EVENTCORE_THREAD_ANNOTATION(attribute)
#endif

/// The member is read and written only while `mutex` is held.
#define EVENTCORE_GUARDED_BY(mutex) EVENTCORE_THREAD_ANNOTATION(guarded_by(mutex))
/// The caller holds the mutexes.
#define EVENTCORE_REQUIRES(...) EVENTCORE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
/// The caller does not hold the mutexes.
#define EVENTCORE_EXCLUDES(...) EVENTCORE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define EVENTCORE_ACQUIRE(...) EVENTCORE_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define EVENTCORE_RELEASE(...) EVENTCORE_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EVENTCORE_TRY_ACQUIRE(...) EVENTCORE_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
/// The function returns the mutex of that name.
#define EVENTCORE_RETURN_CAPABILITY(mutex) EVENTCORE_THREAD_ANNOTATION(lock_returned(mutex))
/// The analysis cannot follow this function; a comment beside it says why it is right.
#define EVENTCORE_NO_THREAD_SAFETY_ANALYSIS EVENTCORE_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace eventcore::detail {

/// A `std::mutex` that the analysis knows. Thread-safety: Thread-safe.
class EVENTCORE_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() EVENTCORE_ACQUIRE() { mutex_.lock(); }
  void unlock() EVENTCORE_RELEASE() { mutex_.unlock(); }
  [[nodiscard]] bool try_lock() EVENTCORE_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

/// Holds a mutex for its lifetime, apart from the gaps that `unlock` and `lock` make. Works with
/// `std::condition_variable_any`. Thread-safety: Confined to its creating thread.
class EVENTCORE_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) EVENTCORE_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() EVENTCORE_RELEASE() {
    if (held_) mutex_.unlock();
  }

  void lock() EVENTCORE_ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }
  void unlock() EVENTCORE_RELEASE() {
    held_ = false;
    mutex_.unlock();
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

}  // namespace eventcore::detail
