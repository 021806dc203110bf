#pragma once

// How long the crash tests run, and where.

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace eventcore::crash {

/// The number in the environment variable `name`, else `otherwise`.
[[nodiscard]] inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

/// `EVENTCORE_SEED`, else one of the machine's.
[[nodiscard]] inline std::uint64_t seed() {
  return setting("EVENTCORE_SEED", std::random_device()() | 1U);
}

/// A folder that goes with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace eventcore::crash
