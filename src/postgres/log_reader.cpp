#include "log_reader.hpp"

#include <algorithm>
#include <utility>

#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore::postgres {
namespace {

// Events that one answer holds at most; the next one is on its way meanwhile.
constexpr std::uint64_t kChunkEvents = 1'000;
constexpr std::size_t kChunksAhead = 2;
// Positions that are looked through for matching streams at once: some 30 bytes each.
constexpr std::uint64_t kScanPositions = 16'384;
constexpr std::size_t kMatchesMax = 1'000'000;
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
  return to.send(sql.c_str(), parameters);
}

Result<void> LogReader::send_numbers(const std::string& sql,
                                     const std::vector<std::uint64_t>& numbers) {
  Array array(Type::Int8);
  for (const std::uint64_t number : numbers) array.add(number);
  Parameters parameters;
  parameters.add(array);
  return pipeline_.send(sql.c_str(), parameters);
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
    if (auto sent = pipeline_.send(statements_.read_head.c_str(), {}); !sent) return sent;
    const EventFilter& filter = query.filter;
    const Position last = query.until.value_or(Position{kPositionMax});
    has_begun = filter.matches_all_streams() && filter.matches_all_types() &&
                query.events_max > 0 && query.after < std::min(last, Position{kPositionMax});
    if (has_begun) {
      const std::uint64_t limit = std::min<std::uint64_t>(kChunkEvents, query.events_max);
      auto sent = send_range(pipeline_, statements_.read_log, query.after.value,
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

// Positions are dense: it is known which ones the next answers hold before they come. With two
// connections they take turns.
Result<void> LogReader::read_all(const Scan& scan, PageBuilder& page, bool has_begun,
                                 Pipeline* second) {
  const std::uint64_t wanted =
      std::min<std::uint64_t>(scan.until - scan.after, scan.query.events_max);
  page.expect(wanted);
  const std::uint64_t end = scan.after + wanted;
  const std::uint64_t chunks = (wanted + kChunkEvents - 1) / kChunkEvents;
  const std::uint64_t ahead = second == nullptr ? kChunksAhead : 2 * kChunksAhead;
  const auto connection = [&](std::uint64_t chunk) -> Pipeline& {
    return second == nullptr || chunk % 2 == 0 ? pipeline_ : *second;
  };
  std::uint64_t sent = has_begun ? 1 : 0;
  for (std::uint64_t received = 0; received < chunks; ++received) {
    for (; sent < std::min(chunks, received + ahead); ++sent) {
      const std::uint64_t from = scan.after + sent * kChunkEvents;
      auto done = send_range(connection(sent), statements_.read_log, from,
                             std::min(end, from + kChunkEvents), kChunkEvents, nullptr);
      if (!done) return done;
    }
    auto rows = receive_answer(connection(received));
    if (!rows) return rows.error();
    for (int row = 0; row < rows->size(); ++row) {
      const std::uint64_t position = rows->count(row, kPosition);
      if (position > scan.until) break;  // newer than the head that was seen
      if (!page.add(*rows, row)) {
        page.page.scanned_to = {position - 1};
        return {};
      }
    }
  }
  if (end < scan.until) {
    page.page.more = true;
    page.page.scanned_to = {end};
  }
  return {};
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

// Looks through numbers of streams first: there is one matcher of names, and it is not in the
// database.
Result<void> LogReader::read_of_streams(Scan& scan, PageBuilder& page) {
  const bool all_types = scan.query.filter.matches_all_types();
  if (!all_types && scan.types.empty()) return {};
  matches_.clear();
  while (scan.after < scan.until) {
    // Without types the answer holds every position, so that its last one is known.
    const std::string& sql = all_types ? statements_.scan_log : statements_.scan_log_of_types;
    auto sent = send_range(pipeline_, sql, scan.after, scan.until, kScanPositions,
                           all_types ? nullptr : &scan.types);
    if (!sent) return sent;
    auto rows = receive_answer();
    if (!rows) return rows.error();
    if (rows->size() == 0) break;
    auto positions = matching(*rows, scan.query.filter);
    if (!positions) return positions.error();
    auto whole = read_positions(*positions, page);
    if (!whole) return whole.error();
    if (!*whole) return {};
    scan.after = rows->count(rows->size() - 1, 0);
    if (static_cast<std::uint64_t>(rows->size()) < kScanPositions) break;
  }
  return {};
}

// The positions among `rows` whose streams the filter wants.
Result<std::vector<std::uint64_t>> LogReader::matching(const Rows& rows,
                                                       const EventFilter& filter) {
  if (matches_.size() > kMatchesMax) matches_.clear();
  std::vector<std::uint64_t> unknown;
  for (int row = 0; row < rows.size(); ++row) {
    const std::uint64_t stream = rows.count(row, 1);
    if (matches_.contains(stream)) continue;
    const std::string_view name = names_.find(stream);
    if (name.empty()) {
      unknown.push_back(stream);
      matches_.emplace(stream, false);
    } else {
      matches_.emplace(stream, filter.matches_stream(name));
    }
  }
  if (!unknown.empty()) {
    if (auto sent = send_numbers(statements_.read_stream_names, unknown); !sent)
      return sent.error();
    auto named = receive_answer();
    if (!named) return named.error();
    for (int row = 0; row < named->size(); ++row) {
      names_.learn(named->count(row, 0), named->bytes(row, 1));
      matches_[named->count(row, 0)] = filter.matches_stream(named->bytes(row, 1));
    }
  }
  std::vector<std::uint64_t> positions;
  for (int row = 0; row < rows.size(); ++row) {
    if (matches_[rows.count(row, 1)]) positions.push_back(rows.count(row, 0));
  }
  return positions;
}

// False: the page is full before the last of them.
Result<bool> LogReader::read_positions(const std::vector<std::uint64_t>& positions,
                                       PageBuilder& page) {
  for (std::size_t begin = 0; begin < positions.size();) {
    // One more than there is room for says that the page is cut.
    const std::size_t count =
        std::min<std::size_t>({kChunkEvents, positions.size() - begin, page.events_left() + 1});
    const auto first = positions.begin() + static_cast<std::ptrdiff_t>(begin);
    auto sent =
        send_numbers(statements_.read_events, {first, first + static_cast<std::ptrdiff_t>(count)});
    if (!sent) return sent.error();
    auto rows = receive_answer();
    if (!rows) return rows.error();
    for (int row = 0; row < rows->size(); ++row) {
      if (page.add(*rows, row)) continue;
      page.page.scanned_to = {rows->count(row, kPosition) - 1};
      return false;
    }
    begin += count;
  }
  return true;
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
