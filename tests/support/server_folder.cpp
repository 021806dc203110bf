#include "server_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string>

#include "child_process.hpp"

namespace eventcore::testing {

namespace {

constexpr const char* kPrefix = "eventcore-server-";
// Longer than a folder is without its lock.
constexpr std::time_t kYoungSeconds = 60;

// Its owner holds a lock for as long as it lives.
int open_lock(const std::filesystem::path& folder, int flags) {
  return open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

bool is_ours_and_old(const std::filesystem::path& folder) {
  struct stat status {};
  if (lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return false;
  const bool ours = geteuid() == 0 || status.st_uid == geteuid();
  return ours && std::time(nullptr) - status.st_mtime > kYoungSeconds;
}

void remove_abandoned(const std::filesystem::path& parent) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    if (!is_ours_and_old(entry.path())) continue;
    const int lock = open_lock(entry.path(), 0);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) == 0) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
    if (lock >= 0) close(lock);
  }
}

}  // namespace

ServerFolder::ServerFolder() {
  const std::filesystem::path parent = std::filesystem::temp_directory_path();
  remove_abandoned(parent);
  std::string name = (parent / (std::string(kPrefix) + "XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder can be made in " + name);
  path_ = name;
  lock_ = open_lock(path_, O_CREAT);
  if (lock_ < 0 || flock(lock_, LOCK_EX) != 0) throw std::runtime_error("no lock in " + name);
  give_to_server(path_);
}

ServerFolder::~ServerFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  close(lock_);
}

}  // namespace eventcore::testing
