#include "memory_reader.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "decision_encoder.hpp"

namespace eventcore::detail {
namespace {

using Log = std::shared_ptr<const MemoryLog>;

// Batches as pages show them, and what they point into.
struct BatchCopies {
  explicit BatchCopies(const Log& of) : log(of) {}

  const StoredBatch* copy(const MemoryBatch& batch) {
    StoredBatch& stored = batches.emplace_back();
    stored.id = batch.id;
    stored.command_type = log->command_type_of(batch);
    stored.key = batch.key();
    stored.correlation_id = batch.correlation_id();
    stored.causation_id = batch.causation_id();
    stored.trace = batch.trace();
    stored.first = batch.first;
    stored.events = batch.event_count;
    stored.attempts = batch.attempts;
    stored.decision = decisions.emplace_back(decision_of(batch));
    return &stored;
  }

  static std::string decision_of(const MemoryBatch& batch) {
    std::vector<bool> written(batch.read_count);
    for (std::size_t i = 0; i < batch.event_count; ++i) written[batch.event(i).read] = true;
    std::string decision;
    begin_decision(batch.read_count, decision);
    for (std::size_t i = 0; i < batch.read_count; ++i) {
      const MemoryRead& read = batch.reads()[i];
      encode_read(read.stream->id, read.before, written[i], decision);
    }
    if (batch.interference_bytes == 0) encode_interference({}, decision);
    decision += batch.interference();
    return decision;
  }

  Log log;
  std::deque<std::string> decisions;
  std::deque<StoredBatch> batches;
};

// Fills a page up to its limits.
class PageBuilder {
 public:
  template <class Query>
  PageBuilder(const Log& log, const Query& query, Position at)
      : log_(log), events_max_(query.events_max), bytes_left_(query.bytes_max) {
    page_.at = at;
    if (query.with_batch) {
      copies_ = std::make_shared<BatchCopies>(log);
      page_.storage = copies_;
    } else {
      page_.storage = log;
    }
  }

  void expect(std::uint64_t events) {
    page_.events.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(events, events_max_)));
  }
  /// False, and the page has more: the event does not fit.
  bool add(const MemoryEvent& event) {
    const std::size_t bytes = std::size_t{event.payload_bytes} + event.header_bytes;
    const bool fits =
        page_.events.size() < events_max_ && (page_.events.empty() || bytes <= bytes_left_);
    if (!fits) {
      page_.more = true;
      return false;
    }
    bytes_left_ -= std::min(bytes, bytes_left_);
    const MemoryBatch& batch = event.batch();
    const MemoryRead& read = batch.reads()[event.read];
    page_.events.push_back({.position = batch.first + event.ordinal,
                            .version = read.before + (std::uint64_t{event.rank} + 1),
                            .time = batch.time,
                            .stream = read.stream->id,
                            .type = log_->types().name(event.type),
                            .payload = batch.payload(event),
                            .headers = batch.headers(event),
                            .type_number = event.type,
                            .schema_version = event.schema_version,
                            .ordinal = event.ordinal,
                            .batch = copies_ == nullptr ? nullptr : copy_of(batch)});
    return true;
  }
  [[nodiscard]] EventPage& page() noexcept { return page_; }

 private:
  // Neighbours in a page are mostly of one batch.
  const StoredBatch* copy_of(const MemoryBatch& batch) {
    if (std::exchange(last_batch_, &batch) != &batch) last_copy_ = copies_->copy(batch);
    return last_copy_;
  }

  const Log& log_;
  const std::size_t events_max_;
  std::size_t bytes_left_;
  EventPage page_;
  std::shared_ptr<BatchCopies> copies_;  // if the query asks for batches
  const MemoryBatch* last_batch_ = nullptr;
  const StoredBatch* last_copy_ = nullptr;
};

// The versions of one stream that a query asks for and that exist at its position. `begin` and
// `end` close in on what is not in the page yet.
struct Range {
  Range(const MemoryLog& log, const StreamRange& asked, Position at)
      : stream(log.find_stream(asked.stream)) {
    if (stream != nullptr) version = MemoryLog::version_at(*stream, at).value;
    const std::uint64_t before = asked.before.value == 0 ? 0 : asked.before.value - 1;
    begin = std::min(asked.after.value, version) + 1;
    end = std::max(begin, std::min(before, version) + 1);
  }

  [[nodiscard]] bool empty() const noexcept { return begin == end; }
  [[nodiscard]] const MemoryEvent& oldest() const noexcept { return *stream->events[begin - 1]; }
  [[nodiscard]] const MemoryEvent& newest() const noexcept { return *stream->events[end - 2]; }
  // Versions before `begin` are in the page or were not asked for.
  [[nodiscard]] StreamHead head() const noexcept {
    return {.version = {version}, .reached = {begin - 1}, .complete = empty()};
  }

  const MemoryStream* stream;
  std::uint64_t version = 0;
  std::uint64_t begin = 1;  // first version left
  std::uint64_t end = 1;    // one past the last
};

void fill_forward(std::vector<Range>& ranges, PageBuilder& builder) {
  for (Range& range : ranges) {
    for (; !range.empty(); ++range.begin) {
      if (!builder.add(range.oldest())) return;
    }
  }
}

void fill_backward(std::vector<Range>& ranges, PageBuilder& builder) {
  for (Range& range : ranges) {
    const std::uint64_t end = range.end;
    for (; !range.empty(); --range.end) {
      if (!builder.add(range.newest())) return;
    }
    range.begin = range.end = end;  // all of it is delivered
  }
}

void fill_in_log_order(std::vector<Range>& ranges, PageBuilder& builder) {
  std::vector<Range*> heap;  // the oldest event on top
  for (Range& range : ranges) {
    if (!range.empty()) heap.push_back(&range);
  }
  const auto later = [](const Range* a, const Range* b) {
    return a->oldest().position() > b->oldest().position();
  };
  std::make_heap(heap.begin(), heap.end(), later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Range& range = *heap.back();
    if (!builder.add(range.oldest())) return;
    ++range.begin;
    if (range.empty()) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
}

Error page_too_large(std::size_t events) {
  return make_error(ErrorCode::LimitExceeded, "events of a page: " + std::to_string(events) +
                                                  ", at most " +
                                                  std::to_string(limits::kPageEvents));
}

Result<EventPage> read_streams(const Log& log, const StreamsQuery& query) {
  const Position head = log->head();
  const Position at = query.at.value_or(head);
  if (at > head) {
    return make_error(ErrorCode::InvalidArgument, "the position is past the head", {}, at);
  }
  std::vector<Range> ranges;
  ranges.reserve(query.streams.size());
  std::uint64_t events = 0;
  for (const StreamRange& asked : query.streams) {
    const Range& range = ranges.emplace_back(*log, asked, at);
    events += range.end - range.begin;
  }
  PageBuilder builder(log, query, at);
  builder.expect(events);
  switch (query.order) {
    case ReadOrder::StreamForward:
      fill_forward(ranges, builder);
      break;
    case ReadOrder::StreamBackward:
      fill_backward(ranges, builder);
      break;
    case ReadOrder::Log:
      fill_in_log_order(ranges, builder);
      break;
  }
  EventPage& page = builder.page();
  page.streams.reserve(ranges.size());
  for (const Range& range : ranges) page.streams.push_back(range.head());
  return std::move(page);
}

// Which type numbers a filter lets through.
class TypeSet {
 public:
  TypeSet(const MemoryLog& log, const EventFilter& filter) : all_(filter.matches_all_types()) {
    if (all_) return;
    wanted_.resize(std::size_t{log.types().count()} + 1);
    for (const std::string& name : filter.types()) {
      const std::uint32_t number = log.types().find(name);
      // A type that came up since then has no event before the head that is read to.
      if (number != 0 && number < wanted_.size()) wanted_[number] = true;
    }
  }
  [[nodiscard]] bool contains(std::uint32_t number) const noexcept {
    return all_ || (number < wanted_.size() && wanted_[number]);
  }

 private:
  const bool all_;
  std::vector<bool> wanted_;
};

Result<EventPage> read_log(const Log& log, const LogQuery& query) {
  const Position head = log->head();
  const Position until = std::min(query.until.value_or(head), head);
  PageBuilder builder(log, query, until);
  EventPage& page = builder.page();
  page.scanned_to = std::max(until, std::min(query.after, head));
  const TypeSet types(*log, query.filter);
  const bool all_streams = query.filter.matches_all_streams();
  if (all_streams && query.filter.matches_all_types() && query.after < until) {
    builder.expect(until - query.after);
  }
  for (Position last = query.after; last < until;) {
    const Position at = last = last + 1;
    const MemoryEvent& event = log->event(at);
    if (!types.contains(event.type)) continue;
    if (!all_streams) {
      const MemoryStream& stream = *event.batch().reads()[event.read].stream;
      if (!query.filter.matches_stream(stream.id)) continue;
    }
    if (builder.add(event)) continue;
    page.scanned_to = {at.value - 1};
    break;
  }
  return std::move(page);
}

}  // namespace

Result<EventPage> read_memory(const Log& log, const ReadQuery& query) {
  if (const auto* streams = std::get_if<StreamsQuery>(&query)) {
    if (streams->events_max > limits::kPageEvents) return page_too_large(streams->events_max);
    return read_streams(log, *streams);
  }
  const auto& whole = *std::get_if<LogQuery>(&query);
  if (whole.events_max > limits::kPageEvents) return page_too_large(whole.events_max);
  return read_log(log, whole);
}

}  // namespace eventcore::detail
