// How `LogReader` reads streams: along the links of their events.

#include <algorithm>

#include "log_reader.hpp"

namespace eventcore::sqlite {
namespace {

Error broken_chain(std::uint64_t position) {
  return make_error(ErrorCode::Corrupt, "the links of a stream are broken", "", {position});
}

}  // namespace

Result<EventPage> LogReader::read_streams(const StreamsQuery& query) {
  const Position head = state_.head();
  Page page = begin_page(query.events_max, query.bytes_max, query.with_batch);
  page.page.at = query.at.value_or(head);
  if (page.page.at > head) {
    return make_error(ErrorCode::InvalidArgument, "the position is past the head", "",
                      page.page.at);
  }
  // Memory is asked before the file is looked at: a head that memory has let go by then is in the
  // file, at least as new as the head above.
  std::vector<std::optional<Head>> known;
  known.reserve(query.streams.size());
  for (const StreamRange& range : query.streams) {
    known.push_back(state_.heads.lookup(range.stream.view(), hash_name(range.stream.view())));
  }
  if (begin_.run() != SQLITE_OK) return error();
  auto found = find_ranges(query, known, page.page.at);
  if (!found) return found.error();
  const std::vector<Range>& ranges = *found;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::uint64_t after = std::min(query.streams[i].after.value, ranges[i].end.version);
    page.page.streams.push_back({.version = {ranges[i].end.version},
                                 .reached = {std::max(ranges[i].last, after)},
                                 .complete = true});
  }
  if (query.order == ReadOrder::Log) {
    if (auto read = read_merged(ranges, page); !read) return read.error();
    return end_page(page);
  }
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].size() == 0) continue;
    StreamHead& stream = page.page.streams[i];
    auto read = query.order == ReadOrder::StreamForward ? read_forward(ranges[i], stream, page)
                                                        : read_backward(ranges[i], stream, page);
    if (!read) return read.error();
  }
  return end_page(page);
}

Result<std::vector<LogReader::Range>> LogReader::find_ranges(
    const StreamsQuery& query, const std::vector<std::optional<Head>>& known, Position at) {
  std::vector<Range> ranges;
  ranges.reserve(query.streams.size());
  for (std::size_t i = 0; i < query.streams.size(); ++i) {
    const StreamRange& asked = query.streams[i];
    Head head;
    if (known[i]) {
      head = *known[i];
    } else {
      auto stored = stored_head(asked.stream.view());
      if (!stored) return stored.error();
      head = *stored;
    }
    auto end = go_to_position({head.version, head.position}, at);
    if (!end) return end.error();
    Range& range = ranges.emplace_back();
    range.end = *end;
    if (asked.before.value == 0 || asked.after.value >= end->version) continue;
    range.first = asked.after.value + 1;
    range.last = std::min(end->version, asked.before.value - 1);
  }
  return ranges;
}

// Sets the links of the event at `place` as the current row. The caller resets the statement.
Result<void> LogReader::step_to(Place place) {
  read_links_.bind(1, place.position);
  const int result = read_links_.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return error();
  if (result == SQLITE_DONE || read_links_.number(0) != place.version) {
    return broken_chain(place.position);
  }
  return {};
}

// The event before `place` in its stream, or 256 before it if that is not below version
// `not_below`.
Result<LogReader::Place> LogReader::before(Place place, std::uint64_t not_below) {
  const RowScope scope(read_links_);
  if (auto stepped = step_to(place); !stepped) return stepped.error();
  const std::uint64_t previous = read_links_.number(2);
  const std::uint64_t skip = read_links_.number(3);
  if (previous >= place.position || skip >= place.position) return broken_chain(place.position);
  if (skip != 0 && place.version >= not_below + kSkipStride) {
    return Place{place.version - kSkipStride, skip};
  }
  return Place{place.version - 1, previous};
}

Result<LogReader::Place> LogReader::go_to_version(Place place, std::uint64_t version) {
  while (place.version > version) {
    auto next = before(place, version);
    if (!next) return next;
    place = *next;
  }
  return place;
}

// The last event of the stream at or before `at`.
Result<LogReader::Place> LogReader::go_to_position(Place place, Position at) {
  while (place.position > at.value) {
    auto next = before(place, 0);
    if (!next) return next;
    // A long step may lead past the wanted event: then go there one by one.
    if (next->position < at.value && place.version - next->version > 1) {
      next = before(place, place.version);
      if (!next) return next;
    }
    place = *next;
  }
  return place;
}

// Adds the event at `place` and returns the one before it in its stream; nothing if the page is
// full.
Result<std::optional<LogReader::Place>> LogReader::read_if_room(Place place, Page& page) {
  const RowScope scope(read_event_);
  read_event_.bind(1, place.position);
  const int result = read_event_.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return error();
  if (result == SQLITE_DONE) return broken_chain(place.position);
  const std::uint64_t version = read_event_.number(kVersion);
  if (place.version != 0 && version != place.version) return broken_chain(place.position);
  const std::string_view payload = read_event_.bytes(kPayload);
  const std::string_view headers = read_event_.bytes(kHeaders);
  if (!page.takes(payload.size() + headers.size())) return std::optional<Place>();
  if (auto added = add_event(read_event_, payload, headers, page); !added) return added.error();
  return std::optional<Place>({version - 1, read_event_.number(kPrevious)});
}

Result<void> LogReader::read_forward(const Range& range, StreamHead& head, Page& page) {
  const std::uint64_t count = std::min<std::uint64_t>(range.size(), page.events_left());
  const std::size_t begin = page.page.events.size();
  if (count > 0) {
    auto last = go_to_version(range.end, range.first + count - 1);
    if (!last) return last.error();
    auto read = read_forward_at_once(*last, range.first, page);
    if (!read) return read.error();
    if (!*read) {
      // The bytes ended the page: the oldest events have it, not those that were read first.
      std::vector<std::uint64_t> positions;
      if (auto collected = collect(*last, range.first, positions); !collected) return collected;
      for (const std::uint64_t position : positions) {
        auto added = read_if_room({0, position}, page);
        if (!added) return added.error();
        if (!*added) break;
      }
    }
  }
  const std::uint64_t added = page.page.events.size() - begin;
  if (added == range.size()) return {};
  head.reached = {range.first - 1 + added};
  head.complete = false;
  page.page.more = true;
  return {};
}

// Reads backwards from `from` to version `first` and turns the events round. False: they do not
// fit, and the page is as it was.
Result<bool> LogReader::read_forward_at_once(Place from, std::uint64_t first, Page& page) {
  const std::size_t begin = page.page.events.size();
  const std::size_t bytes = page.bytes;
  for (Place place = from; place.version >= first;) {
    auto next = read_if_room(place, page);
    if (!next) return next.error();
    if (!*next) {
      page.page.events.resize(begin);
      page.bytes = bytes;
      return false;
    }
    place = **next;
  }
  std::reverse(page.page.events.begin() + static_cast<std::ptrdiff_t>(begin),
               page.page.events.end());
  return true;
}

Result<void> LogReader::read_backward(const Range& range, StreamHead& head, Page& page) {
  auto place = go_to_version(range.end, range.last);
  if (!place) return place.error();
  while (place->version >= range.first) {
    auto next = read_if_room(*place, page);
    if (!next) return next.error();
    if (!*next) {
      // What was read is the newest part: nothing from the old end on is complete.
      head.reached = {range.first - 1};
      head.complete = false;
      page.page.more = true;
      return {};
    }
    *place = **next;
  }
  return {};
}

// Positions of the versions from `first` up to `from`, oldest first.
Result<void> LogReader::collect(Place from, std::uint64_t first,
                                std::vector<std::uint64_t>& positions) {
  const std::size_t begin = positions.size();
  for (Place place = from; place.version >= first && place.version != 0;) {
    positions.push_back(place.position);
    // As far below as the next version, never a long step.
    auto next = before(place, place.version);
    if (!next) return next.error();
    place = *next;
  }
  std::reverse(positions.begin() + static_cast<std::ptrdiff_t>(begin), positions.end());
  return {};
}

Result<void> LogReader::read_merged(const std::vector<Range>& ranges, Page& page) {
  struct Entry {
    std::uint64_t position;
    std::size_t stream;
  };
  std::vector<Entry> entries;
  std::vector<std::uint64_t> positions;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].size() == 0) continue;
    // Of one stream the page holds its oldest events, and no more than it has room for.
    const std::uint64_t count = std::min<std::uint64_t>(ranges[i].size(), page.events_max);
    if (count == 0) continue;
    auto last = go_to_version(ranges[i].end, ranges[i].first + count - 1);
    if (!last) return last.error();
    positions.clear();
    if (auto collected = collect(*last, ranges[i].first, positions); !collected) return collected;
    for (const std::uint64_t position : positions) entries.push_back({position, i});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.position < b.position; });
  std::vector<std::uint64_t> added(ranges.size(), 0);
  for (const Entry& entry : entries) {
    auto next = read_if_room({0, entry.position}, page);
    if (!next) return next.error();
    if (!*next) break;
    ++added[entry.stream];
  }
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (added[i] == ranges[i].size()) continue;
    page.page.streams[i].reached = {ranges[i].first - 1 + added[i]};
    page.page.streams[i].complete = false;
    page.page.more = true;
  }
  return {};
}

}  // namespace eventcore::sqlite
