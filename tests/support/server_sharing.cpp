#include "server_sharing.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include "postgres_server.hpp"

namespace eventcore::testing {

namespace {

constexpr char kReady = 'r';
constexpr std::chrono::seconds kLimit{120};
constexpr std::chrono::milliseconds kPollPause{10};

int open_lock(const std::filesystem::path& folder) {
  const int lock = open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) throw std::runtime_error("no lock in " + folder.string());
  return lock;
}

// Replaces the file in one step: whoever reads it finds all or nothing.
void publish(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path unfinished = file.string() + ".unfinished";
  std::ofstream(unfinished) << text << '\n';
  std::filesystem::rename(unfinished, file);
}

// Blocks until the process `parent` ends or somebody sends SIGTERM.
void wait_for_end(int parent, const sigset_t& signals) {
  const int signal = signalfd(-1, &signals, SFD_CLOEXEC);
  pollfd awaited[] = {{.fd = parent, .events = POLLIN, .revents = 0},
                      {.fd = signal, .events = POLLIN, .revents = 0}};
  while (poll(awaited, 2, -1) < 0 && errno == EINTR) {
  }
  close(signal);
}

void keep_server(const std::filesystem::path& folder, int parent, int ready) {
  // Before there are threads, so that none of them takes the signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  const int lock = open_lock(folder);
  if (flock(lock, LOCK_EX) != 0) throw std::runtime_error("another run does not end");
  {
    const PostgresServer server;
    publish(folder / "process", std::to_string(getpid()));
    publish(folder / "server", server.server());
    if (write(ready, &kReady, 1) != 1) return;
    close(ready);
    wait_for_end(parent, signals);
    std::filesystem::remove(folder / "server");
    std::filesystem::remove(folder / "process");
  }
  close(lock);
}

// Nothing of this process holds what ctest waits for to be closed.
void leave_terminal(const std::filesystem::path& log) {
  setsid();
  const int nothing = open("/dev/null", O_RDONLY);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(nothing, STDIN_FILENO);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  close(nothing);
  close(file);
}

}  // namespace

void share_server(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const std::filesystem::path log = folder / "log";
  const int parent = static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0));
  int ends[2];
  if (parent < 0 || pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe to a keeper");
  const pid_t keeper = fork();
  if (keeper < 0) throw std::runtime_error("no process for the server");
  if (keeper == 0) {
    close(ends[0]);
    leave_terminal(log);
    try {
      keep_server(folder, parent, ends[1]);
    } catch (const std::exception& problem) {
      std::cerr << problem.what() << std::endl;
      _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  char answer = 0;
  const bool ready = read(ends[0], &answer, 1) == 1 && answer == kReady;
  close(ends[0]);
  close(parent);
  if (!ready) throw std::runtime_error("the shared server does not start:\n" + tail_of(log));
}

void unshare_server(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return;
  const int lock = open_lock(folder);
  const auto limit = std::chrono::steady_clock::now() + kLimit;
  for (bool told = false; flock(lock, LOCK_EX | LOCK_NB) != 0; told = true) {
    // As long as the lock is held, the process is the keeper.
    pid_t keeper = 0;
    std::ifstream(folder / "process") >> keeper;
    if (!told && keeper > 0) kill(keeper, SIGTERM);
    if (std::chrono::steady_clock::now() > limit) {
      throw std::runtime_error("the shared server does not end:\n" + tail_of(folder / "log"));
    }
    std::this_thread::sleep_for(kPollPause);
  }
  close(lock);
}

}  // namespace eventcore::testing
