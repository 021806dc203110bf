#include "eventcore/observability/metrics_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace eventcore::observability {
namespace {

Error failed(std::string_view what, const std::filesystem::path& path, int reason) {
  return make_error(ErrorCode::Unavailable, "can't " + std::string(what) + " '" + path.string() +
                                                "': " + std::generic_category().message(reason));
}

/// Closes its file; removes it unless it was renamed.
class TemporaryFile {
 public:
  /// A new file beside `target`, hidden and not ending as it does, so that no collector reads it.
  explicit TemporaryFile(const std::filesystem::path& target) {
    const std::string prefix =
        "." + target.filename().string() + "." + std::to_string(getpid()) + ".";
    // A number is only taken while another thread writes the same file, or after a crash.
    for (int number = 0; number < 1'000; ++number) {
      path_ = target.parent_path() / (prefix + std::to_string(number) + ".tmp");
      file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (file_ >= 0 || errno != EEXIST) return;
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (file_ < 0) return;
    close(file_);
    if (!is_renamed_) unlink(path_.c_str());
  }

  [[nodiscard]] bool is_open() const noexcept { return file_ >= 0; }

  /// Each tells by its result whether it succeeded, else `errno` says why not.
  [[nodiscard]] bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  [[nodiscard]] bool sync() const { return fsync(file_) == 0; }
  [[nodiscard]] bool rename_to(const std::filesystem::path& target) {
    is_renamed_ = std::rename(path_.c_str(), target.c_str()) == 0;
    return is_renamed_;
  }

 private:
  std::filesystem::path path_;
  int file_ = -1;
  bool is_renamed_ = false;
};

/// Makes the new name of a file in `folder` durable.
bool sync_folder(const std::filesystem::path& folder) {
  const int file = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  const bool synced = fsync(file) == 0;
  const int reason = errno;
  close(file);
  errno = reason;
  return synced;
}

}  // namespace

Result<void> write_metrics_file(const MetricsService& metrics, const std::filesystem::path& path) {
  if (!path.has_filename()) {
    return make_error(ErrorCode::InvalidArgument, "'" + path.string() + "' names no file");
  }
  const MetricsPage page = metrics.export_metrics();
  TemporaryFile file(path);
  if (!file.is_open()) return failed("create a file for", path, errno);
  if (!file.write(page.body)) return failed("write", path, errno);
  if (!file.sync()) return failed("sync", path, errno);
  if (!file.rename_to(path)) return failed("replace", path, errno);
  if (!sync_folder(path.parent_path())) return failed("sync the folder of", path, errno);
  return {};
}

}  // namespace eventcore::observability
