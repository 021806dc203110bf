#pragma once

// The most frequent of very many streams, in bounded memory: the space-saving algorithm of
// Metwally, Agrawal and El Abbadi, "Efficient computation of frequent and top-k elements in data
// streams" (2005).
//
// A fixed number of places each count one stream. A stream without a place takes the one that has
// counted least and goes on from its count, which is the newcomer's error: the true count lies
// between `count - error` and `count`. Whatever occurs more often than all counts divided by the
// number of places has a place for certain.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventcore::observability::detail {

/// What a place knows of its stream.
struct StreamCount {
  std::string stream;
  std::uint64_t hash = 0;
  std::uint64_t count = 0;      ///< Writes and conflicts; at most so many.
  std::uint64_t error = 0;      ///< And at least so many fewer.
  std::uint64_t conflicts = 0;  ///< Since it has a place.
  std::uint64_t version = 0;    ///< The highest that was seen.
};

/// Thread-safety: One thread at a time. Cost: some nanoseconds for a stream that has a place;
/// else a search for the least, which goes on where the last one ended.
class SpaceSaving {
 public:
  /// Requires: `places_max` is 1 to 16,384.
  explicit SpaceSaving(std::size_t places_max);

  /// Requires: `hash` is that of `stream`, and not 0.
  void add_write(std::uint64_t hash, std::string_view stream, std::uint64_t version,
                 std::uint64_t weight = 1);
  void add_conflict(std::uint64_t hash, std::string_view stream);

  [[nodiscard]] const std::vector<StreamCount>& places() const noexcept { return places_; }
  /// How often a stream without a place may have occurred.
  [[nodiscard]] std::uint64_t count_of_others() const noexcept;

 private:
  StreamCount& counted(std::uint64_t hash, std::string_view stream, std::uint64_t weight);
  [[nodiscard]] std::size_t find_slot(std::uint64_t hash) const noexcept;
  void erase_slot(std::uint64_t hash) noexcept;
  std::size_t least_place() noexcept;

  const std::size_t places_max_;
  std::vector<StreamCount> places_;
  std::vector<std::uint16_t> slots_;  // by hash: place + 1; 0: free
  std::uint64_t least_ = 0;           // no place counts less, once all are taken
  std::size_t hand_ = 0;              // where the next search for the least begins
};

}  // namespace eventcore::observability::detail
