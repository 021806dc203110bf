#include "writer_turn.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <system_error>

namespace eventcore::sqlite {
namespace {

constexpr off_t kPageBytes = 4096;
// The locked bytes lie behind the mapped page; locks need no content.
constexpr off_t kNext = kPageBytes;
constexpr off_t kCurrent = kPageBytes + 1;
// A holder that dies releases its locks without a wake-up: look again after this time.
constexpr long kLookAgainNs = 2'000'000;

Error failed(const char* what, const std::filesystem::path& path) {
  return make_error(ErrorCode::Unavailable, std::string(what) + " " + path.string() + ": " +
                                                std::generic_category().message(errno));
}

// Who may use the database may take turns: its mode, and its owner if we may choose one. Without a
// database the turns are ours alone.
int create_beside(const std::filesystem::path& database, const std::filesystem::path& path) {
  struct stat status {};
  const bool known = stat(database.c_str(), &status) == 0;
  const mode_t mode = known ? status.st_mode & 0666U : 0600U;
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, mode);
  if (file < 0) return -1;
  // A file system without modes and owners has none to lose.
  [[maybe_unused]] const int set = fchmod(file, mode);
  if (known && geteuid() == 0) {
    [[maybe_unused]] const int given = fchown(file, status.st_uid, status.st_gid);
  }
  return file;
}

int open_side_file(const std::filesystem::path& database, const std::filesystem::path& path,
                   bool create) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file >= 0 || errno != ENOENT || !create) return file;
  const int created = create_beside(database, path);
  if (created >= 0 || errno != EEXIST) return created;
  return ::open(path.c_str(), O_RDWR | O_CLOEXEC);
}

// Gives the page its place on the disk: filling a hole on a full disk through a mapping would kill
// the process. Returns 0 or an errno.
int take_space(int file, const struct stat& status) {
  if (status.st_size >= kPageBytes && status.st_blocks * 512 >= kPageBytes) return 0;
  const int failure = posix_fallocate(file, 0, kPageBytes);
  if (failure != EOPNOTSUPP && failure != EINVAL) return failure;
  return status.st_size >= kPageBytes || ftruncate(file, kPageBytes) == 0 ? 0 : errno;
}

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen) noexcept {
  const timespec timeout{.tv_sec = 0, .tv_nsec = kLookAgainNs};
  syscall(SYS_futex, &word, FUTEX_WAIT, seen, &timeout, nullptr, 0);
}

void futex_wake_all(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace

std::filesystem::path writers_file(const std::filesystem::path& database) {
  return database.string() + "-writers";
}

WriterTurn::~WriterTurn() {
  if (page_ != nullptr) munmap(page_, kPageBytes);
  if (file_ >= 0) close(file_);
}

Result<void> WriterTurn::open(const std::filesystem::path& database, bool read_only) {
  const std::filesystem::path path = writers_file(database);
  file_ = open_side_file(database, path, !read_only);
  writable_ = file_ >= 0;
  if (file_ < 0 && read_only) file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) {
    if (read_only) return {};
    return failed("can't open the file that writers take turns with,", path);
  }
  struct stat status {};
  if (fstat(file_, &status) != 0) return failed("can't look at", path);
  if (writable_) {
    errno = take_space(file_, status);
    if (errno != 0 && !read_only) return failed("can't extend", path);
    if (errno != 0) return {};
  } else if (status.st_size < kPageBytes) {
    return {};
  }
  const int protection = writable_ ? PROT_READ | PROT_WRITE : PROT_READ;
  void* mapped = mmap(nullptr, kPageBytes, protection, MAP_SHARED, file_, 0);
  if (mapped == MAP_FAILED) return failed("can't map", path);
  page_ = static_cast<Page*>(mapped);
  return {};
}

bool WriterTurn::try_lock(off_t byte) noexcept {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  if (fcntl(file_, F_OFD_SETLK, &lock) == 0) return true;
  // A file system without such locks: no turns then, SQLite's lock alone decides.
  return errno != EAGAIN && errno != EACCES && errno != EINTR;
}

void WriterTurn::unlock(off_t byte) noexcept {
  struct flock lock {};
  lock.l_type = F_UNLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  fcntl(file_, F_OFD_SETLK, &lock);
  // Pairs with the waiter, which counts itself before it tries and sleeps only on the count of
  // releases that it saw before it tried: one of the two sees the other.
  page_->released.fetch_add(1, std::memory_order_seq_cst);
  if (page_->waiters.load(std::memory_order_seq_cst) != 0) futex_wake_all(page_->released);
}

bool WriterTurn::lock(off_t byte, const std::function<bool()>& keep_waiting) {
  if (try_lock(byte)) return true;
  page_->waiters.fetch_add(1, std::memory_order_seq_cst);
  bool locked = false;
  do {
    const std::uint32_t seen = page_->released.load(std::memory_order_seq_cst);
    locked = try_lock(byte);
    if (locked) break;
    futex_wait(page_->released, seen);
  } while (keep_waiting());
  page_->waiters.fetch_sub(1, std::memory_order_seq_cst);
  return locked;
}

bool WriterTurn::acquire(const std::function<bool()>& keep_waiting) {
  if (!lock(kNext, keep_waiting)) return false;
  const bool locked = lock(kCurrent, keep_waiting);
  unlock(kNext);
  return locked;
}

void WriterTurn::release() noexcept { unlock(kCurrent); }

void WriterTurn::announce(Position head) noexcept {
  if (page_ != nullptr && writable_) page_->head.store(head.value, std::memory_order_release);
}

Position WriterTurn::shared_head() const noexcept {
  if (page_ == nullptr) return {};
  return {page_->head.load(std::memory_order_acquire)};
}

void WriterTurn::correct(Position announced, Position actual) noexcept {
  if (page_ == nullptr || !writable_) return;
  page_->head.compare_exchange_strong(announced.value, actual.value, std::memory_order_acq_rel);
}

}  // namespace eventcore::sqlite
