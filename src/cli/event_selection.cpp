#include "event_selection.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "eventcore/explanation.hpp"
#include "time_text.hpp"
#include "whole_number.hpp"

namespace eventcore::cli {
namespace {

Error with_option(std::string_view option, const Error& error) {
  return make_error(error.code, std::string(option) + ": " + error.message);
}

Result<void> parse_streams(const SelectionOptions& options, Selection& selection) {
  for (const std::string& text : options.streams) {
    Result<StreamId> id = StreamId::parse(text);
    if (!id) return with_option("--stream", id.error());
    if (std::find(selection.streams.begin(), selection.streams.end(), *id) !=
        selection.streams.end()) {
      continue;
    }
    selection.filter.stream(*id);
    selection.streams.push_back(*std::move(id));
  }
  for (const std::string& text : options.prefixes) {
    Result<StreamPrefix> prefix = StreamPrefix::parse(text);
    if (!prefix) return with_option("--prefix", prefix.error());
    selection.filter.prefix(*std::move(prefix));
  }
  for (const std::string& text : options.patterns) {
    Result<StreamPattern> pattern = StreamPattern::parse(text);
    if (!pattern) return with_option("--pattern", pattern.error());
    selection.filter.pattern(*std::move(pattern));
  }
  // One read takes a limited number of streams; more of them are found by reading the log.
  if (!options.prefixes.empty() || !options.patterns.empty() ||
      selection.streams.size() > limits::kBatchStreams) {
    selection.streams.clear();
  }
  return {};
}

Result<std::optional<Timestamp>> parse_bound(std::string_view option, const std::string& text,
                                             Timestamp now) {
  if (text.empty()) return std::optional<Timestamp>();
  const Result<Timestamp> time = parse_time(text, now);
  if (!time) return with_option(option, time.error());
  return std::optional(*time);
}

/// Counts down to the limit while events are visited.
class Visit {
 public:
  Visit(const Selection& selection, const EventVisitor& visitor)
      : selection_(selection), visitor_(visitor), left_(selection.limit) {}

  /// Visits the page's events that match; false when the limit is reached.
  [[nodiscard]] bool page(const EventPage& page) {
    for (const StoredEvent& event : page.events) {
      if (full()) break;
      reached_ = event.position;
      if (event.position <= selection_.after || !selection_.matches_batch(event.batch) ||
          !selection_.filter.matches_type(event.type)) {
        continue;
      }
      visitor_.event(event);
      if (left_) --*left_;
    }
    visitor_.page_ended();
    return !full();
  }

  /// Events worth reading at once: not a full page when a few are wanted.
  [[nodiscard]] std::size_t events_max() const {
    const bool every_one_counts = !selection_.asks_for_batch();
    if (!left_ || !every_one_counts) return limits::kPageEvents;
    return static_cast<std::size_t>(std::min<std::uint64_t>(*left_, limits::kPageEvents));
  }
  [[nodiscard]] bool full() const { return left_ && *left_ == 0; }
  [[nodiscard]] Position reached() const { return reached_; }

 private:
  const Selection& selection_;
  const EventVisitor& visitor_;
  std::optional<std::uint64_t> left_;
  Position reached_;
};

Result<Position> visit_log(EventStore& store, const Selection& selection, LogQuery query,
                           const Console& console, Visit visit) {
  const Position until = *query.until;
  query.filter = selection.filter;
  while (!visit.full() && query.after < until) {
    query.events_max = visit.events_max();
    const Result<EventPage> page = store.read(query);
    if (!page) return page.error();
    if (!visit.page(*page)) return visit.reached();
    if (!page->more) break;
    query.after = page->scanned_to;
    if (console.stopped()) return query.after;
  }
  return visit.full() ? query.after : std::max(query.after, until);
}

Result<Position> visit_streams(EventStore& store, const Selection& selection, Position until,
                               bool with_batch, const Console& console, Visit visit) {
  StreamsQuery query;
  for (const StreamId& stream : selection.streams) query.streams.push_back({.stream = stream});
  query.at = until;
  query.order = ReadOrder::Log;
  query.with_batch = with_batch;
  for (bool complete = false; !complete;) {
    const Result<EventPage> page = store.read(query);
    if (!page) return page.error();
    if (!visit.page(*page)) return visit.reached();
    complete = true;
    for (std::size_t i = 0; i != page->streams.size(); ++i) {
      complete = complete && page->streams[i].complete;
      query.streams[i].after = page->streams[i].reached;
    }
    if (!complete && console.stopped()) return visit.reached();
  }
  return until;
}

}  // namespace

void add_stream_options(CLI::App& command, SelectionOptions& options) {
  command.add_option("--prefix", options.prefixes, "Streams that begin like this (repeatable)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command
      .add_option("--pattern", options.patterns,
                  "Streams that match this glob: * ? [a-z] and ** as in order/**/item (repeatable)")
      ->type_name("GLOB")
      ->allow_extra_args(false);
}

void add_selection_options(CLI::App& command, SelectionOptions& options) {
  command.add_option("--stream", options.streams, "Events of this stream (repeatable)")
      ->type_name("ID")
      ->allow_extra_args(false);
  add_stream_options(command, options);
  command.add_option("--type", options.types, "Events of this type (repeatable)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_option("--correlation", options.correlation, "Events with this correlation id")
      ->type_name("ID");
  command
      .add_option("--trace", options.trace,
                  "Events of this trace: 32 hex digits, or a whole traceparent")
      ->type_name("ID");
  command
      .add_option("--since", options.since,
                  "Events from this time on: 2024-05-01T10:00:00Z, 2024-05-01, or an age as 15m, "
                  "2h, 7d")
      ->type_name("TIME");
  command.add_option("--until", options.until, "Events before this time")->type_name("TIME");
  add_whole_number(command, "--after", options.after, "Events behind this position of the log")
      ->type_name("POSITION");
  add_whole_number(command, "--limit", options.limit, "At most this many events")
      ->type_name("COUNT");
  for (const char* name : {"--type", "--correlation", "--trace", "--since", "--until"}) {
    command.get_option(name)->check(not_empty);
  }
}

bool Selection::asks_for_batch() const noexcept { return !correlation_id.empty() || trace_id; }

bool Selection::matches_batch(const StoredBatch* batch) const noexcept {
  if (!asks_for_batch()) return true;
  if (batch == nullptr) return false;
  if (!correlation_id.empty() && batch->correlation_id != correlation_id) return false;
  return !trace_id || batch->trace.trace_id == *trace_id;
}

Result<Selection> parse_selection(const SelectionOptions& options, Timestamp now) {
  Selection selection;
  if (auto parsed = parse_streams(options, selection); !parsed) return parsed.error();
  for (const std::string& type : options.types) selection.filter.type(type);
  selection.correlation_id = options.correlation;
  if (!options.trace.empty()) {
    selection.trace_id = parse_trace_id(options.trace);
    if (!selection.trace_id) {
      return make_error(ErrorCode::InvalidArgument,
                        "--trace: '" + options.trace +
                            "' is neither 32 hex digits in lower case nor a traceparent");
    }
  }
  Result<std::optional<Timestamp>> since = parse_bound("--since", options.since, now);
  if (!since) return since.error();
  Result<std::optional<Timestamp>> until = parse_bound("--until", options.until, now);
  if (!until) return until.error();
  selection.since = *since;
  selection.until = *until;
  if (selection.since && selection.until && *selection.since > *selection.until) {
    return make_error(ErrorCode::InvalidArgument, "--since is later than --until");
  }
  selection.after = {options.after.value_or(0)};
  selection.limit = options.limit;
  return selection;
}

Result<Position> visit_events(EventStore& store, const Selection& selection, bool with_batch,
                              const Console& console, const EventVisitor& visitor) {
  const bool batches = with_batch || selection.asks_for_batch();
  Selection bounded = selection;
  Position until = store.head();
  if (selection.since) {
    const Result<Position> before = position_before(store, *selection.since);
    if (!before) return before.error();
    bounded.after = std::max(bounded.after, *before);
  }
  if (selection.until) {
    const Result<Position> last = position_before(store, *selection.until);
    if (!last) return last.error();
    until = *last;
  }
  const Visit visit(bounded, visitor);
  if (!bounded.streams.empty()) {
    return visit_streams(store, bounded, until, batches, console, visit);
  }
  return visit_log(store, bounded, {.after = bounded.after, .until = until, .with_batch = batches},
                   console, visit);
}

}  // namespace eventcore::cli
