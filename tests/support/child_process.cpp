#include "child_process.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

extern char** environ;

namespace eventcore::testing {

namespace {

// The account that Debian's packages make.
constexpr const char* kServerUser = "postgres";

const passwd& server_user() {
  const passwd* user = getpwnam(kServerUser);
  if (user == nullptr)
    throw std::runtime_error("there is no user postgres: scripts/bootstrap tests");
  return *user;
}

// Prefixes what makes the program end with us, and a server run as its user.
std::vector<std::string> with_privileges(const std::vector<std::string>& arguments, RunAs user,
                                         int end_signal) {
  std::vector<std::string> all{"setpriv", "--pdeathsig", sigabbrev_np(end_signal)};
  if (user == RunAs::Server && geteuid() == 0) {
    const passwd& account = server_user();
    all.push_back("--reuid=" + std::to_string(account.pw_uid));
    all.push_back("--regid=" + std::to_string(account.pw_gid));
    all.emplace_back("--clear-groups");
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

pid_t spawn(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (const std::string& one : arguments) pointers.push_back(const_cast<char*>(one.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawn_file_actions_addchdir_np(&files, "/");
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  // A group of its own: what a terminal sends to the tests is not for it.
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t process = -1;
  if (posix_spawnp(&process, pointers[0], &files, &attributes, pointers.data(), environ) != 0) {
    process = -1;
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return process;
}

void send_to_family(pid_t process, int signal) {
  kill(process, signal);
  const std::string id = std::to_string(process);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  for (pid_t child = 0; children >> child;) kill(child, signal);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::filesystem::path& log, RunAs user, int end_signal)
    : watcher_([this, all = with_privileges(arguments, user, end_signal), log] { run(all, log); }) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return started_; });
  if (process_ > 0) return;
  lock.unlock();
  watcher_.join();
  throw std::runtime_error(arguments[0] + " can't be started");
}

ChildProcess::~ChildProcess() {
  send(SIGCONT);
  send(SIGKILL);
  watcher_.join();
}

void ChildProcess::run(const std::vector<std::string>& arguments,
                       const std::filesystem::path& log) {
  const pid_t process = spawn(arguments, log);
  {
    const std::lock_guard lock(mutex_);
    process_ = process;
    started_ = true;
  }
  changed_.notify_all();
  if (process < 0) return;
  siginfo_t info;
  while (waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  {
    // Only now may the system give its number to another process.
    const std::lock_guard lock(mutex_);
    int status = 0;
    waitpid(process, &status, 0);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ended_ = true;
  }
  changed_.notify_all();
}

bool ChildProcess::running() const {
  const std::lock_guard lock(mutex_);
  return !ended_;
}

int ChildProcess::wait(std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, limit, [this] { return ended_; })) {
    throw std::runtime_error("process " + std::to_string(process_) + " does not end");
  }
  return exit_code_;
}

void ChildProcess::send(int signal) const {
  const std::lock_guard lock(mutex_);
  if (!ended_) kill(process_, signal);
}

void ChildProcess::pause() const {
  const std::lock_guard lock(mutex_);
  if (!ended_) send_to_family(process_, SIGSTOP);
}

void ChildProcess::resume() const {
  const std::lock_guard lock(mutex_);
  if (!ended_) send_to_family(process_, SIGCONT);
}

void run_program(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                 RunAs user) {
  ChildProcess process(arguments, log, user, SIGKILL);
  const int code = process.wait(std::chrono::minutes(2));
  if (code == 0) return;
  throw std::runtime_error(arguments[0] + " ended with " + std::to_string(code) + ":\n" +
                           tail_of(log));
}

void give_to_server(const std::filesystem::path& path) {
  if (geteuid() != 0) return;
  const passwd& user = server_user();
  const auto give = [&](const std::filesystem::path& one) {
    if (lchown(one.c_str(), user.pw_uid, user.pw_gid) != 0) {
      throw std::runtime_error(one.string() + " can't be given to user postgres");
    }
  };
  give(path);
  if (!std::filesystem::is_directory(path)) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) give(entry.path());
}

std::string tail_of(const std::filesystem::path& file) {
  constexpr std::streamoff kShown = 4000;
  std::ifstream in(file, std::ios::ate);
  const std::streamoff size = in.tellg();
  in.seekg(size > kShown ? size - kShown : 0);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace eventcore::testing
