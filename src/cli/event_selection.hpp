#pragma once

/// \file
/// Which events a subcommand is about: the options that say so, and the reading of them in order.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "console.hpp"
#include "eventcore/event_filter.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/result.hpp"

namespace CLI {
class App;
}

namespace eventcore::cli {

/// The options as written.
struct SelectionOptions {
  std::vector<std::string> streams = {};
  std::vector<std::string> prefixes = {};
  std::vector<std::string> patterns = {};
  std::vector<std::string> types = {};
  std::string correlation = {};
  std::string trace = {};
  std::string since = {};
  std::string until = {};
  std::optional<std::uint64_t> after = {};
  std::optional<std::uint64_t> limit = {};
};

/// Adds `--stream`, `--prefix` and `--pattern` to `command`.
void add_stream_options(CLI::App& command, SelectionOptions& options);
/// Adds all options of a selection.
void add_selection_options(CLI::App& command, SelectionOptions& options);

/// Events of the log. Thread-safety: Immutable once parsed.
struct Selection {
  EventFilter filter;
  std::vector<StreamId> streams;  ///< Set if nothing else chooses streams.
  std::string correlation_id;
  std::optional<std::array<std::uint8_t, 16>> trace_id;
  std::optional<Timestamp> since;  ///< Inclusive.
  std::optional<Timestamp> until;  ///< Exclusive.
  Position after;
  std::optional<std::uint64_t> limit;

  /// What follows the log does not look for a time at which to begin.
  [[nodiscard]] bool matches_time(Timestamp time) const noexcept {
    return (!since || time >= *since) && (!until || time < *until);
  }
  /// What the store's filter can't tell: correlation and trace.
  [[nodiscard]] bool asks_for_batch() const noexcept;
  [[nodiscard]] bool matches_batch(const StoredBatch* batch) const noexcept;
};

/// Errors: InvalidArgument (which option, and why).
[[nodiscard]] Result<Selection> parse_selection(const SelectionOptions& options, Timestamp now);

/// What is done with a page's events. Views live during the call.
struct EventVisitor {
  std::function<void(const StoredEvent&)> event;
  std::function<void()> page_ended = [] {};
};

/// Reads the selected events up to the head as it is now and returns that position, or where the
/// limit or a stop of `console` ended the reading.
[[nodiscard]] Result<Position> visit_events(EventStore& store, const Selection& selection,
                                            bool with_batch, const Console& console,
                                            const EventVisitor& visitor);

}  // namespace eventcore::cli
