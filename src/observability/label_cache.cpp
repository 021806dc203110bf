// Finds the series of run-time labels without a lock, once a thread has seen them.

#include "label_cache.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "eventcore/observability/metric_family.hpp"
#include "family_core.hpp"
#include "text_hash.hpp"

namespace eventcore::observability::detail {
namespace {

constexpr std::size_t kEntries = 1'024;

/// The series that one thread used last, by a hash of family and values. A series that stays is
/// never freed while its family lives, and the id of a family is never used again: what an entry
/// points to is there as long as somebody can ask for it.
struct LabelCache {
  struct Entry {
    std::uint64_t family = 0;
    std::uint64_t hash = 0;
    const Series* series = nullptr;
  };
  std::array<Entry, kEntries> entries{};
};

[[gnu::tls_model("initial-exec")]] constinit thread_local LabelCache* thread_labels = nullptr;

/// A hash of both ends of each value: whoever finds an entry by it compares the whole.
std::uint64_t hash_of(std::uint64_t family, std::span<const std::string_view> values) noexcept {
  std::uint64_t hash = family * 0x9E3779B97F4A7C15U;
  for (const std::string_view value : values) {
    std::uint64_t head = 0;
    std::uint64_t tail = value.size();
    if (value.size() >= sizeof head) {
      std::memcpy(&head, value.data(), sizeof head);
      std::memcpy(&tail, value.data() + value.size() - sizeof tail, sizeof tail);
      tail += value.size();
    } else {
      for (const char c : value) head = head << 8 | static_cast<unsigned char>(c);
    }
    hash = eventcore::detail::mix(hash ^ head ^ 0xA0761D6478BD642FU, tail ^ 0xE7037ED1A0B428DBU);
  }
  return hash;
}

bool equal(std::span<const std::string> held, std::span<const std::string_view> given) noexcept {
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!eventcore::detail::same_text(held[i], given[i])) return false;
  }
  return true;
}

}  // namespace

void drop_label_cache() noexcept { delete std::exchange(thread_labels, nullptr); }

void count_overflow(FamilyCore& family) noexcept { family.count_overflow(); }

MetricPoint resolve(FamilyCore& family, std::span<const std::string_view> values) {
  if (thread_labels == nullptr) [[unlikely]] {
    // Only a thread with a block of its own is told to drop its cache when it ends.
    if (&own_cell(0) == CellSpace::get().shared()) return family.acquire(values, true).point();
    thread_labels = new LabelCache;
  }
  const std::uint64_t hash = hash_of(family.id(), values);
  LabelCache::Entry& entry = thread_labels->entries[hash % kEntries];
  if (entry.family == family.id() && entry.hash == hash && equal(entry.series->values(), values)) {
    return entry.series->point();
  }
  const Series& series = family.acquire(values, true);
  if (equal(series.values(), values)) entry = {family.id(), hash, &series};
  return series.point();
}

}  // namespace eventcore::observability::detail
