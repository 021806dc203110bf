#pragma once

// `PageBuilder`: makes a page of rows, and remembers what is to be fetched for it in the end:
// names of streams and types, large payloads, batches.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/detail/page_bytes.hpp"
#include "eventcore/event_page.hpp"
#include "rows.hpp"
#include "type_catalog.hpp"

namespace eventcore::postgres {

/// Stream names by number, the latest that were met. Thread-safety: One thread at a time.
class NameCache {
 public:
  /// The name of a stream; empty if it is not here. Lives until the next call of `learn`.
  [[nodiscard]] std::string_view find(std::uint64_t number) const noexcept {
    if (slots_.empty()) return {};
    const Slot& slot = slots_[number % kSlots];
    return slot.number == number ? std::string_view(slot.name) : std::string_view();
  }
  void learn(std::uint64_t number, std::string_view name) {
    if (slots_.empty()) slots_.resize(kSlots);
    slots_[number % kSlots] = {.number = number, .name = std::string(name), .copy = {}};
  }

  /// From now on `find_copy` copies each name once more.
  void begin_page() noexcept { ++page_; }
  /// A copy of the name in `bytes`, the same for the whole page; empty if it is not here.
  [[nodiscard]] std::string_view find_copy(std::uint64_t number, detail::PageBytes& bytes) {
    if (slots_.empty()) return {};
    Slot& slot = slots_[number % kSlots];
    if (slot.number != number) return {};
    if (slot.page != page_) {
      slot.page = page_;
      slot.copy = bytes.copy(slot.name);
    }
    return slot.copy;
  }

 private:
  struct Slot {
    std::uint64_t number = 0;
    std::string name;
    std::uint64_t page = 0;  // that holds `copy`
    std::string_view copy;
  };
  static constexpr std::size_t kSlots = 65'536;

  std::vector<Slot> slots_;  // none before the first name
  std::uint64_t page_ = 0;
};

/// The columns of `read_log` and `read_events`. `read_streams` has the first nine, where the
/// stream is its place in the query.
enum EventColumn : int {
  kPosition,
  kStream,
  kVersion,
  kTime,
  kType,
  kTypeVersion,
  kOrdinal,
  kHeaders,
  kPayload,
  kPayloadSize,  ///< Of a payload that is not sent because it is large; else NULL.
};

/// Thread-safety: One thread at a time.
class PageBuilder {
 public:
  struct Limits {
    std::size_t events_max = 0;
    std::size_t bytes_max = 0;
    bool with_batch = false;
  };

  PageBuilder(Limits limits, std::shared_ptr<const TypeNames> types);

  /// Makes room for that many events.
  void expect(std::uint64_t events);
  /// Adds the event of a row, whose stream is named later. False: it does not fit, and the page
  /// has more.
  [[nodiscard]] bool add(const Rows& rows, int row);
  /// The same for a row of `read_streams`, with the name of its stream.
  [[nodiscard]] bool add(const Rows& rows, int row, std::string_view stream);

  [[nodiscard]] std::size_t events_left() const noexcept {
    return limits_.events_max - page.events.size();
  }

  // What is missing before the page can be handed over.
  /// Names the streams that `names` knows; returns the numbers of the others.
  [[nodiscard]] std::vector<std::uint64_t> name_streams(NameCache& names);
  /// Names the others, and lets `names` learn them. Errors: Corrupt.
  [[nodiscard]] Result<void> name_streams(const Rows& numbers_and_names, NameCache& names);
  [[nodiscard]] std::vector<std::uint64_t> unknown_types() const;
  [[nodiscard]] std::vector<std::uint64_t> large_payloads() const;
  [[nodiscard]] std::vector<std::uint64_t> batches() const;

  [[nodiscard]] Result<void> set_payloads(const Rows& positions_and_payloads);
  [[nodiscard]] Result<void> set_batches(const Rows& batches);
  /// Errors: Corrupt (a type without a name).
  [[nodiscard]] Result<EventPage> finish(std::shared_ptr<const TypeNames> types);

  EventPage page;

 private:
  // What the page's views point into.
  struct Storage {
    detail::PageBytes bytes;
    std::deque<StoredBatch> batches;
    std::shared_ptr<const TypeNames> types;
  };

  [[nodiscard]] StoredEvent* add_row(const Rows& rows, int row);
  Limits limits_;
  std::size_t bytes_ = 0;
  std::shared_ptr<Storage> storage_;
  std::vector<std::uint64_t> streams_;  // numbers of the events' streams; without names so far
  std::vector<std::size_t> large_;      // events without their payload
  std::string_view last_stream_;        // of the query, and its copy
  std::string_view last_stream_copy_;
};

}  // namespace eventcore::postgres
