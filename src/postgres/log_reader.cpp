#include "log_reader.hpp"

#include <algorithm>
#include <utility>

#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore::postgres {
namespace {

constexpr std::size_t kChunksAhead = 2;
constexpr std::uint32_t kLargePages = 8;
// No log is longer, and PostgreSQL has no unsigned numbers.
constexpr std::uint64_t kPositionMax = std::uint64_t{1} << 62;

Error page_too_large(std::size_t events) {
  return make_error(ErrorCode::LimitExceeded, "events of a page: " + std::to_string(events) +
                                                  ", at most " +
                                                  std::to_string(limits::kPageEvents));
}

}  // namespace

LogReader::Statements::Statements(const std::string& schema)
    : read_head(for_schema(sql::read_head, schema)),
      read_log(for_schema(sql::read_log, schema)),
      read_small_log(for_schema(sql::read_small_log, schema)),
      read_log_of_types(for_schema(sql::read_log_of_types, schema)),
      scan_log(for_schema(sql::scan_log, schema)),
      scan_log_of_types(for_schema(sql::scan_log_of_types, schema)),
      read_events(for_schema(sql::read_events, schema)),
      read_streams(for_schema(sql::read_streams, schema)),
      read_stream_names(for_schema(sql::read_stream_names, schema)),
      read_type_names(for_schema(sql::read_type_names, schema)),
      find_types(for_schema(sql::find_types, schema)),
      read_payloads(for_schema(sql::read_payloads, schema)),
      read_batches(for_schema(sql::read_batches, schema)) {}

LogReader::LogReader(StoreState& state) : state_(state), statements_(state.options.schema) {}

Result<void> LogReader::connect() {
  auto opened = Pipeline::open(state_.options);
  if (!opened) return opened.error();
  pipeline_ = std::move(*opened);
  return {};
}

Result<EventPage> LogReader::read(const ReadQuery& query, Pipeline* second) {
  if (!pipeline_.is_open()) {
    if (auto connected = connect(); !connected) return connected.error();
  }
  const auto* log = std::get_if<LogQuery>(&query);
  Result<EventPage> page = [&]() -> Result<EventPage> {
    if (log != nullptr) return read_log(*log, second);
    const auto& streams = std::get<StreamsQuery>(query);
    if (auto sent = send(streams); !sent) return sent.error();
    auto builder = receive(streams);
    if (!builder) return builder.error();
    return finish(*builder);
  }();
  // A page that was cut or failed leaves answers behind.
  const Instant until = std::chrono::steady_clock::now() + state_.options.statement_timeout;
  ignore_error(pipeline_.drain(until), "the next read finds the connection lost");
  if (second != nullptr) ignore_error(second->drain(until), "its owner finds it lost");
  return page;
}

bool LogReader::is_long(const ReadQuery& query, Position head) noexcept {
  const auto* log = std::get_if<LogQuery>(&query);
  if (log == nullptr || log->events_max <= 2 * kChunkEvents || !log->filter.matches_all_streams() ||
      !log->filter.matches_all_types()) {
    return false;
  }
  const Position until = std::min(log->until.value_or(head), head);
  return log->after < until && until.value - log->after.value > 2 * kChunkEvents;
}

Result<Rows> LogReader::receive_answer(Pipeline& from) {
  return from.receive(std::chrono::steady_clock::now() + state_.options.statement_timeout);
}

Result<void> LogReader::send_range(Pipeline& to, const std::string& sql, std::uint64_t after,
                                   std::uint64_t until, std::uint64_t limit,
                                   const std::vector<std::uint32_t>* types) {
  Parameters parameters;
  parameters.add(after).add(until).add(limit);
  if (types != nullptr) {
    Array numbers(Type::Int4);
    for (const std::uint32_t type : *types) numbers.add(type);
    parameters.add(numbers);
  }
  return types == nullptr ? to.send_often(sql, parameters) : to.send(sql.c_str(), parameters);
}

Result<void> LogReader::send_numbers(const std::string& sql,
                                     const std::vector<std::uint64_t>& numbers) {
  Array array(Type::Int8);
  for (const std::uint64_t number : numbers) array.add(number);
  Parameters parameters;
  parameters.add(array);
  return pipeline_.send_often(sql, parameters);
}

Result<EventPage> LogReader::read_log(const LogQuery& query, Pipeline* second) {
  if (query.events_max > limits::kPageEvents) return page_too_large(query.events_max);
  PageBuilder page({.events_max = query.events_max,
                    .bytes_max = query.bytes_max,
                    .with_batch = query.with_batch},
                   state_.types.names());
  bool has_begun = false;
  if (auto found = find_head(query, page, has_begun); !found) return found.error();
  Scan scan{.query = query, .after = query.after.value, .until = page.page.at.value};
  if (scan.after < scan.until) {
    if (auto found = find_types(scan); !found) return found.error();
    Result<void> read;
    if (!query.filter.matches_all_streams()) {
      read = read_of_streams(scan, page);
    } else if (!query.filter.matches_all_types()) {
      read = read_of_types(scan, page);
    } else {
      read = read_all(scan, page, has_begun, second);
    }
    if (!read) return read.error();
  }
  return finish(page);
}

// Sets up to where the page reads. A read without a filter sends for its first events along with
// the head, so that a follower's read is one round trip.
Result<void> LogReader::find_head(const LogQuery& query, PageBuilder& page, bool& has_begun) {
  Position head = state_.head();
  if (!query.until || *query.until > head) {
    if (auto sent = pipeline_.send_often(statements_.read_head, {}); !sent) return sent;
    const EventFilter& filter = query.filter;
    const Position last = query.until.value_or(Position{kPositionMax});
    has_begun = filter.matches_all_streams() && filter.matches_all_types() &&
                query.events_max > 0 && query.after < std::min(last, Position{kPositionMax});
    if (has_begun) {
      const std::uint64_t limit = std::min<std::uint64_t>(kChunkEvents, query.events_max);
      auto sent = send_range(pipeline_, chunk_statement(), query.after.value,
                             query.after.value + limit, limit, nullptr);
      if (!sent) return sent;
    }
    auto rows = receive_answer();
    if (!rows) return rows.error();
    head = {rows->size() == 0 ? 0 : rows->count(0, 0)};
    state_.signal.publish(head);
  }
  page.page.at = std::min(query.until.value_or(head), head);
  page.page.scanned_to = std::max(page.page.at, std::min(query.after, head));
  return {};
}

// The numbers of the types that the filter wants. Asked after the head was seen: a type that is
// missing then has no event up to there.
Result<void> LogReader::find_types(Scan& scan) {
  Array unknown(Type::Text);
  for (const std::string& name : scan.query.filter.types()) {
    if (state_.types.find(name) == 0) unknown.add(std::string_view(name));
  }
  if (unknown.size() > 0) {
    Parameters parameters;
    parameters.add(unknown);
    if (auto sent = pipeline_.send(statements_.find_types.c_str(), parameters); !sent) return sent;
    auto rows = receive_answer();
    if (!rows) return rows.error();
    learn_types(*rows);
  }
  for (const std::string& name : scan.query.filter.types()) {
    const std::uint32_t number = state_.types.find(name);
    if (number != 0) scan.types.push_back(number);
  }
  // A type that is named twice is still one.
  std::sort(scan.types.begin(), scan.types.end());
  scan.types.erase(std::unique(scan.types.begin(), scan.types.end()), scan.types.end());
  return {};
}

void LogReader::learn_types(const Rows& numbers_and_names) {
  for (int row = 0; row < numbers_and_names.size(); ++row) {
    state_.types.learn(static_cast<std::uint32_t>(numbers_and_names.count(row, 0)),
                       numbers_and_names.bytes(row, 1));
  }
}

Result<void> LogReader::read_all(const Scan& scan, PageBuilder& page, bool has_begun,
                                 Pipeline* second) {
  const std::uint64_t wanted =
      std::min<std::uint64_t>(scan.until - scan.after, scan.query.events_max);
  page.expect(wanted);
  Chunks chunks{
      .after = scan.after, .end = scan.after + wanted, .has_begun = has_begun, .second = second};
  auto reached = read_chunks(chunks, page);
  if (!reached) return reached.error();
  if (large_pages_ > 0) {
    --large_pages_;
  } else if (*reached < chunks.end && !page.page.more) {
    // A large payload is missing: from here on the other statement reads, which costs more.
    large_pages_ = kLargePages;
    const Instant until = std::chrono::steady_clock::now() + state_.options.statement_timeout;
    if (auto drained = pipeline_.drain(until); !drained) return drained;
    if (second != nullptr) {
      if (auto drained = second->drain(until); !drained) return drained;
    }
    chunks.after = *reached;
    chunks.has_begun = false;
    if (reached = read_chunks(chunks, page); !reached) return reached.error();
  }
  if (chunks.end < scan.until && !page.page.more) {
    page.page.more = true;
    page.page.scanned_to = {chunks.end};
  }
  return {};
}

// Positions are dense: it is known which ones the next answers hold before they come. Returns up to
// where the page has them: the end, where it was cut, or before an event that is not in the answer.
Result<std::uint64_t> LogReader::read_chunks(const Chunks& chunks, PageBuilder& page) {
  const std::string& sql = chunk_statement();
  const bool has_all = large_pages_ > 0;
  const std::uint64_t count = (chunks.end - chunks.after + kChunkEvents - 1) / kChunkEvents;
  const std::uint64_t ahead = chunks.second == nullptr ? kChunksAhead : 2 * kChunksAhead;
  const auto connection = [&](std::uint64_t chunk) -> Pipeline& {
    return chunks.second == nullptr || chunk % 2 == 0 ? pipeline_ : *chunks.second;
  };
  std::uint64_t sent = chunks.has_begun ? 1 : 0;
  for (std::uint64_t received = 0; received < count; ++received) {
    for (; sent < std::min(count, received + ahead); ++sent) {
      const std::uint64_t from = chunks.after + sent * kChunkEvents;
      auto done = send_range(connection(sent), sql, from, std::min(chunks.end, from + kChunkEvents),
                             kChunkEvents, nullptr);
      if (!done) return done.error();
    }
    auto rows = receive_answer(connection(received));
    if (!rows) return rows.error();
    std::uint64_t last = chunks.after + received * kChunkEvents;
    const std::uint64_t end = std::min(chunks.end, last + kChunkEvents);
    for (int row = 0; row < rows->size(); ++row) {
      const std::uint64_t position = rows->count(row, kPosition);
      if (position > end) break;  // newer than the head that was seen
      if (!has_all && position != last + 1) return last;
      if (!page.add(*rows, row)) {
        page.page.scanned_to = {position - 1};
        return position - 1;
      }
      last = position;
    }
    if (!has_all && last != end) return last;
  }
  return chunks.end;
}

Result<void> LogReader::read_of_types(Scan& scan, PageBuilder& page) {
  while (!scan.types.empty() && scan.after < scan.until) {
    const std::uint64_t limit = std::min<std::uint64_t>(kChunkEvents, page.events_left() + 1);
    auto sent = send_range(pipeline_, statements_.read_log_of_types, scan.after, scan.until, limit,
                           &scan.types);
    if (!sent) return sent;
    auto rows = receive_answer();
    if (!rows) return rows.error();
    for (int row = 0; row < rows->size(); ++row) {
      scan.after = rows->count(row, kPosition);
      if (!page.add(*rows, row)) {
        page.page.scanned_to = {scan.after - 1};
        return {};
      }
    }
    if (static_cast<std::uint64_t>(rows->size()) < limit) break;
  }
  return {};
}

bool LogReader::is_whole(PageBuilder& page) const {
  return page.unknown_types().empty() && page.large_payloads().empty() && page.batches().empty();
}

Result<EventPage> LogReader::finish(PageBuilder& page) {
  if (auto completed = complete(page); !completed) return completed.error();
  return page.finish(state_.types.names());
}

// Fetches what the page still needs, all of it in one go.
Result<void> LogReader::complete(PageBuilder& page) {
  const Instant until = std::chrono::steady_clock::now() + state_.options.statement_timeout;
  const std::vector<std::uint64_t> streams = page.name_streams(names_);
  const std::vector<std::uint64_t> types = page.unknown_types();
  const std::vector<std::uint64_t> payloads = page.large_payloads();
  const std::vector<std::uint64_t> batches = page.batches();
  const std::pair<const std::string*, const std::vector<std::uint64_t>*> all[] = {
      {&statements_.read_stream_names, &streams},
      {&statements_.read_type_names, &types},
      {&statements_.read_payloads, &payloads},
      {&statements_.read_batches, &batches}};
  const bool is_whole = std::all_of(std::begin(all), std::end(all),
                                    [](const auto& part) { return part.second->empty(); });
  if (is_whole) return {};
  // Of a page that was cut.
  if (auto drained = pipeline_.drain(until); !drained) return drained;
  for (const auto& [sql, numbers] : all) {
    if (numbers->empty()) continue;
    if (auto sent = send_numbers(*sql, *numbers); !sent) return sent;
  }
  for (const auto& [sql, numbers] : all) {
    if (numbers->empty()) continue;
    auto rows = receive_answer();
    if (!rows) return rows.error();
    Result<void> taken;
    if (numbers == &streams) taken = page.name_streams(*rows, names_);
    if (numbers == &types) learn_types(*rows);
    if (numbers == &payloads) taken = page.set_payloads(*rows);
    if (numbers == &batches) taken = page.set_batches(*rows);
    if (!taken) return taken;
  }
  return {};
}

}  // namespace eventcore::postgres
