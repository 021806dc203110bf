#pragma once

/// \file
/// Programs that tests run beside themselves: servers and the tools that make their data.

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace eventcore::testing {

/// Who a program runs as. PostgreSQL's programs refuse to run as root.
enum class RunAs : std::uint8_t { Ourselves, Server };

/// A program, started by the constructor. When this process ends in any way, the system sends the
/// program `end_signal`.
///
/// Thread-safety: Thread-safe.
/// Ownership: kills a program that is still running and waits for its end.
class ChildProcess {
 public:
  /// Output goes to the end of `log`.
  ChildProcess(const std::vector<std::string>& arguments, const std::filesystem::path& log,
               RunAs user, int end_signal);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] pid_t id() const noexcept { return process_; }
  [[nodiscard]] bool running() const;
  /// Returns the exit code, 128 + number after a signal. Throws: it runs longer than `limit`.
  int wait(std::chrono::seconds limit);
  /// Does nothing when the program has ended.
  void send(int signal) const;
  /// Stops the program and what it has started, until `resume`.
  void pause() const;
  void resume() const;

 private:
  void run(const std::vector<std::string>& arguments, const std::filesystem::path& log);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  pid_t process_ = -1;
  bool started_ = false;
  bool ended_ = false;
  int exit_code_ = -1;
  /// Starts the program and waits for its end: the system counts the end of the thread that has
  /// started a program as the end of its parent.
  std::thread watcher_;
};

/// Runs a program to its end. Throws: it fails or takes longer than two minutes.
void run_program(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                 RunAs user);

/// Gives `path` and what is in it to the user that servers run as.
void give_to_server(const std::filesystem::path& path);

/// What `file` ends with, for messages.
[[nodiscard]] std::string tail_of(const std::filesystem::path& file);

}  // namespace eventcore::testing
