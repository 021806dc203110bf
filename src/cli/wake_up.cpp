#include "wake_up.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "eventcore/assert.hpp"

namespace eventcore::cli {

WakeUp::WakeUp() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  EVENTCORE_ASSERT(descriptor_ >= 0, "no descriptor to wake up with");
}

WakeUp::~WakeUp() { close(descriptor_); }

void WakeUp::ring() noexcept {
  // It fails when the counter is full: then the descriptor is readable already.
  static_cast<void>(eventfd_write(descriptor_, 1));
}

void WakeUp::wait() noexcept {
  pollfd wait{descriptor_, POLLIN, 0};
  // An interrupted wait is a wake-up like any other: callers look again.
  static_cast<void>(poll(&wait, 1, -1));
  clear();
}

void WakeUp::clear() noexcept {
  eventfd_t rings = 0;
  // It fails when nobody has rung: then there is nothing to forget.
  static_cast<void>(eventfd_read(descriptor_, &rings));
}

}  // namespace eventcore::cli
