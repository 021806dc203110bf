#include "server_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "child_process.hpp"

namespace eventcore::testing {

namespace {

constexpr std::string_view kPrefix = "eventcore-server-";
constexpr const char* kLock = "lock";
constexpr std::string_view kUnlockedPrefix = "eventcore-unlocked-";
// Its owner holds a lock for as long as it lives.
int open_lock(const std::filesystem::path& folder, int flags) {
  return open((folder / kLock).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

// What `place_elsewhere` made, and nothing that has another name.
void remove_linked(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (!entry.is_symlink()) continue;
    const std::filesystem::path target = std::filesystem::read_symlink(entry.path(), ignored);
    if (target.filename() == folder.filename()) std::filesystem::remove_all(target, ignored);
  }
}

// A server that still ends may add files meanwhile; then the lock stays for the next attempt.
void remove_with_lock_last(const std::filesystem::path& folder) {
  remove_linked(folder);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename() != kLock) std::filesystem::remove_all(entry.path(), error);
    if (error) return;
  }
  std::filesystem::remove_all(folder, error);
}

void remove_abandoned(const std::filesystem::path& parent) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const int lock = open_lock(entry.path(), 0);
    if (lock < 0) continue;  // somebody else's
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) remove_with_lock_last(entry.path());
    close(lock);
  }
}

}  // namespace

ServerFolder::ServerFolder() {
  const std::filesystem::path parent = std::filesystem::temp_directory_path();
  remove_abandoned(parent);
  std::string name = (parent / kUnlockedPrefix).string() + "XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder can be made in " + name);
  lock_ = open_lock(name, O_CREAT);
  if (lock_ < 0 || flock(lock_, LOCK_EX) != 0) throw std::runtime_error("no lock in " + name);
  // Whoever sees the new name finds the lock taken.
  path_ = parent / (std::string(kPrefix) + name.substr(name.size() - 6));
  std::filesystem::rename(name, path_);
  give_to_server(path_);
}

std::filesystem::path ServerFolder::place_elsewhere(const std::filesystem::path& parent) {
  std::filesystem::create_directories(parent);
  std::filesystem::path place = std::filesystem::absolute(parent) / path_.filename();
  std::filesystem::create_directory_symlink(place, path_ / "elsewhere");
  return place;
}

ServerFolder::~ServerFolder() {
  std::error_code ignored;
  remove_linked(path_);
  std::filesystem::remove_all(path_, ignored);
  close(lock_);
}

}  // namespace eventcore::testing
