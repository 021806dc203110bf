#pragma once

// `HeldTraces`: unsampled traces whose local root has not ended, for the `KeepRule`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "eventcore/tracing/tracer.hpp"
#include "span_format.hpp"

namespace eventcore::detail {

/// Thread-safety: One thread at a time.
class HeldTraces {
 public:
  using TraceId = std::array<std::uint8_t, 16>;

  explicit HeldTraces(const KeepRule& rule) : rule_(rule) {}

  /// Takes an unsampled record. What it decides to keep is added to `kept`, one record after the
  /// other.
  void take(const std::byte* record, const SpanHead& head, Instant now,
            std::vector<std::byte>& kept);
  /// Decides traces that have been held for too long.
  void expire(Instant now, std::vector<std::byte>& kept);
  /// Decides all traces by what is known of them.
  void decide_all(std::vector<std::byte>& kept);
  /// Forgets everything.
  void clear() noexcept;

  [[nodiscard]] std::uint64_t held() const noexcept { return held_; }
  [[nodiscard]] std::uint64_t not_kept() const noexcept { return not_kept_; }
  [[nodiscard]] std::uint64_t undecided() const noexcept { return undecided_; }

 private:
  struct Hash {
    std::size_t operator()(const TraceId& id) const noexcept;
  };
  struct Trace {
    TraceId id{};
    std::vector<std::byte> records;
    std::uint32_t spans = 0;
    bool matters = false;  // by errors, or a slow span
    Instant since;
  };
  /// The last decisions, for spans that end after their local root.
  struct Decisions {
    void add(const TraceId& id, bool kept);
    std::unordered_map<TraceId, bool, Hash> by_id;
    std::list<TraceId> in_order;
  };

  [[nodiscard]] bool matters(const SpanHead& head) const noexcept;
  void decide(std::list<Trace>::iterator trace, bool keep, std::vector<std::byte>& kept);
  void decide_oldest(std::vector<std::byte>& kept);

  const KeepRule rule_;
  std::list<Trace> traces_;  // oldest first
  std::unordered_map<TraceId, std::list<Trace>::iterator, Hash> by_id_;
  Decisions decisions_;
  std::size_t bytes_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t not_kept_ = 0;
  std::uint64_t undecided_ = 0;
};

}  // namespace eventcore::detail
