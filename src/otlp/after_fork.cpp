#include "after_fork.hpp"

#include <pthread.h>

#include <utility>
#include <vector>

#include "eventcore/assert.hpp"
#include "eventcore/detail/mutex.hpp"

namespace eventcore::detail {
namespace {

/// The handlers of `pthread_atfork` are plain functions, so this is of the whole process. It stays
/// until the process is gone: threads may be in it while globals are destroyed.
struct Known {
  Mutex mutex;  // held over a fork
  std::vector<const ForkWatch*> watches EVENTCORE_GUARDED_BY(mutex);
  std::vector<const void*> kept EVENTCORE_GUARDED_BY(mutex);

  static Known& get();
};

// The analysis can't see that the three handlers belong together.
void before_fork() EVENTCORE_NO_THREAD_SAFETY_ANALYSIS { Known::get().mutex.lock(); }
void in_parent() EVENTCORE_NO_THREAD_SAFETY_ANALYSIS { Known::get().mutex.unlock(); }
void in_child() EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  for (const ForkWatch* const watch : Known::get().watches) watch->call();
  Known::get().mutex.unlock();
}

Known& Known::get() {
  static Known* const known = [] {
    auto* const made = new Known;
    EVENTCORE_ASSERT(pthread_atfork(&before_fork, &in_parent, &in_child) == 0,
                     "pthread_atfork failed");
    return made;
  }();
  return *known;
}

}  // namespace

ForkWatch::ForkWatch(std::function<void()> in_child) : in_child_(std::move(in_child)) {
  Known& known = Known::get();
  const MutexLock lock(known.mutex);
  known.watches.push_back(this);
}

ForkWatch::~ForkWatch() {
  Known& known = Known::get();
  const MutexLock lock(known.mutex);
  std::erase(known.watches, this);
}

// In the child `mutex` is held already.
void keep_for_ever(const void* object) EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  Known::get().kept.push_back(object);
}

}  // namespace eventcore::detail
