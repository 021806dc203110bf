#include "archive_target.hpp"

#include <string>
#include <system_error>

namespace eventcore::cli {
namespace {

namespace fs = std::filesystem;

Error refused(const fs::path& file, std::string_view why) {
  return make_error(ErrorCode::InvalidArgument, file.string() + " " + std::string(why));
}

/// The same file, or the same name for one that does not exist yet.
bool is_same(const fs::path& a, const fs::path& b) {
  std::error_code failure;
  if (fs::equivalent(a, b, failure)) return true;
  const fs::path left = fs::weakly_canonical(a, failure);
  if (failure) return false;
  const fs::path right = fs::weakly_canonical(b, failure);
  return !failure && left == right;
}

}  // namespace

fs::path partial_of(const fs::path& file) {
  fs::path partial = file;
  return partial += ".partial";
}

Result<void> check_target(const fs::path& file, Existing existing,
                          const std::vector<fs::path>& sources) {
  if (!file.has_filename()) {
    return make_error(ErrorCode::InvalidArgument, "the archive needs a name");
  }
  for (const fs::path& source : sources) {
    if (source.empty()) continue;
    for (const fs::path& written : {file, partial_of(file)}) {
      if (is_same(written, source)) {
        return refused(written, "is what the backup is made from; choose another name");
      }
    }
  }
  std::error_code failure;
  const fs::file_status status = fs::symlink_status(file, failure);
  if (!fs::exists(status)) return {};
  if (existing == Existing::Keep) {
    return refused(file, "exists; choose another name, or replace it with --force");
  }
  if (!fs::is_regular_file(status)) return refused(file, "is no regular file; it is not replaced");
  return {};
}

}  // namespace eventcore::cli
