// How `LogReader` scans the log: in order, and past the zones without a wanted type.

#include <algorithm>

#include "log_file.hpp"
#include "log_reader.hpp"

namespace eventcore::sqlite {

Result<void> LogReader::scan_log(const LogQuery& query, std::uint64_t until, Page& page) {
  const EventFilter& filter = query.filter;
  Scan scan{
      .filter = filter, .types = {}, .is_wanted = {}, .after = query.after.value, .until = until};
  const std::vector<std::string_view>& names = page.storage->types->by_number;
  for (std::uint64_t number = 0; number < names.size() && !filter.matches_all_types(); ++number) {
    scan.is_wanted.push_back(filter.matches_type(names[number]));
    if (number != 0 && scan.is_wanted.back()) scan.types.push_back(number);
  }
  if (filter.matches_all_types() && filter.matches_all_streams()) {
    page.page.events.reserve(std::min<std::uint64_t>(until - scan.after, page.events_max));
  }
  matches_.clear();
  while (scan.after < until) {
    auto piece = pass_zones(scan);
    if (!piece) return piece.error();
    if (scan.after >= until) break;
    auto scanned = scan_piece(scan, *piece, page);
    if (!scanned) return scanned.error();
    if (!*scanned) return {};
    scan.after = *piece;
  }
  return {};
}

// Moves the scan past zones without a wanted type, and returns up to where the next may be one.
Result<std::uint64_t> LogReader::pass_zones(Scan& scan) {
  if (scan.filter.matches_all_types() || !find_zone_.is_prepared()) return scan.until;
  const std::uint64_t zone = scan.after / kZone;
  const std::uint64_t full = scan.until / kZone;
  if (zone >= full) return scan.until;
  std::uint64_t next = full;
  for (const std::uint64_t type : scan.types) {
    const RowScope scope(find_zone_);
    find_zone_.bind(1, type);
    find_zone_.bind(2, zone);
    const int result = find_zone_.step();
    if (result == SQLITE_ROW) next = std::min(next, find_zone_.number(0));
    if (result != SQLITE_ROW && result != SQLITE_DONE) return error();
  }
  scan.after = std::max(scan.after, next * kZone);
  // The zone at the end is not full: nobody has noted what is in it.
  return next == full ? scan.until : (next + 1) * kZone;
}

// False: the page is full.
Result<bool> LogReader::scan_piece(Scan& scan, std::uint64_t until, Page& page) {
  const bool all_streams = scan.filter.matches_all_streams();
  const RowScope scope(read_log_);
  read_log_.bind(1, scan.after);
  read_log_.bind(2, until);
  int result = read_log_.step();
  for (; result == SQLITE_ROW; result = read_log_.step()) {
    const std::uint64_t type = read_log_.number(kType);
    if (!scan.is_wanted.empty() && (type >= scan.is_wanted.size() || !scan.is_wanted[type])) {
      continue;
    }
    if (!all_streams) {
      auto matches = matches_stream(scan.filter, read_log_.number(kStream), page);
      if (!matches) return matches.error();
      if (!*matches) continue;
    }
    const std::string_view payload = read_log_.bytes(kPayload);
    const std::string_view headers = read_log_.bytes(kHeaders);
    if (!page.takes(payload.size() + headers.size())) {
      page.page.more = true;
      page.page.scanned_to = {read_log_.number(kPosition) - 1};
      return false;
    }
    if (auto added = add_event(read_log_, payload, headers, page); !added) return added.error();
  }
  if (result != SQLITE_DONE) return error();
  return true;
}

Result<bool> LogReader::matches_stream(const EventFilter& filter, std::uint64_t number,
                                       Page& page) {
  if (const auto known = matches_.find(number); known != matches_.end()) return known->second;
  auto name = name_of(number, page);
  if (!name) return name.error();
  const bool matches = filter.matches_stream(*name);
  matches_.emplace(number, matches);
  return matches;
}

}  // namespace eventcore::sqlite
