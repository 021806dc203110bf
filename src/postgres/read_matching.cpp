// How `LogReader` reads the events of streams that a filter wants.

#include <algorithm>

#include "log_reader.hpp"

namespace eventcore::postgres {
namespace {

// Positions that are looked through for matching streams at once: some 30 bytes each.
constexpr std::uint64_t kScanPositions = 16'384;
constexpr std::size_t kMatchesMax = 1'000'000;

}  // namespace

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

}  // namespace eventcore::postgres
