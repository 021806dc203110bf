#pragma once

// `PageStorage`: the memory of one page of events: its bytes, and what its views point into.

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "eventcore/event_page.hpp"
#include "eventcore/limits.hpp"
#include "head_table.hpp"
#include "type_table.hpp"

namespace eventcore::sqlite {

/// Bytes back to back; `kPayloadPadding` bytes behind each may be read.
/// Thread-safety: One thread at a time until the page is handed over.
struct PageStorage {
  [[nodiscard]] std::string_view copy(std::string_view bytes) {
    if (bytes.size() > room || next == nullptr) add_chunk(bytes.size());
    char* place = next;
    // A memcpy of nothing from nowhere is undefined.
    if (!bytes.empty()) std::memcpy(place, bytes.data(), bytes.size());
    next += bytes.size();
    room -= bytes.size();
    return {place, bytes.size()};
  }

  std::deque<StoredBatch> batches;
  std::shared_ptr<const NameArena> names;
  std::shared_ptr<const TypeNames> types;

 private:
  static constexpr std::size_t kFirstChunk = 16 * 1024;
  static constexpr std::size_t kLargestChunk = 1024 * 1024;

  void add_chunk(std::size_t needed) {
    const std::size_t wanted = std::max(next_chunk, needed + limits::kPayloadPadding);
    // Not zeroed: the padding may be read, never interpreted. Its bytes are set all the same, so
    // that a memory checker stays silent.
    chunks.emplace_back(new char[wanted]);
    next = chunks.back().get();
    room = wanted - limits::kPayloadPadding;
    std::memset(next + room, 0, limits::kPayloadPadding);
    next_chunk = std::min(next_chunk * 2, kLargestChunk);
  }

  std::vector<std::unique_ptr<char[]>> chunks;
  char* next = nullptr;
  std::size_t room = 0;
  std::size_t next_chunk = kFirstChunk;
};

}  // namespace eventcore::sqlite
