#pragma once

// Threads that the application does not notice: its signals are handled by its own ones.

#include <pthread.h>
#include <sys/prctl.h>

#include <csignal>
#include <thread>
#include <utility>

namespace eventcore::detail {

/// Starts a thread that gets no signals, SIGPIPE of a lost connection included.
template <class Body>
[[nodiscard]] std::thread quiet_thread(const char* name, Body body) {
  sigset_t all;
  sigset_t former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } const restore{former};
  return std::thread([name, body = std::move(body)] {
    prctl(PR_SET_NAME, name, 0, 0, 0);
    body();
  });
}

}  // namespace eventcore::detail
