#include "postgres_template.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "child_process.hpp"
#include "postgres_server.hpp"
#include "server_folder.hpp"

namespace eventcore::testing {

namespace {

// Held by whoever looks for the template or makes it.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path)
      : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ < 0 || flock(file_, LOCK_EX) != 0) {
      throw std::runtime_error(path.string() + " can't be locked");
    }
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { close(file_); }

 private:
  const int file_;
};

void make_template(const std::filesystem::path& to, const std::filesystem::path& log) {
  // The build folder may be out of reach for the user that servers run as.
  const ServerFolder folder;
  const std::filesystem::path made = folder.path() / "data";
  run_program({postgres_program("initdb"), "--pgdata", made, "--auth=trust", "--username=postgres",
               "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync", "--no-instructions"},
              log, RunAs::Server);
  const std::filesystem::path unfinished = to.string() + ".unfinished";
  std::filesystem::remove_all(unfinished);
  run_program({"cp", "-a", made, unfinished}, log, RunAs::Ourselves);
  std::filesystem::rename(unfinished, to);
}

}  // namespace

void copy_new_cluster(const std::filesystem::path& to, const std::filesystem::path& log) {
  const std::filesystem::path folder = EVENTCORE_POSTGRES_TEMPLATES;
  std::filesystem::create_directories(folder);
  // One for each version and user: /usr/lib/postgresql/15/bin/initdb gives 15.
  const std::filesystem::path version =
      std::filesystem::path(postgres_program("initdb")).parent_path().parent_path().filename();
  const std::filesystem::path made =
      folder / ("cluster-" + version.string() + "-" + std::to_string(geteuid()));
  {
    const FileLock lock(made.string() + ".lock");
    if (!std::filesystem::exists(made)) make_template(made, log);
  }
  run_program({"cp", "-a", made, to}, log, RunAs::Ourselves);
}

}  // namespace eventcore::testing
