#pragma once

// The last traced observation of each bucket of one histogram.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eventcore {
struct TraceContext;
}

namespace eventcore::observability {
struct BucketExemplar;
}

namespace eventcore::observability::detail {

/// Empty, and a pointer wide, until a sampled trace is seen. Thread-safety: Thread-safe.
/// Blocking: no; an exemplar that would have to wait is dropped, and so is one that comes within
/// 100 ms of the last.
class ExemplarShelf {
 public:
  ExemplarShelf() = default;
  ExemplarShelf(const ExemplarShelf&) = delete;
  ExemplarShelf& operator=(const ExemplarShelf&) = delete;
  ~ExemplarShelf();

  /// Keeps `value` of `trace` for `bucket` of `buckets`.
  [[gnu::cold]] void offer(std::size_t buckets, std::size_t bucket, double value,
                           const TraceContext& trace) noexcept;
  /// What is kept, by bucket. Requires: `buckets` is that of `offer`.
  [[nodiscard]] std::vector<BucketExemplar> list(std::size_t buckets) const;

 private:
  struct Place;

  std::atomic<Place*> places_ = nullptr;  // atomic: made by whoever comes first
};

}  // namespace eventcore::observability::detail
