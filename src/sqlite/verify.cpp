#include "verify.hpp"

#include <string>
#include <vector>

#include "checksum_row.hpp"
#include "head_sweep.hpp"
#include "head_table.hpp"
#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

constexpr char kCantRead[] = "can't read";
constexpr std::size_t kFindingsMax = 1'000;
// Events read in one transaction: a longer one would keep the journal from being used again.
constexpr std::uint64_t kPageEvents = 10'000;
constexpr std::uint64_t kGapMax = 1'000'000;

// Behind the columns of the checksum.
constexpr int kStream = kChecksumColumns;
constexpr int kType = kStream + 1;

// Follows the log and compares each event with what came before it.
class Verifier {
 public:
  Verifier(const Connection& connection, Position head) : connection_(connection), head_(head) {}

  Result<void> load_names();
  Result<void> read_log(const Progress& progress);
  Result<void> check_heads();
  Result<void> check_zones();
  Result<void> check_pages();

  VerifyReport report;

 private:
  // What a stream's next event has to continue.
  struct StreamEnd {
    std::uint64_t name_hash = 0;
    Head head;
  };

  template <class Entry, class Add>
  Result<void> load_numbered(const char* sql, const char* table, std::vector<Entry>& entries,
                             Add&& add);
  Result<std::uint64_t> read_page(Statement& rows, std::uint64_t after);
  void check_event(Statement& row);
  void check_place(Statement& row, std::uint64_t position);
  void check_inside_batch(Statement& row, std::uint64_t position);
  void begin_batch(Statement& row, std::uint64_t position);
  void end_batch();
  void find(const char* check, std::uint64_t position, std::string message);

  const Connection& connection_;
  const Position head_;
  std::vector<StreamEnd> streams_ = std::vector<StreamEnd>(1);        // by number
  std::vector<std::uint64_t> types_ = std::vector<std::uint64_t>(1);  // name hashes by number
  std::uint64_t last_ = 0;
  Timestamp last_time_ = Timestamp::min();

  // The batch that the current event belongs to.
  std::optional<BatchChecksum> sum_;
  std::uint64_t batch_first_ = 0;
  std::uint64_t batch_events_ = 0;
  std::uint64_t batch_seen_ = 0;
  std::uint64_t batch_checksum_ = 0;
};

void Verifier::find(const char* check, std::uint64_t position, std::string message) {
  ++report.findings_total;
  if (report.findings.size() >= kFindingsMax) return;
  report.findings.push_back({check, {position}, std::move(message)});
}

// Numbers are dense. A gap may stand for rows that were lost, but memory is needed for all in it.
template <class Entry, class Add>
Result<void> Verifier::load_numbered(const char* sql, const char* table,
                                     std::vector<Entry>& entries, Add&& add) {
  auto count =
      connection_.number((std::string("SELECT count(*) FROM ") + table).c_str(), kCantRead);
  if (!count) return count.error();
  auto rows = connection_.prepare(sql);
  if (!rows) return rows.error();
  rows->bind(1, std::uint64_t{0});
  std::uint64_t seen = 0;
  int result = rows->step();
  for (; result == SQLITE_ROW; result = rows->step(), ++seen) {
    const std::uint64_t number = rows->number(0);
    if (number != entries.size()) {
      find(table, 0, "number " + std::to_string(entries.size()) + " is missing");
      if (number > 2 * *count + kGapMax) continue;
      entries.resize(number);
    }
    entries.push_back(add(hash_bytes(rows->bytes(1))));
  }
  if (result != SQLITE_DONE) return connection_.error(kCantRead);
  if (seen != *count) find(table, 0, "a number is not positive");
  return {};
}

Result<void> Verifier::load_names() {
  const ReadTransaction transaction(connection_);
  if (!transaction.begun()) return connection_.error(kCantRead);
  if (auto loaded = load_numbered(sql::list_streams_by_number, "streams", streams_,
                                  [](std::uint64_t hash) {
                                    return StreamEnd{hash, {}};
                                  });
      !loaded) {
    return loaded;
  }
  return load_numbered(sql::list_types, "types", types_, [](std::uint64_t hash) { return hash; });
}

Result<void> Verifier::read_log(const Progress& progress) {
  auto rows = connection_.prepare(sql::verify_log);
  if (!rows) return rows.error();
  auto hidden = connection_.number("SELECT count(*) FROM events WHERE position < 1", kCantRead);
  if (!hidden) return hidden.error();
  if (*hidden != 0) find("density", 0, std::to_string(*hidden) + " events are before the first");
  const auto stopped = [&](std::uint64_t done) {
    return progress && !progress(done, std::max<std::uint64_t>(head_.value, 1));
  };
  for (std::uint64_t after = 0;;) {
    if (stopped(after)) return make_error(ErrorCode::Cancelled, "verifying was stopped");
    auto end = read_page(*rows, after);
    if (!end) return end.error();
    if (*end == after) break;
    after = *end;
  }
  end_batch();
  if (last_ < head_.value) {
    find("density", last_ + 1, "the log ends before the head, " + std::to_string(head_.value));
  }
  for (const StreamEnd& stream : streams_) {
    if (stream.head.version != 0) ++report.streams;
  }
  if (last_ != head_.value || head_.value == 0) {
    if (stopped(std::max<std::uint64_t>(head_.value, 1))) {
      return make_error(ErrorCode::Cancelled, "verifying was stopped");
    }
  }
  return {};
}

Result<std::uint64_t> Verifier::read_page(Statement& rows, std::uint64_t after) {
  const RowScope scope(rows);
  rows.bind(1, after);
  rows.bind(2, head_.value);
  rows.bind(3, kPageEvents);
  std::uint64_t end = after;
  int result = rows.step();
  for (; result == SQLITE_ROW; result = rows.step()) {
    end = rows.number(kPosition);
    check_event(rows);
  }
  if (result != SQLITE_DONE) return connection_.error(kCantRead);
  return end;
}

void Verifier::check_event(Statement& row) {
  const std::uint64_t position = row.number(kPosition);
  ++report.events;
  if (position != last_ + 1) {
    find("density", last_ + 1, "events up to " + std::to_string(position - 1) + " are missing");
  }
  last_ = position;
  if (row.time(kTime) < last_time_) find("order", position, "the time goes back");
  last_time_ = std::max(last_time_, row.time(kTime));
  if (row.number(kOrdinal) == 0) {
    begin_batch(row, position);
  } else {
    check_inside_batch(row, position);
  }
  ++batch_seen_;
  check_place(row, position);
  const std::uint64_t stream = row.number(kStream);
  const std::uint64_t type = row.number(kType);
  if (type == 0 || type >= types_.size()) find("types", position, "the event's type has no name");
  if (!sum_) return;
  sum_->add(event_of(row, stream < streams_.size() ? streams_[stream].name_hash : 0,
                     type < types_.size() ? types_[type] : 0));
}

void Verifier::check_place(Statement& row, std::uint64_t position) {
  const std::uint64_t number = row.number(kStream);
  if (number == 0 || number >= streams_.size()) {
    find("streams", position, "the event's stream has no name");
    return;
  }
  Head& head = streams_[number].head;
  const std::uint64_t version = row.number(kVersion);
  if (version != head.version + 1) {
    find("versions", position,
         "version " + std::to_string(version) + " follows " + std::to_string(head.version));
  }
  if (row.number(kPrevious) != head.position) {
    find("chain", position,
         "the link leads to " + std::to_string(row.number(kPrevious)) + ", not to " +
             std::to_string(head.position));
  }
  const bool links_back = version % kSkipStride == 0;
  if (row.number(kSkip) != (links_back ? head.skip : 0)) {
    find("chain", position, "the long link leads to " + std::to_string(row.number(kSkip)));
  }
  head.number = number;
  head.version = version;
  head.position = position;
  if (links_back) head.skip = position;
}

// What stands here and not on the batch's first event is in no checksum, but keys would be found.
void Verifier::check_inside_batch(Statement& row, std::uint64_t position) {
  if (position - row.number(kOrdinal) != batch_first_) {
    find("batch", position, "the event does not belong to the batch before it");
  }
  for (int column = kCommandId; column <= kChecksum; ++column) {
    if (row.is_null(column)) continue;
    find("batch", position, "the event is not the first, but has columns of a batch");
    break;
  }
}

void Verifier::begin_batch(Statement& row, std::uint64_t position) {
  end_batch();
  ++report.batches;
  batch_first_ = position;
  batch_events_ = row.number(kBatchEvents);
  batch_seen_ = 0;
  batch_checksum_ = row.number(kChecksum);
  if (!has_id(row)) find("batch", position, "the batch has no id");
  sum_.emplace(batch_of(row));
}

void Verifier::end_batch() {
  if (!sum_) return;
  if (batch_seen_ != batch_events_) {
    find("batch", batch_first_,
         std::to_string(batch_seen_) + " of its " + std::to_string(batch_events_) + " events");
  }
  if (sum_->value() != batch_checksum_) {
    find("checksum", batch_first_, "the batch is not what was written");
  }
  sum_.reset();
}

// A head is that of an event, and the newest one up to where the table is complete.
Result<void> Verifier::check_heads() {
  auto rows = connection_.prepare(sql::list_heads);
  if (!rows) return rows.error();
  const ReadTransaction transaction(connection_);
  rows->bind(1, std::uint64_t{0});
  int result = rows->step();
  if (result != SQLITE_ROW || rows->number(0) != 0) {
    find("heads", 0, "the table does not say up to where it is complete");
    return {};
  }
  const std::uint64_t complete_to = rows->number(2);
  std::uint64_t next = 1;
  const auto expect_none_until = [&](std::uint64_t number) {
    for (; next < number && next < streams_.size(); ++next) {
      const std::uint64_t position = streams_[next].head.position;
      if (position != 0 && position <= complete_to) find("heads", position, "a head is missing");
    }
  };
  for (result = rows->step(); result == SQLITE_ROW; result = rows->step()) {
    const std::uint64_t number = rows->number(0);
    expect_none_until(number);
    next = number + 1;
    const std::uint64_t position = rows->number(2);
    // Newer than what was verified.
    if (position > head_.value) continue;
    if (number >= streams_.size()) {
      find("heads", position, "the head is of an unknown stream");
      continue;
    }
    const Head& head = streams_[number].head;
    const bool is_end = head.position == position && head.version == rows->number(1);
    const bool may_be_older = head.position > complete_to && position < head.position;
    if (!is_end && !may_be_older) find("heads", position, "the head is not the stream's end");
    const bool shares_skip = head.version / kSkipStride == rows->number(1) / kSkipStride;
    if (shares_skip && head.skip != rows->number(3)) {
      find("heads", position, "the long link leads to " + std::to_string(rows->number(3)));
    }
  }
  if (result != SQLITE_DONE) return connection_.error(kCantRead);
  expect_none_until(streams_.size());
  return {};
}

// A type that a zone has, but is said not to have, is passed over by who looks for it.
Result<void> Verifier::check_zones() {
  // A file of version 1, which is only read, has none.
  const auto tables =
      connection_.number("SELECT count(*) FROM sqlite_schema WHERE name = 'zones'", kCantRead);
  if (!tables) return tables.error();
  if (*tables == 0) return {};
  auto rows = connection_.prepare(sql::list_missing_zones);
  if (!rows) return rows.error();
  int result = rows->step();
  for (; result == SQLITE_ROW; result = rows->step()) {
    find("zones", rows->number(0),
         "type " + std::to_string(rows->number(1)) + " is not noted for the zone that begins here");
  }
  if (result != SQLITE_DONE) return connection_.error(kCantRead);
  return {};
}

// What SQLite itself finds, most of all indexes that do not match their tables.
Result<void> Verifier::check_pages() {
  auto rows = connection_.prepare("PRAGMA integrity_check(100)");
  if (!rows) return rows.error();
  int result = rows->step();
  for (; result == SQLITE_ROW; result = rows->step()) {
    const std::string_view text = rows->bytes(0);
    if (text != "ok") find("file", 0, std::string(text));
  }
  if (result != SQLITE_DONE) return connection_.error(kCantRead);
  return {};
}

}  // namespace

Result<VerifyReport> verify_file(const Connection& connection, Position head,
                                 const Progress& progress) {
  Verifier verifier(connection, head);
  if (auto loaded = verifier.load_names(); !loaded) return loaded.error();
  if (auto read = verifier.read_log(progress); !read) return read.error();
  if (auto checked = verifier.check_heads(); !checked) return checked.error();
  if (auto checked = verifier.check_zones(); !checked) return checked.error();
  if (auto checked = verifier.check_pages(); !checked) return checked.error();
  return std::move(verifier.report);
}

}  // namespace eventcore::sqlite
