#pragma once

/// \file
/// Every fixed limit of the library, in one place. Options may lower some of them, never raise.
/// Each is tested at its value and one past it.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace eventcore::limits {

/// Unicode code points in a stream id, prefix or pattern (UTF-8, so up to four times the bytes).
inline constexpr std::size_t kStreamIdCharacters = 255;
/// Bytes of an event type's stored name and of a command type's name.
inline constexpr std::size_t kTypeNameBytes = 128;
/// Bytes of one encoded event.
inline constexpr std::size_t kEventBytes = std::size_t{16} * 1024 * 1024;
/// Bytes of the encoded headers of one event.
inline constexpr std::size_t kHeaderBytes = std::size_t{64} * 1024;
/// Events of one batch.
inline constexpr std::size_t kBatchEvents = 10'000;
/// Bytes of all events and headers of one batch.
inline constexpr std::size_t kBatchBytes = std::size_t{64} * 1024 * 1024;
/// Streams that one batch reads or writes.
inline constexpr std::size_t kBatchStreams = 1'000;
/// Bytes of a caller's idempotency key, of a correlation id and of a causation id.
inline constexpr std::size_t kKeyBytes = 256;
/// Bytes of the name of a projection.
inline constexpr std::size_t kProjectionNameBytes = 128;
/// Rounds of discovery in one attempt.
inline constexpr std::size_t kDiscoveryRounds = 10;
/// Events of one page of a read.
inline constexpr std::size_t kPageEvents = 10'000;
/// Bytes behind the payloads of a page or batch that a parser may read (never interpret).
inline constexpr std::size_t kPayloadPadding = 64;

}  // namespace eventcore::limits
