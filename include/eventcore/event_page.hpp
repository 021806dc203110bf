#pragma once

/// \file
/// `EventPage`: what a read returns. It owns its bytes; views into it live as long as it does.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/headers.hpp"
#include "eventcore/position.hpp"
#include "eventcore/trace_context.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// What the events of one batch have in common, as stored.
struct StoredBatch {
  Uuid id;
  std::string_view command_type;
  std::string_view key;
  std::string_view correlation_id;
  std::string_view causation_id;
  TraceContext trace;
  Position first;
  std::uint32_t events = 0;
  std::uint32_t attempts = 1;
  std::string_view decision;  ///< The encoded decision record; see decision_record.hpp.
};

/// One stored event. All views point into the page or the store.
struct StoredEvent {
  Position position;
  StreamVersion version;
  Timestamp time;
  std::string_view stream;
  std::string_view type;
  std::string_view payload;  ///< Followed by `limits::kPayloadPadding` readable bytes.
  std::string_view headers;  ///< Encoded; see `Headers::decode`.
  std::uint32_t type_number = 0;  ///< Of this store; the same type always has the same number.
  std::uint32_t schema_version = 1;
  std::uint32_t ordinal = 0;           ///< In its batch.
  const StoredBatch* batch = nullptr;  ///< Null unless the query asked for it.
};

/// What a page of a `StreamsQuery` says about one stream, in the query's order.
struct StreamHead {
  StreamVersion version;     ///< The stream's version at the page's position.
  StreamVersion reached;     ///< Events up to here are in this page or before its range.
  bool complete = true;      ///< False: the page's limit cut this stream; ask again.
};

/// A consistent piece of the log.
struct EventPage {
  std::vector<StoredEvent> events;
  std::vector<StreamHead> streams;  ///< For a `StreamsQuery`.
  Position at;                      ///< The read is of the log up to here.
  Position scanned_to;              ///< For a `LogQuery`: no match up to here is missing.
  bool more = false;                ///< The limit ended the page, not the range.
  std::shared_ptr<const void> storage;
};

}  // namespace eventcore
