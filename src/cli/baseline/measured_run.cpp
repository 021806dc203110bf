#include "measured_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <functional>
#include <regex>
#include <sstream>
#include <string_view>
#include <system_error>

#include "../wake_up.hpp"

namespace eventcore::cli {
namespace {

constexpr off_t kOutputKept = off_t{64} * 1024;
/// A line longer than this is cut before a regular expression sees it: those recurse.
constexpr std::size_t kLineMax = 2'000;
/// How long a command has to end once it was told to.
constexpr int kPatienceMs = 2'000;

Error failed(const std::string& what, int reason) {
  return make_error(ErrorCode::Unavailable, what + ": " + std::generic_category().message(reason));
}

/// A file descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  const int number_;
};

/// What the child starts with: a group of its own, no input, our signals neither blocked nor
/// ignored, `output` as standard output, or nothing if negative.
class SpawnRules {
 public:
  explicit SpawnRules(int output) {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t ignored;
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &ignored);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output >= 0) {
      posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
  }
  SpawnRules(const SpawnRules&) = delete;
  SpawnRules& operator=(const SpawnRules&) = delete;
  ~SpawnRules() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  [[nodiscard]] int spawn(pid_t& pid, const std::string& command) const {
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = command;
    std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
    return posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

/// Waits until the process ends; false if it was stopped, and its group ended.
bool wait_for_end(pid_t pid, int process, const std::stop_token& stop) {
  WakeUp stopping;
  const std::stop_callback<std::function<void()>> ring(stop, [&] { stopping.ring(); });
  bool was_stopped = false;
  while (true) {
    std::array<pollfd, 2> waits{{{process, POLLIN, 0}, {stopping.descriptor(), POLLIN, 0}}};
    const int ready = poll(waits.data(), was_stopped ? 1 : 2, was_stopped ? kPatienceMs : -1);
    if (ready < 0 && errno == EINTR) continue;
    if (waits[0].revents != 0) return !was_stopped;
    // It is not waited for yet, so its number is still its own.
    kill(-pid, was_stopped ? SIGKILL : SIGTERM);
    was_stopped = true;
  }
}

double milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

std::string end_of(int file) {
  const off_t size = lseek(file, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::clamp<off_t>(size, 0, kOutputKept)), '\0');
  const ssize_t got = pread(file, text.data(), text.size(), std::max<off_t>(0, size - kOutputKept));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  return text;
}

Result<void> check_end(const std::string& command, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFSIGNALED(status)
                              ? "died of signal " + std::to_string(WTERMSIG(status))
                              : "ended with exit code " + std::to_string(WEXITSTATUS(status));
  return make_error(ErrorCode::InvalidArgument, "'" + command + "' " + how);
}

std::string word_of(const std::smatch& match) {
  return match.size() > 1 ? match[1].str() : match[0].str();
}

}  // namespace

Result<MeasuredRun> measure_run(const std::string& command, bool keeps_output,
                                const std::stop_token& stop) {
  if (stop.stop_requested()) return make_error(ErrorCode::Cancelled, "stopped");
  const Descriptor output(keeps_output ? memfd_create("eventcore-output", MFD_CLOEXEC) : -1);
  if (keeps_output && output.get() < 0) return failed("no file for the output", errno);
  const SpawnRules rules(output.get());
  pid_t pid = 0;
  const auto began = std::chrono::steady_clock::now();
  if (const int problem = rules.spawn(pid, command); problem != 0) {
    return failed("can't run /bin/sh", problem);
  }
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const bool is_whole = process.get() < 0 || wait_for_end(pid, process.get(), stop);
  int status = 0;
  rusage usage{};
  while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  const auto ended = std::chrono::steady_clock::now();
  if (!is_whole) return make_error(ErrorCode::Cancelled, "stopped");
  if (const Result<void> good = check_end(command, status); !good) return good.error();
  MeasuredRun run;
  run.cpu_ms = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
  run.wall_ms = std::chrono::duration<double, std::milli>(ended - began).count();
  if (keeps_output) run.output = end_of(output.get());
  return run;
}

Result<double> number_in(const std::string& output, const std::string& pattern) {
  const auto bad = [&](const std::string& why) {
    return make_error(ErrorCode::InvalidArgument, "--number '" + pattern + "': " + why);
  };
  try {
    const std::regex expression(pattern, std::regex::ECMAScript);
    std::string found;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
      if (line.size() > kLineMax) line.resize(kLineMax);
      for (std::sregex_iterator match(line.begin(), line.end(), expression), end; match != end;
           ++match) {
        found = word_of(*match);
      }
    }
    if (found.empty()) return bad("no line of the output has it");
    double value = 0;
    const auto [end, problem] = std::from_chars(found.data(), found.data() + found.size(), value);
    if (problem != std::errc{} || end != found.data() + found.size()) {
      return bad("'" + found + "' is no number");
    }
    return value;
  } catch (const std::regex_error&) {
    return bad("no regular expression");
  }
}

}  // namespace eventcore::cli
