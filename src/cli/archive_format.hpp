#pragma once

/// \file
/// The file that `eventcore backup` writes, described in docs/reference/backup-format.md.
///
/// A file is `kMagic` and frames: one HEAD, any number of DATA, one TAIL. Every frame has a
/// checksum over its header and its stored bytes. Stored on disk: never change the meaning of
/// format 1.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/event_page.hpp"
#include "eventcore/result.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore::cli {

inline constexpr std::string_view kMagic = "ECBACKUP";
inline constexpr std::uint64_t kFormat = 1;
inline constexpr std::size_t kFrameHeaderBytes = 40;
/// More than the largest batch needs; a frame that claims more is damaged.
inline constexpr std::uint32_t kFrameBytesMax = std::uint32_t{256} * 1024 * 1024;

/// What a frame is for, in four letters.
enum class FrameKind : std::uint32_t { Head = 0x44414548, Data = 0x41544144, Tail = 0x4C494154 };

/// The fixed part of a frame.
struct FrameHeader {
  FrameKind kind = FrameKind::Data;
  std::uint32_t stored_bytes = 0;
  std::uint32_t raw_bytes = 0;  ///< Before compression; of HEAD and TAIL the same.
  std::uint32_t batches = 0;
  Position first = {};
  Position last = {};
  std::uint64_t checksum = 0;
};

/// The header's bytes with the checksum of it and `stored`; sets `header.checksum`.
[[nodiscard]] std::string encode_frame_header(FrameHeader& header, std::string_view stored);
/// The header in `bytes`, which are `kFrameHeaderBytes`. Checks nothing.
[[nodiscard]] FrameHeader decode_frame_header(std::string_view bytes) noexcept;
/// The checksum of a frame: XXH3 of `stored`, seeded with XXH3 of the header before its checksum.
[[nodiscard]] std::uint64_t frame_checksum(std::string_view header,
                                           std::string_view stored) noexcept;

/// Where a log was cut: everything up to `position`, which is the end of batch `batch`.
struct LogEnd {
  Position position;
  Uuid batch;  ///< Nil for position 0.

  friend bool operator==(const LogEnd&, const LogEnd&) = default;
};

/// HEAD: where the archive's events come from.
struct ArchiveHead {
  LogEnd after;  ///< The archive holds the events behind it.
  Timestamp created;
  std::string store;  ///< URL without secrets.
};

/// TAIL: what the archive holds. Without it the file is cut off.
struct ArchiveTail {
  LogEnd end;
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t digest = 0;  ///< See `extend_digest`.
};

[[nodiscard]] std::string encode_head(const ArchiveHead& head);
[[nodiscard]] Result<ArchiveHead> decode_head(std::string_view text);
[[nodiscard]] std::string encode_tail(const ArchiveTail& tail);
[[nodiscard]] Result<ArchiveTail> decode_tail(std::string_view text);

/// The digest of a file up to and including a frame of `checksum`.
[[nodiscard]] std::uint64_t extend_digest(std::uint64_t digest, std::uint64_t checksum) noexcept;

/// An event of an archived batch. Views the frame.
struct ArchivedEvent {
  std::string_view stream;
  StreamVersion version;
  std::string_view type;
  std::uint32_t schema_version = 1;
  std::string_view headers;
  std::string_view payload;
};

/// A batch of a DATA frame. Views the frame.
struct ArchivedBatch {
  StoredBatch info;
  Timestamp time;
  std::vector<ArchivedEvent> events;
};

/// Appends what a batch's events have in common; the events follow. `first` is not written: it is
/// the position behind the batch before.
void encode_batch(const StoredBatch& batch, Timestamp time, std::string& out);
void encode_event(const StoredEvent& event, std::string& out);
/// Takes the batch that begins at position `first` off the front of `bytes`.
/// Errors: DecodeFailed.
[[nodiscard]] Result<ArchivedBatch> decode_batch(std::string_view& bytes, Position first);

/// The batch as it was appended, for `StoreAdministration::import_batch`.
/// Errors: DecodeFailed, InvalidArgument (a stream id that is none).
[[nodiscard]] Result<WriteBatch> rebuild(const ArchivedBatch& batch);

}  // namespace eventcore::cli
