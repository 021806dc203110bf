#pragma once

// `LogReader`: reads pages over a connection of its own.
//
// A read sees the log up to the store's head: that is committed and durable, while the file may
// already show events of a commit in doubt. A stream is read backwards along the links of its
// events, from its head in memory; see docs/internals/sqlite-format.md.

#include <optional>
#include <unordered_map>
#include <vector>

#include "connection.hpp"
#include "eventcore/event_store.hpp"
#include "page_storage.hpp"
#include "store_state.hpp"

namespace eventcore::sqlite {

/// Thread-safety: One thread at a time.
class LogReader {
 public:
  explicit LogReader(StoreState& state) : state_(state) {}

  /// Connects and prepares, or stays disconnected. Errors: Unavailable, Corrupt.
  [[nodiscard]] Result<void> connect();
  void disconnect() noexcept;
  [[nodiscard]] Result<EventPage> read(const ReadQuery& query);
  /// A stream's committed head, from memory or the file.
  [[nodiscard]] Result<Head> head_of(std::string_view stream);
  [[nodiscard]] Connection& connection() noexcept { return connection_; }

 private:
  // Columns of `read_event` and `read_log`, the last of `read_event` only. A column costs a scan of
  // the log some 12 ns an event.
  enum Column : int {
    kPosition,
    kStream,
    kVersion,
    kType,
    kSchemaVersion,
    kTime,
    kOrdinal,
    kHeaders,
    kPayload,
    kPrevious,
  };
  // Where a walk along a stream is: an event's version and position; 0 and 0 before the first.
  struct Place {
    std::uint64_t version = 0;
    std::uint64_t position = 0;
  };
  // One stream of a query: versions first to last are asked for; last < first if there are none.
  struct Range {
    Place end;  // the stream's head at the page's position
    std::uint64_t first = 1;
    std::uint64_t last = 0;

    [[nodiscard]] std::uint64_t size() const noexcept {
      return last < first ? 0 : last - first + 1;
    }
  };
  struct NameSlot {
    std::uint64_t number = 0;
    std::string_view name;
  };
  // Collects one page.
  struct Page {
    EventPage page;
    std::shared_ptr<PageStorage> storage;
    std::size_t events_max = 0;
    std::size_t bytes_max = 0;
    std::size_t bytes = 0;
    bool with_batch = false;

    [[nodiscard]] bool takes(std::size_t more_bytes) const noexcept {
      if (page.events.size() >= events_max) return false;
      return page.events.empty() || bytes + more_bytes <= bytes_max;
    }
    [[nodiscard]] std::size_t events_left() const noexcept {
      return events_max - page.events.size();
    }
  };

  [[nodiscard]] Result<void> set_up_connection();
  [[nodiscard]] Result<EventPage> read_log(const LogQuery& query);
  [[nodiscard]] Result<EventPage> read_streams(const StreamsQuery& query);
  // Requires: the head was looked at before, so that every type up to it has its name.
  [[nodiscard]] Page begin_page(std::size_t events_max, std::size_t bytes_max, bool with_batch);
  [[nodiscard]] static EventPage end_page(Page& page);

  // A scan of the log for what a filter selects.
  struct Scan {
    const EventFilter& filter;
    std::vector<std::uint64_t> types;  // wanted ones, if not all
    std::vector<bool> is_wanted;       // by type number
    std::uint64_t after = 0;
    std::uint64_t until = 0;
  };

  [[nodiscard]] Result<void> scan_log(const LogQuery& query, std::uint64_t until, Page& page);
  [[nodiscard]] Result<std::uint64_t> pass_zones(Scan& scan);
  [[nodiscard]] Result<bool> scan_piece(Scan& scan, std::uint64_t until, Page& page);
  [[nodiscard]] Result<bool> matches_stream(const EventFilter& filter, std::uint64_t number,
                                            Page& page);
  [[nodiscard]] Result<Head> stored_head(std::string_view stream);
  [[nodiscard]] Result<std::vector<Range>> find_ranges(
      const StreamsQuery& query, const std::vector<std::optional<Head>>& known, Position at);
  [[nodiscard]] Result<void> read_forward(const Range& range, StreamHead& head, Page& page);
  [[nodiscard]] Result<bool> read_forward_at_once(Place from, std::uint64_t first, Page& page);
  [[nodiscard]] Result<void> read_backward(const Range& range, StreamHead& head, Page& page);
  [[nodiscard]] Result<void> read_merged(const std::vector<Range>& ranges, Page& page);
  [[nodiscard]] Result<void> collect(Place from, std::uint64_t first,
                                     std::vector<std::uint64_t>& positions);

  [[nodiscard]] Result<Place> before(Place place, std::uint64_t not_below);
  [[nodiscard]] Result<Place> go_to_version(Place place, std::uint64_t version);
  [[nodiscard]] Result<Place> go_to_position(Place place, Position at);
  [[nodiscard]] Result<void> step_to(Place place);
  [[nodiscard]] Result<std::optional<Place>> read_if_room(Place place, Page& page);
  [[nodiscard]] Result<void> add_event(Statement& row, std::string_view payload,
                                       std::string_view headers, Page& page);
  [[nodiscard]] Result<const StoredBatch*> batch_of(Position first, Page& page);
  [[nodiscard]] Result<std::string_view> name_of(std::uint64_t number, Page& page);
  [[nodiscard]] Error error() const { return connection_.error("can't read"); }

  StoreState& state_;
  Connection connection_;
  Statement begin_;
  Statement commit_;
  Statement read_log_;
  Statement read_event_;
  Statement read_links_;
  Statement read_batch_;
  Statement read_stream_name_;
  Statement find_stream_;
  Statement read_head_;
  Statement find_zone_;  // not there in a file of an older version, which is only read

  static constexpr std::size_t kNameSlots = 65'536;
  std::shared_ptr<const NameArena> cached_arena_;
  std::vector<NameSlot> cached_names_ = std::vector<NameSlot>(kNameSlots);
  std::unordered_map<std::uint64_t, bool> matches_;  // of the query's filter, by stream number
};

}  // namespace eventcore::sqlite
