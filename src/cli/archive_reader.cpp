#include "archive_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::cli {
namespace {

Error unreadable(const std::filesystem::path& path, std::string_view reason) {
  return make_error(ErrorCode::InvalidArgument,
                    "can't read " + path.string() + ": " + std::string(reason));
}

bool is_known(FrameKind kind) {
  return kind == FrameKind::Head || kind == FrameKind::Data || kind == FrameKind::Tail;
}

}  // namespace

ArchiveReader::ArchiveReader(std::filesystem::path path, int descriptor, std::uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), size_(size), context_(ZSTD_createDCtx()) {
  EVENTCORE_ASSERT(context_ != nullptr, "out of memory");
}

ArchiveReader::~ArchiveReader() { close(descriptor_); }

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(const std::filesystem::path& path) {
  // A pipe without a writer is refused like any other, and not waited for.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return unreadable(path, std::strerror(errno));
  struct stat status {};
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader(
      path, descriptor, regular ? static_cast<std::uint64_t>(status.st_size) : 0));
  if (!regular) return unreadable(path, "it is no regular file");
  if (auto begun = reader->begin(); !begun) return begun.error();
  return reader;
}

Error ArchiveReader::damaged(std::uint64_t offset, std::string_view what) const {
  return make_error(ErrorCode::InvalidArgument, path_.string() + " is damaged at offset " +
                                                    std::to_string(offset) + ": " +
                                                    std::string(what));
}

Result<void> ArchiveReader::read(std::string& to, std::size_t bytes) {
  if (bytes > size_ - offset_) {
    return damaged(size_, "the file is cut off: " + std::to_string(bytes - (size_ - offset_)) +
                              " bytes are missing from here");
  }
  to.resize(bytes);
  for (std::size_t done = 0; done != bytes;) {
    const ssize_t got =
        pread(descriptor_, to.data() + done, bytes - done, static_cast<off_t>(offset_ + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path_, std::strerror(errno));
    if (got == 0) return damaged(offset_ + done, "the file became shorter");
    done += static_cast<std::size_t>(got);
  }
  offset_ += bytes;
  return {};
}

Result<void> ArchiveReader::begin() {
  offset_ = 0;
  digest_ = 0;
  std::string magic;
  if (size_ >= kMagic.size()) {
    if (auto got = read(magic, kMagic.size()); !got) return got;
  }
  if (magic != kMagic) return unreadable(path_, "it is no backup of eventcore");
  const Result<Frame> frame = next_frame();
  if (!frame) return frame.error();
  if (frame->header.kind != FrameKind::Head)
    return damaged(frame->offset, "there is no HEAD frame");
  Result<ArchiveHead> head = decode_head(stored_);
  if (!head) return damaged(frame->offset, head.error().message);
  head_ = *std::move(head);
  return {};
}

Result<ArchiveReader::Frame> ArchiveReader::next_frame() {
  Frame frame{.header = {}, .offset = offset_};
  std::string head;
  if (offset_ == size_) return damaged(offset_, "the file is cut off: there is no TAIL frame");
  if (auto got = read(head, kFrameHeaderBytes); !got) return got.error();
  frame.header = decode_frame_header(head);
  if (!is_known(frame.header.kind) || frame.header.stored_bytes > kFrameBytesMax ||
      frame.header.raw_bytes > kFrameBytesMax) {
    return damaged(frame.offset, "the frame's header is wrong");
  }
  if (auto got = read(stored_, frame.header.stored_bytes); !got) return got.error();
  if (frame_checksum(head, stored_) != frame.header.checksum) {
    return damaged(frame.offset, "the frame's checksum is wrong");
  }
  // The TAIL tells the digest of the frames before it.
  if (frame.header.kind != FrameKind::Tail) {
    digest_ = extend_digest(digest_, frame.header.checksum);
  }
  return frame;
}

Result<ArchiveTail> ArchiveReader::check(const Progress& progress) {
  if (auto begun = begin(); !begun) return begun.error();
  LogEnd end = head_.after;
  std::uint64_t batches = 0;
  while (true) {
    if (!progress(offset_, size_)) return make_error(ErrorCode::Cancelled, "interrupted");
    const Result<Frame> frame = next_frame();
    if (!frame) return frame.error();
    const FrameHeader& header = frame->header;
    if (header.kind == FrameKind::Tail) {
      Result<ArchiveTail> tail = decode_tail(stored_);
      if (!tail) return damaged(frame->offset, tail.error().message);
      if (tail->digest != digest_ || tail->end.position != end.position ||
          tail->events != end.position - head_.after.position || tail->batches != batches) {
        return damaged(frame->offset, "the TAIL frame tells of another content");
      }
      if (offset_ != size_) return damaged(offset_, "there is something behind the end");
      return tail;
    }
    if (header.kind != FrameKind::Data || header.first != end.position + 1 ||
        header.last < header.first) {
      return damaged(frame->offset, "the frame does not follow the one before it");
    }
    end.position = header.last;
    batches += header.batches;
  }
}

Result<void> ArchiveReader::decompress(const Frame& frame) {
  raw_.resize(frame.header.raw_bytes);
  const std::size_t bytes =
      ZSTD_decompressDCtx(context_.get(), raw_.data(), raw_.size(), stored_.data(), stored_.size());
  if (ZSTD_isError(bytes) != 0) return damaged(frame.offset, ZSTD_getErrorName(bytes));
  if (bytes != raw_.size()) return damaged(frame.offset, "the frame has another length");
  return {};
}

Result<void> ArchiveReader::for_each_batch(const Take& take) {
  if (auto begun = begin(); !begun) return begun;
  while (true) {
    const Result<Frame> frame = next_frame();
    if (!frame) return frame.error();
    if (frame->header.kind == FrameKind::Tail) return {};
    if (frame->header.kind != FrameKind::Data) return damaged(frame->offset, "a second HEAD frame");
    if (auto done = decompress(*frame); !done) return done;
    Position next = frame->header.first;
    for (std::string_view rest = raw_; !rest.empty();) {
      const Result<ArchivedBatch> batch = decode_batch(rest, next);
      if (!batch) return damaged(frame->offset, describe(batch.error()));
      next = next + batch->info.events;
      const Result<bool> taken = take(*batch);
      if (!taken) return taken.error();
      if (!*taken) return {};
    }
    if (next != frame->header.last + 1) return damaged(frame->offset, "the frame misses batches");
  }
}

}  // namespace eventcore::cli
