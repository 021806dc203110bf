#pragma once

/// \file
/// `Explanation`: how events came about. What the command that wrote them had read, who was faster
/// in its failed attempts, what it wrote, and which projections have applied it.
///
/// `eventcore explain` and the console show it. A position is found at once; an id, a trace or a
/// correlation is found with `BatchSearch`.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/decision_record.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/result.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// One command's batch with its events, in a form that outlives the pages it was read from.
struct Explanation {
  std::vector<EventPage> pages;
  const StoredBatch* batch = nullptr;  ///< In the first page.
  StoredDecision decision;
  std::vector<std::string> applied_by;  ///< Projections with a checkpoint behind the events.
  std::vector<std::string> awaited_by;  ///< The others.

  /// The position of the batch's last event.
  [[nodiscard]] Position last() const { return {batch->first.value + batch->events - 1}; }
  /// How many of its events went to `stream`.
  [[nodiscard]] std::uint64_t events_written(std::string_view stream) const;
};

/// The explanation of the batch that begins at `first` and has `events` events. Blocking: reads.
/// Errors: Corrupt (nothing is there), DecodeFailed, and those of reading.
[[nodiscard]] Result<Explanation> explain_batch(EventStore& store, Position first,
                                                std::uint32_t events);
/// The explanation of the batch that has an event at `position`; nothing past the head. As
/// `explain_batch`.
[[nodiscard]] Result<std::optional<Explanation>> explain_position(EventStore& store,
                                                                  Position position);

/// Which batches are looked for, and where.
struct BatchSearch {
  std::function<bool(const StoredBatch&)> wanted;
  Position after = {0};  ///< Exclusive.
  std::size_t batches_max = 20;
  Deadline deadline = {};  ///< The search ends at the first page past it.
};

/// What a search has found.
struct FoundBatches {
  struct Place {
    Position first;
    std::uint32_t events = 0;
  };
  std::vector<Place> batches;  ///< In order of the log.
  Position searched_to;        ///< No batch up to here is missing.
  Position head;               ///< When the search began; it goes no further.
};

/// Reads the log behind `search.after`. Blocking: until the head, the limit or the deadline.
/// Errors: those of reading.
[[nodiscard]] Result<FoundBatches> find_batches(EventStore& store, const BatchSearch& search);

/// The last position whose event is older than `time`. Cost: a read for each bit of the head.
[[nodiscard]] Result<Position> position_before(EventStore& store, Timestamp time);

/// Where a search for the command `id` begins: version 7 ids tell when they were minted, shortly
/// before the command was stored, by a clock that may be an hour off; others say nothing, 0.
[[nodiscard]] Result<Position> search_begin(EventStore& store, const Uuid& id);

/// The trace id written as 32 hex digits or as a traceparent.
[[nodiscard]] std::optional<std::array<std::uint8_t, 16>> parse_trace_id(std::string_view text);

}  // namespace eventcore
