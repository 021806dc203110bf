#include "test_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>

namespace eventcore::crash {
namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr int kVersion = 3;

// A file of the VFS; the real one lies behind it in the same block.
struct TestFile {
  sqlite3_file head;
  TestVfs* vfs;
  std::string* path;

  [[nodiscard]] sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

TestFile& of(sqlite3_file* file) noexcept { return *reinterpret_cast<TestFile*>(file); }
TestVfs& of(sqlite3_vfs* vfs) noexcept { return *static_cast<TestVfs*>(vfs->pAppData); }
sqlite3_vfs* real_vfs() noexcept { return sqlite3_vfs_find("unix"); }
const sqlite3_io_methods& real(sqlite3_file* file) noexcept { return *of(file).real()->pMethods; }

int close_file(sqlite3_file* file) {
  const int result = real(file).xClose(of(file).real());
  delete of(file).path;
  return result;
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  if (const int admitted = of(file).vfs->admit(Step::Read); admitted != SQLITE_OK) return admitted;
  return real(file).xRead(of(file).real(), to, size, offset);
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  TestFile& self = of(file);
  const int admitted = self.vfs->admit(Step::Write);
  // Also the write that the cut interrupts may have left a part.
  self.vfs->wrote(*self.path, offset, from, static_cast<std::size_t>(size));
  if (admitted != SQLITE_OK) return admitted;
  return real(file).xWrite(self.real(), from, size, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  TestFile& self = of(file);
  if (const int admitted = self.vfs->admit(Step::Truncate); admitted != SQLITE_OK) return admitted;
  self.vfs->truncated(*self.path, size);
  return real(file).xTruncate(self.real(), size);
}

int sync_file(sqlite3_file* file, int flags) {
  TestFile& self = of(file);
  if (const int admitted = self.vfs->admit(Step::Sync); admitted != SQLITE_OK) return admitted;
  const int result = real(file).xSync(self.real(), flags);
  if (result == SQLITE_OK) self.vfs->synced(*self.path);
  return result;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  return real(file).xFileSize(of(file).real(), size);
}

int lock_file(sqlite3_file* file, int level) {
  if (const int admitted = of(file).vfs->admit(Step::Lock); admitted != SQLITE_OK) return admitted;
  return real(file).xLock(of(file).real(), level);
}

int unlock_file(sqlite3_file* file, int level) {
  return real(file).xUnlock(of(file).real(), level);
}

int check_lock(sqlite3_file* file, int* held) {
  return real(file).xCheckReservedLock(of(file).real(), held);
}

int control_file(sqlite3_file* file, int operation, void* argument) {
  return real(file).xFileControl(of(file).real(), operation, argument);
}

int sector_size(sqlite3_file* file) { return real(file).xSectorSize(of(file).real()); }

int characteristics(sqlite3_file* file) {
  return real(file).xDeviceCharacteristics(of(file).real());
}

int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** mapped) {
  return real(file).xShmMap(of(file).real(), page, size, extend, mapped);
}

int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    const int admitted = of(file).vfs->admit(Step::Lock);
    if (admitted != SQLITE_OK) return admitted;
  }
  return real(file).xShmLock(of(file).real(), offset, count, flags);
}

void shm_barrier(sqlite3_file* file) { real(file).xShmBarrier(of(file).real()); }

int shm_unmap(sqlite3_file* file, int remove) {
  return real(file).xShmUnmap(of(file).real(), remove);
}

// No memory mapping: every byte goes through the methods above.
int fetch(sqlite3_file*, sqlite3_int64, int, void** mapped) {
  *mapped = nullptr;
  return SQLITE_OK;
}

int unfetch(sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; }

constexpr sqlite3_io_methods kMethods = {
    kVersion,  close_file,  read_file,  write_file,   truncate_file, sync_file,       size_of_file,
    lock_file, unlock_file, check_lock, control_file, sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,  fetch,        unfetch,
};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  TestFile& self = of(file);
  self.head.pMethods = nullptr;
  self.vfs = &of(vfs);
  if (const int admitted = self.vfs->admit(Step::Open); admitted != SQLITE_OK) return admitted;
  const int result = real_vfs()->xOpen(real_vfs(), path, self.real(), flags, out_flags);
  if (result != SQLITE_OK) return result;
  self.path = new std::string(path == nullptr ? "" : path);
  self.head.pMethods = &kMethods;
  self.vfs->opened(*self.path);
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  if (const int admitted = of(vfs).admit(Step::Delete); admitted != SQLITE_OK) return admitted;
  const int result = real_vfs()->xDelete(real_vfs(), path, sync_folder);
  if (result == SQLITE_OK) of(vfs).deleted(path);
  return result;
}

std::string unique_name() {
  static std::atomic<std::uint64_t> count = 0;
  return "eventcore-test-" + std::to_string(count.fetch_add(1));
}

}  // namespace

TestVfs::TestVfs() : name_(unique_name()), vfs_(new sqlite3_vfs(*real_vfs())) {
  vfs_->zName = name_.c_str();
  vfs_->pNext = nullptr;
  vfs_->pAppData = this;
  vfs_->szOsFile += static_cast<int>(sizeof(TestFile));
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  // The real VFS's other methods look at their own data only through the VFS that they get.
  vfs_->xAccess = [](sqlite3_vfs*, const char* path, int flags, int* result) {
    return real_vfs()->xAccess(real_vfs(), path, flags, result);
  };
  vfs_->xFullPathname = [](sqlite3_vfs*, const char* path, int size, char* to) {
    return real_vfs()->xFullPathname(real_vfs(), path, size, to);
  };
  sqlite3_vfs_register(vfs_, 0);
}

TestVfs::~TestVfs() {
  sqlite3_vfs_unregister(vfs_);
  delete vfs_;
}

void TestVfs::fail(Step step, std::uint64_t number, bool forever, int code) {
  const std::lock_guard lock(mutex_);
  armed_ = true;
  failed_ = false;
  steps_ = 0;
  fault_step_ = step;
  fault_number_ = number;
  fault_forever_ = forever;
  fault_code_ = code;
}

void TestVfs::heal() {
  const std::lock_guard lock(mutex_);
  armed_ = false;
}

bool TestVfs::has_failed() {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void TestVfs::cut_power_at(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  cut_at_ = changes_ + number;
}

bool TestVfs::is_cut() {
  const std::lock_guard lock(mutex_);
  return cut_;
}

int TestVfs::admit(Step step) {
  const std::lock_guard lock(mutex_);
  if (cut_) return SQLITE_IOERR;
  const bool changes = step != Step::Lock && step != Step::Open && step != Step::Read;
  if (changes && ++changes_ == cut_at_) {
    cut_ = true;
    // See `wrote`: only a write leaves something of itself.
    if (step != Step::Write) ++changes_;
    return SQLITE_IOERR;
  }
  if (!armed_ || step != fault_step_) return SQLITE_OK;
  ++steps_;
  const bool fails = fault_forever_ ? steps_ >= fault_number_ : steps_ == fault_number_;
  if (!fails) return SQLITE_OK;
  failed_ = true;
  return fault_code_;
}

void TestVfs::opened(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto [place, added] = files_.try_emplace(path);
  if (!added) return;
  std::ifstream in(path, std::ios::binary);
  place->second.durable.assign(std::istreambuf_iterator<char>(in), {});
}

void TestVfs::wrote(const std::string& path, std::int64_t offset, const void* bytes,
                    std::size_t size) {
  const std::lock_guard lock(mutex_);
  // Once the power is off only the write that it interrupted counts.
  if (cut_ && changes_ != cut_at_) return;
  if (cut_) ++changes_;
  files_[path].pending.push_back(
      {offset, std::string(static_cast<const char*>(bytes), size), false});
}

void TestVfs::truncated(const std::string& path, std::int64_t size) {
  const std::lock_guard lock(mutex_);
  files_[path].pending.push_back({size, {}, true});
}

void TestVfs::synced(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (cut_) return;
  File& file = files_[path];
  for (const Change& change : file.pending) apply(file.durable, change);
  file.pending.clear();
}

void TestVfs::deleted(const std::string& path) {
  const std::lock_guard lock(mutex_);
  files_.erase(path);
}

void TestVfs::apply(std::string& content, const Change& change) {
  const auto offset = static_cast<std::size_t>(change.offset);
  if (change.truncates) {
    content.resize(offset);
    return;
  }
  if (content.size() < offset + change.bytes.size()) content.resize(offset + change.bytes.size());
  std::memcpy(content.data() + offset, change.bytes.data(), change.bytes.size());
}

std::string TestVfs::survivor(const File& file, double kept, std::mt19937_64& random) {
  std::bernoulli_distribution keep(kept);
  std::string content = file.durable;
  for (const Change& change : file.pending) {
    if (change.truncates) {
      if (keep(random)) apply(content, change);
      continue;
    }
    for (std::size_t done = 0; done < change.bytes.size();) {
      const std::size_t at = static_cast<std::size_t>(change.offset) + done;
      const std::size_t size =
          std::min(kSectorBytes - at % kSectorBytes, change.bytes.size() - done);
      if (keep(random)) {
        apply(content, {static_cast<std::int64_t>(at), change.bytes.substr(done, size), false});
      }
      done += size;
    }
  }
  return content;
}

void TestVfs::write_image(const std::filesystem::path& folder, std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  constexpr double kKept[] = {0.0, 0.1, 0.5, 0.9, 1.0};
  const double kept = kKept[random() % std::size(kKept)];
  for (const auto& [path, file] : files_) {
    const std::string content = survivor(file, kept, random);
    if (content.empty()) continue;
    std::ofstream out(folder / std::filesystem::path(path).filename(), std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
  }
}

}  // namespace eventcore::crash
