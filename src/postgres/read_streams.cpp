// How `LogReader` reads streams.

#include <algorithm>
#include <limits>
#include <utility>

#include "log_reader.hpp"

namespace eventcore::postgres {
namespace {

// PostgreSQL has no unsigned numbers, and the function adds 1.
constexpr std::uint64_t kVersionMax = std::numeric_limits<std::int64_t>::max() - 1;

int number_of(ReadOrder order) {
  switch (order) {
    case ReadOrder::StreamForward:
      return 0;
    case ReadOrder::StreamBackward:
      return 1;
    case ReadOrder::Log:
      break;
  }
  return 2;
}

// What the query asks for of a stream that had `version` events: versions first to last.
struct Range {
  Range(const StreamRange& asked, std::uint64_t version) {
    if (asked.before.value == 0 || asked.after.value >= version) return;
    first = asked.after.value + 1;
    last = std::min(version, asked.before.value - 1);
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return last < first ? 0 : last - first + 1; }

  std::uint64_t first = 1;
  std::uint64_t last = 0;
};

// Says how far the page got in each stream, of which it has `added` events.
void set_reached(const StreamsQuery& query, const std::vector<std::uint64_t>& added,
                 EventPage& page) {
  for (std::size_t i = 0; i < query.streams.size(); ++i) {
    StreamHead& stream = page.streams[i];
    const Range range(query.streams[i], stream.version.value);
    const std::uint64_t after = std::min(query.streams[i].after.value, stream.version.value);
    stream.reached = {std::max(range.last, after)};
    if (added[i] == range.size()) continue;
    // What was read backwards is the newest part: nothing from the old end on is complete.
    const bool backward = query.order == ReadOrder::StreamBackward;
    stream.reached = {range.first - 1 + (backward ? 0 : added[i])};
    stream.complete = false;
    page.more = true;
  }
}

}  // namespace

Result<void> LogReader::send(const StreamsQuery& query) {
  Array names(Type::Text);
  Array after(Type::Int8);
  Array before(Type::Int8);
  for (const StreamRange& range : query.streams) {
    names.add(range.stream.view());
    after.add(std::min(range.after.value, kVersionMax));
    before.add(std::min(range.before.value, kVersionMax));
  }
  Parameters parameters;
  parameters.add(names).add(after).add(before);
  if (query.at) {
    parameters.add(std::min(query.at->value, kVersionMax));
  } else {
    parameters.add_null(Type::Int8);
  }
  parameters.add(static_cast<std::int32_t>(number_of(query.order)));
  parameters.add(static_cast<std::uint64_t>(query.events_max));
  parameters.add(std::min<std::uint64_t>(query.bytes_max, kVersionMax));
  return pipeline_.send_often(statements_.read_streams, parameters);
}

// Rows as `read_streams` returns them: the log, each stream, then events.
Result<PageBuilder> LogReader::receive(const StreamsQuery& query) {
  auto rows = receive_answer();
  if (!rows) return rows.error();
  const std::size_t streams = query.streams.size();
  if (static_cast<std::size_t>(rows->size()) < 1 + streams) {
    return make_error(ErrorCode::Corrupt, "the database does not answer for every stream");
  }
  const Position head{rows->count(0, kVersion)};
  PageBuilder builder({.events_max = query.events_max,
                       .bytes_max = query.bytes_max,
                       .with_batch = query.with_batch},
                      state_.types.names());
  EventPage& page = builder.page;
  page.at = query.at.value_or(head);
  if (page.at > head) {
    return make_error(ErrorCode::InvalidArgument, "the position is past the head", "", page.at);
  }
  if (!query.at) state_.signal.publish(head);
  page.streams.resize(streams);
  int row = 1;
  for (StreamHead& stream : page.streams) stream.version = {rows->count(row++, kVersion)};
  std::vector<std::uint64_t> added(streams, 0);
  for (; row < rows->size(); ++row) {
    const std::size_t stream = rows->count(row, kStream) - 1;
    if (!builder.add(*rows, row, query.streams[stream].stream.view())) break;
    ++added[stream];
  }
  set_reached(query, added, page);
  return builder;
}

}  // namespace eventcore::postgres
