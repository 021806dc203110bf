#include "stop_signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "eventcore/assert.hpp"

namespace eventcore::cli {
namespace {

int open_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return signalfd(-1, &stop, SFD_CLOEXEC);
}

}  // namespace

StopSignalsThread::StopSignalsThread() : signals_(open_signals()), quit_(eventfd(0, EFD_CLOEXEC)) {
  EVENTCORE_ASSERT(signals_ >= 0 && quit_ >= 0, "no descriptors for signals");
}

StopSignalsThread::~StopSignalsThread() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    const ssize_t written = write(quit_, &one, sizeof one);
    EVENTCORE_ASSERT(written == static_cast<ssize_t>(sizeof one), "the thread can't be told");
    thread_.join();
  }
  close(quit_);
  close(signals_);
}

void StopSignalsThread::start() {
  thread_ = std::thread([this] { watch(); });
}

void StopSignalsThread::watch() {
  while (true) {
    std::array<pollfd, 2> waits{{{signals_, POLLIN, 0}, {quit_, POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) continue;
    if (waits[1].revents != 0) return;
    signalfd_siginfo signal{};
    if (read(signals_, &signal, sizeof signal) != static_cast<ssize_t>(sizeof signal)) continue;
    if (!source_.request_stop()) _exit(128 + static_cast<int>(signal.ssi_signo));
  }
}

}  // namespace eventcore::cli
