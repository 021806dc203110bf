#pragma once

/// \file
/// `ArchiveWriter` makes a backup file: complete under its name, or not there at all.

#include <zstd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "archive_format.hpp"
#include "archive_target.hpp"

namespace eventcore::cli {

/// Writes beside the target and moves it there at the end. Thread-safety: One thread at a time.
class ArchiveWriter {
 public:
  /// Begins the archive of the events behind `head.after`.
  /// Errors: InvalidArgument (the file can't be made; another backup writes it), Unavailable.
  [[nodiscard]] static Result<std::unique_ptr<ArchiveWriter>> create(
      const std::filesystem::path& path, const ArchiveHead& head,
      Existing existing = Existing::Keep);
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  /// Removes what is not finished.
  ~ArchiveWriter();

  /// Adds the next event of the log, which was read with its batch.
  /// Errors: Corrupt (the log has a gap), HandlerFailed (the file can't be written).
  [[nodiscard]] Result<void> add(const StoredEvent& event);
  /// The archive could end here: every batch is complete.
  [[nodiscard]] bool between_batches() const noexcept { return missing_in_batch_ == 0; }
  /// Ends the archive, makes it durable and gives it its name.
  /// Errors: Corrupt (the last batch is incomplete), InvalidArgument (another file has the name
  /// meanwhile, and is kept), HandlerFailed.
  [[nodiscard]] Result<ArchiveTail> finish();
  /// Bytes written so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  };

  ArchiveWriter(std::filesystem::path path, Existing existing, int descriptor, LogEnd after);

  [[nodiscard]] Result<void> write_frame(FrameHeader header, std::string_view stored);
  [[nodiscard]] Result<void> write_data();
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> give_name();
  [[nodiscard]] Error failed(std::string_view what) const;

  const std::filesystem::path path_;
  const Existing existing_;
  const std::filesystem::path partial_;
  const int descriptor_;
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context_;

  ArchiveTail tail_;
  FrameHeader data_;  ///< Of the frame that is being gathered.
  std::string raw_;
  std::string stored_;
  std::uint32_t missing_in_batch_ = 0;
  std::uint64_t size_ = 0;
  bool finished_ = false;
};

}  // namespace eventcore::cli
