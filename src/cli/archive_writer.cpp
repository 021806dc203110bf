#include "archive_writer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::cli {
namespace {

/// A frame ends with the batch that passes this size: what a restore holds in memory, usually.
constexpr std::size_t kFrameBytes = std::size_t{1} * 1024 * 1024;
constexpr int kCompressionLevel = 3;
constexpr mode_t kMode = 0600;

Error no_file(const std::filesystem::path& path) {
  return make_error(ErrorCode::InvalidArgument,
                    "can't write " + path.string() + ": " + std::strerror(errno));
}

bool is_named(int descriptor, const std::filesystem::path& name) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && lstat(name.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Opens the file that becomes `path`, and locks it against other backups.
Result<int> open_partial(const std::filesystem::path& path) {
  const std::filesystem::path partial = partial_of(path);
  while (true) {
    const int descriptor =
        open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode);
    if (descriptor < 0) return no_file(path);
    struct stat status {};
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(descriptor);
      return make_error(ErrorCode::InvalidArgument, partial.string() + " is no regular file");
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      close(descriptor);
      return make_error(ErrorCode::InvalidArgument,
                        "another backup is writing " + path.string() + " at this moment");
    }
    // A backup that ended between the opening and the locking has taken the file away.
    if (is_named(descriptor, partial)) return descriptor;
    close(descriptor);
  }
}

/// Makes the name of a file durable. A file system that can't is no reason to fail: the content
/// is safe already.
void sync_folder(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

ArchiveWriter::ArchiveWriter(std::filesystem::path path, Existing existing, int descriptor,
                             LogEnd after)
    : path_(std::move(path)),
      existing_(existing),
      partial_(partial_of(path_)),
      descriptor_(descriptor),
      context_(ZSTD_createCCtx()) {
  EVENTCORE_ASSERT(context_ != nullptr, "out of memory");
  tail_.end = after;
  data_.first = after.position + 1;
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::create(const std::filesystem::path& path,
                                                             const ArchiveHead& head,
                                                             Existing existing) {
  const Result<int> descriptor = open_partial(path);
  if (!descriptor) return descriptor.error();
  std::unique_ptr<ArchiveWriter> writer(new ArchiveWriter(path, existing, *descriptor, head.after));
  if (ftruncate(*descriptor, 0) != 0) return writer->failed("can't begin");
  if (auto magic = writer->write(kMagic); !magic) return magic.error();
  const std::string text = encode_head(head);
  FrameHeader frame{.kind = FrameKind::Head, .raw_bytes = static_cast<std::uint32_t>(text.size())};
  if (auto written = writer->write_frame(frame, text); !written) return written.error();
  return writer;
}

ArchiveWriter::~ArchiveWriter() {
  if (!finished_) unlink(partial_.c_str());
  close(descriptor_);
}

Error ArchiveWriter::failed(std::string_view what) const {
  return make_error(ErrorCode::HandlerFailed,
                    std::string(what) + " " + path_.string() + ": " + std::strerror(errno));
}

Result<void> ArchiveWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("can't write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<void> ArchiveWriter::write_frame(FrameHeader header, std::string_view stored) {
  header.stored_bytes = static_cast<std::uint32_t>(stored.size());
  const std::string head = encode_frame_header(header, stored);
  tail_.digest = extend_digest(tail_.digest, header.checksum);
  if (auto written = write(head); !written) return written;
  return write(stored);
}

Result<void> ArchiveWriter::write_data() {
  if (raw_.empty()) return {};
  EVENTCORE_ASSERT(raw_.size() <= kFrameBytesMax, "a batch is larger than its limits allow");
  stored_.resize(ZSTD_compressBound(raw_.size()));
  const std::size_t bytes = ZSTD_compressCCtx(context_.get(), stored_.data(), stored_.size(),
                                              raw_.data(), raw_.size(), kCompressionLevel);
  EVENTCORE_ASSERT(ZSTD_isError(bytes) == 0, ZSTD_getErrorName(bytes));
  stored_.resize(bytes);
  data_.raw_bytes = static_cast<std::uint32_t>(raw_.size());
  data_.last = tail_.end.position;
  if (auto written = write_frame(data_, stored_); !written) return written;
  data_ = {.first = tail_.end.position + 1};
  raw_.clear();
  return {};
}

Result<void> ArchiveWriter::add(const StoredEvent& event) {
  EVENTCORE_ASSERT(event.batch != nullptr, "events of a backup are read with their batch");
  const bool begins = between_batches();
  if (event.position != tail_.end.position + 1 || (event.ordinal == 0) != begins) {
    return make_error(ErrorCode::Corrupt,
                      "the log is not dense: expected position " +
                          std::to_string(tail_.end.position.value + 1) +
                          "; eventcore verify tells more",
                      event.stream, event.position);
  }
  if (begins) {
    encode_batch(*event.batch, event.time, raw_);
    missing_in_batch_ = event.batch->events;
    tail_.end.batch = event.batch->id;
    ++tail_.batches;
    ++data_.batches;
  }
  encode_event(event, raw_);
  tail_.end.position = event.position;
  ++tail_.events;
  --missing_in_batch_;
  if (between_batches() && raw_.size() >= kFrameBytes) return write_data();
  return {};
}

Result<void> ArchiveWriter::give_name() {
  if (existing_ == Existing::Keep) {
    if (renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0) {
      return {};
    }
    const bool is_unknown = errno == EINVAL || errno == ENOSYS;
    struct stat status {};
    if (errno == EEXIST || (is_unknown && lstat(path_.c_str(), &status) == 0)) {
      return make_error(ErrorCode::InvalidArgument, path_.string() + " was made by another one");
    }
    if (!is_unknown) return failed("can't rename the archive to");
  }
  if (rename(partial_.c_str(), path_.c_str()) != 0) return failed("can't rename the archive to");
  return {};
}

Result<ArchiveTail> ArchiveWriter::finish() {
  if (!between_batches()) {
    return make_error(ErrorCode::Corrupt, "the last batch of the log is incomplete", {},
                      tail_.end.position);
  }
  if (auto written = write_data(); !written) return written.error();
  const std::string text = encode_tail(tail_);
  FrameHeader frame{.kind = FrameKind::Tail, .raw_bytes = static_cast<std::uint32_t>(text.size())};
  if (auto written = write_frame(frame, text); !written) return written.error();
  if (fsync(descriptor_) != 0) return failed("can't sync");
  if (auto named = give_name(); !named) return named.error();
  finished_ = true;
  sync_folder(path_);
  return tail_;
}

}  // namespace eventcore::cli
