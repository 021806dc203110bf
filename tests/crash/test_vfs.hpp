#pragma once

// `TestVfs`: a SQLite VFS over the real one that fails on demand and can lose power.
//
// As a faulty medium it lets the n-th step of a kind fail, once or from then on. As a medium that
// loses power it remembers which bytes were synced: at the cut everything else may be there, in
// parts or not at all, and `write_image` makes one such outcome. Every step after the cut fails.

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace eventcore::crash {

enum class Step : std::uint8_t { Open, Read, Write, Sync, Truncate, Lock, Delete };

/// Registered under `name()` while it lives. Thread-safety: Thread-safe.
class TestVfs {
 public:
  TestVfs();
  TestVfs(const TestVfs&) = delete;
  TestVfs& operator=(const TestVfs&) = delete;
  ~TestVfs();

  [[nodiscard]] const char* name() const noexcept { return name_.c_str(); }

  /// From now on the `number`-th `step` (from 1) fails with the SQLite code `code`; `forever`: all
  /// later ones too.
  void fail(Step step, std::uint64_t number, bool forever, int code);
  /// The medium is in order again.
  void heal();
  /// Whether the fault came about since `fail`.
  [[nodiscard]] bool has_failed();

  /// Cuts the power at the `number`-th change of a file (from 1).
  void cut_power_at(std::uint64_t number);
  [[nodiscard]] bool is_cut();
  /// What a medium may hold after the cut: each sector that was written and not synced is there
  /// or not, as `random` decides.
  void write_image(const std::filesystem::path& folder, std::mt19937_64& random);

  // For the VFS's methods.

  /// SQLITE_OK, or what the step ends with.
  [[nodiscard]] int admit(Step step);
  void opened(const std::string& path);
  void wrote(const std::string& path, std::int64_t offset, const void* bytes, std::size_t size);
  void truncated(const std::string& path, std::int64_t size);
  void synced(const std::string& path);
  void deleted(const std::string& path);

 private:
  struct Change {
    std::int64_t offset = 0;
    std::string bytes;
    bool truncates = false;  // to `offset`
  };
  struct File {
    std::string durable;
    std::vector<Change> pending;
  };

  static void apply(std::string& content, const Change& change);
  static std::string survivor(const File& file, double kept, std::mt19937_64& random);

  const std::string name_;
  sqlite3_vfs* vfs_ = nullptr;

  std::mutex mutex_;
  bool armed_ = false;
  Step fault_step_ = Step::Write;
  std::uint64_t fault_number_ = 0;
  bool fault_forever_ = false;
  int fault_code_ = 0;
  std::uint64_t steps_ = 0;
  bool failed_ = false;
  std::uint64_t cut_at_ = 0;  // 0: never
  std::uint64_t changes_ = 0;
  bool cut_ = false;
  std::map<std::string, File> files_;
};

}  // namespace eventcore::crash
