#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "flight_state.hpp"

namespace eventcore::monitor {

namespace {

constexpr std::array kSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

std::string_view name_of(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    case SIGFPE:
      return "SIGFPE";
    default:
      return "SIGABRT";
  }
}

/// What the handler works with. Global, as a signal handler is: it is given nothing but a number.
struct HandlerState {
  std::atomic<const FlightRecorder*> recorder{nullptr};
  std::atomic<pid_t> writer{0};  // the thread that writes; 0: none
  std::array<char, 4096> path{};
  std::array<struct sigaction, kSignals.size()> former{};
  detail::FlightEntry scratch;  // so that the handler needs little stack
};

HandlerState handler;

void write_all(void* target, const char* bytes, std::size_t size) noexcept {
  const int descriptor = *static_cast<const int*>(target);
  while (size > 0) {
    const ssize_t written = write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void restore(std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) sigaction(kSignals[i], &handler.former[i], nullptr);
}

}  // namespace

void FatalSignalDump::handle(int signal) noexcept {
  const int saved_errno = errno;
  const FlightRecorder* const recorder = handler.recorder.load(std::memory_order_acquire);
  if (recorder == nullptr) return;
  pid_t nobody = 0;
  const pid_t self = gettid();
  if (handler.writer.compare_exchange_strong(nobody, self)) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    int file = open(handler.path.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file >= 0) {
      {
        detail::FlightJson json(&write_all, &file);
        recorder->state_->write(json, handler.scratch, name_of(signal), signal,
                                std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
      }
      fsync(file);
      close(file);
    }
    // The signal is blocked here: it comes again when the handler returns, and finds the former
    // one.
    restore(kSignals.size());
    raise(signal);
  }
  errno = saved_errno;
}

FatalSignalDump::FatalSignalDump(std::shared_ptr<const FlightRecorder> recorder)
    : recorder_(std::move(recorder)) {}

Result<std::unique_ptr<FatalSignalDump>> FatalSignalDump::install(
    std::shared_ptr<const FlightRecorder> recorder, const std::string& path) {
  if (path.empty() || path.size() >= handler.path.size()) {
    return make_error(ErrorCode::InvalidArgument, "a path has 1 to 4095 bytes");
  }
  if (recorder == nullptr) return make_error(ErrorCode::InvalidArgument, "there is no recorder");
  const bool existed = access(path.c_str(), F_OK) == 0;
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return make_error(ErrorCode::Unavailable, "cannot write " + path + ": " + std::strerror(errno));
  }
  close(file);
  if (!existed) unlink(path.c_str());
  const FlightRecorder* none = nullptr;
  if (!handler.recorder.compare_exchange_strong(none, recorder.get())) {
    return make_error(ErrorCode::InvalidArgument, "a recorder is written on fatal signals already");
  }
  std::memcpy(handler.path.data(), path.c_str(), path.size() + 1);
  handler.writer = 0;
  struct sigaction action {};
  action.sa_handler = &FatalSignalDump::handle;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (sigaction(kSignals[i], &action, &handler.former[i]) == 0) continue;
    restore(i);
    handler.recorder = nullptr;
    return make_error(ErrorCode::Unavailable, std::string("sigaction: ") + std::strerror(errno));
  }
  return std::unique_ptr<FatalSignalDump>(new FatalSignalDump(std::move(recorder)));
}

FatalSignalDump::~FatalSignalDump() {
  restore(kSignals.size());
  handler.recorder = nullptr;
}

}  // namespace eventcore::monitor
