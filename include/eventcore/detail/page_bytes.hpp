#pragma once

/// \file
/// `PageBytes`: the bytes of one page of events.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "eventcore/limits.hpp"

namespace eventcore::detail {

/// Bytes back to back; `kPayloadPadding` bytes behind each may be read.
/// Thread-safety: One thread at a time until the page is handed over.
class PageBytes {
 public:
  [[nodiscard]] std::string_view copy(std::string_view bytes) {
    if (bytes.size() > room_ || next_ == nullptr) add_chunk(bytes.size());
    char* place = next_;
    // A memcpy of nothing from nowhere is undefined.
    if (!bytes.empty()) std::memcpy(place, bytes.data(), bytes.size());
    next_ += bytes.size();
    room_ -= bytes.size();
    return {place, bytes.size()};
  }

 private:
  static constexpr std::size_t kFirstChunk = 16 * 1024;
  static constexpr std::size_t kLargestChunk = 1024 * 1024;

  void add_chunk(std::size_t needed) {
    const std::size_t wanted = std::max(next_chunk_, needed + limits::kPayloadPadding);
    // Not zeroed: the padding may be read, never interpreted. Its bytes are set all the same, so
    // that a memory checker stays silent.
    chunks_.emplace_back(new char[wanted]);
    next_ = chunks_.back().get();
    room_ = wanted - limits::kPayloadPadding;
    std::memset(next_ + room_, 0, limits::kPayloadPadding);
    next_chunk_ = std::min(next_chunk_ * 2, kLargestChunk);
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t room_ = 0;
  std::size_t next_chunk_ = kFirstChunk;
};

}  // namespace eventcore::detail
