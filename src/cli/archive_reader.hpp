#pragma once

/// \file
/// `ArchiveReader` reads a backup file: checks it as a whole, then hands out its batches.

#include <zstd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "archive_format.hpp"
#include "eventcore/store_administration.hpp"

namespace eventcore::cli {

/// Errors name the file and the offset of what is damaged, with InvalidArgument.
/// Thread-safety: One thread at a time.
class ArchiveReader {
 public:
  /// Opens the file and reads its HEAD.
  [[nodiscard]] static Result<std::unique_ptr<ArchiveReader>> open(
      const std::filesystem::path& path);
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  ~ArchiveReader();

  [[nodiscard]] const ArchiveHead& head() const noexcept { return head_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Reads the whole file and checks every checksum, that positions are dense and that the end is
  /// there. `progress` counts bytes. Errors: Cancelled.
  [[nodiscard]] Result<ArchiveTail> check(const Progress& progress);

  /// Takes one batch; false ends the reading.
  using Take = std::function<Result<bool>(const ArchivedBatch& batch)>;
  /// Hands the batches to `take`, in order. Every frame is checked again before its first batch.
  /// Errors: those of `take`.
  [[nodiscard]] Result<void> for_each_batch(const Take& take);

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  };
  /// A frame whose checksum is right.
  struct Frame {
    FrameHeader header;
    std::uint64_t offset = 0;
  };

  ArchiveReader(std::filesystem::path path, int descriptor, std::uint64_t size);

  [[nodiscard]] Result<void> begin();
  /// Reads the next frame; its stored bytes are in `stored_`.
  [[nodiscard]] Result<Frame> next_frame();
  [[nodiscard]] Result<void> decompress(const Frame& frame);
  [[nodiscard]] Result<void> read(std::string& to, std::size_t bytes);
  [[nodiscard]] Error damaged(std::uint64_t offset, std::string_view what) const;

  const std::filesystem::path path_;
  const int descriptor_;
  const std::uint64_t size_;
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  ArchiveHead head_;
  std::uint64_t offset_ = 0;  ///< Of what is read next.
  std::uint64_t digest_ = 0;  ///< Of the frames read.
  std::string stored_;
  std::string raw_;
};

}  // namespace eventcore::cli
