#include "verify.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "checksum_scan.hpp"
#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore::postgres {
namespace {

constexpr std::size_t kFindingsMax = 1'000;
constexpr std::uint64_t kNamesAtOnce = 10'000;

// Follows the log and compares each event with what came before it.
class Verifier {
 public:
  Verifier(const LogCheck& check, Position head) : check_(check), scan_(check), head_(head) {}

  Result<void> load_names();
  Result<void> read_log(const Progress& progress);

  VerifyReport report;

 private:
  // What a stream's next event has to continue.
  struct StreamEnd {
    std::uint64_t name_hash = 0;
    std::uint64_t version = 0;
  };

  Result<Rows> run(const char* sql, const Parameters& parameters);
  Result<void> check_event(const Rows& rows, int row);
  std::uint64_t check_place(const Rows& rows, int row, std::uint64_t position);
  std::uint64_t check_type(const Rows& rows, int row, std::uint64_t position);
  void check_inside_batch(const Rows& rows, int row, std::uint64_t position);
  void begin_batch(const Rows& rows, int row, std::uint64_t position);
  void end_batch();
  void find(const char* check, std::uint64_t position, std::string message);

  const LogCheck& check_;
  ChecksumScan scan_;
  const Position head_;
  std::unordered_map<std::uint64_t, StreamEnd> streams_;    // by number
  std::unordered_map<std::uint64_t, std::uint64_t> types_;  // name hashes by number
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

Result<Rows> Verifier::run(const char* sql, const Parameters& parameters) {
  if (check_.closing.load()) return shutting_down();
  return check_.connection.run(for_schema(sql, check_.options.schema).c_str(), parameters,
                               std::chrono::steady_clock::now() + check_.options.statement_timeout);
}

// Numbers of streams have gaps: a transaction that was given up uses some too.
Result<void> Verifier::load_names() {
  for (std::uint64_t after = 0;;) {
    Parameters parameters;
    parameters.add(after).add(kNamesAtOnce);
    auto rows = run(sql::list_stream_names, parameters);
    if (!rows) return rows.error();
    for (int row = 0; row < rows->size(); ++row) {
      after = rows->count(row, 0);
      streams_.emplace(after, StreamEnd{.name_hash = hash_bytes(rows->bytes(row, 1))});
    }
    if (static_cast<std::uint64_t>(rows->size()) < kNamesAtOnce) break;
  }
  auto rows = run(sql::list_type_names, {});
  if (!rows) return rows.error();
  for (int row = 0; row < rows->size(); ++row) {
    const std::uint64_t number = rows->count(row, 0);
    if (number != types_.size() + 1) {
      find("types", 0, "number " + std::to_string(types_.size() + 1) + " is missing");
    }
    types_.emplace(number, hash_bytes(rows->bytes(row, 1)));
  }
  return {};
}

Result<void> Verifier::read_log(const Progress& progress) {
  const std::uint64_t total = std::max<std::uint64_t>(head_.value, 1);
  const auto stopped = [&](std::uint64_t done) { return progress && !progress(done, total); };
  for (Position after;;) {
    if (stopped(after.value)) return make_error(ErrorCode::Cancelled, "verifying was stopped");
    auto rows = scan_.next(after, head_);
    if (!rows) return rows.error();
    if (rows->size() == 0) break;
    for (int row = 0; row < rows->size(); ++row) {
      if (auto checked = check_event(*rows, row); !checked) return checked;
    }
    after = {rows->count(rows->size() - 1, kLogPosition)};
  }
  end_batch();
  if (last_ < head_.value) {
    find("density", last_ + 1, "the log ends before the head, " + std::to_string(head_.value));
  }
  report.streams = static_cast<std::uint64_t>(
      std::count_if(streams_.begin(), streams_.end(),
                    [](const auto& stream) { return stream.second.version != 0; }));
  if (last_ != total && stopped(total)) {
    return make_error(ErrorCode::Cancelled, "verifying was stopped");
  }
  return {};
}

Result<void> Verifier::check_event(const Rows& rows, int row) {
  const std::uint64_t position = rows.count(row, kLogPosition);
  ++report.events;
  if (position != last_ + 1) {
    find("density", last_ + 1, "events up to " + std::to_string(position - 1) + " are missing");
  }
  last_ = position;
  if (rows.time(row, kLogTime) < last_time_) find("order", position, "the time goes back");
  last_time_ = std::max(last_time_, rows.time(row, kLogTime));
  if (rows.count(row, kLogOrdinal) == 0) {
    begin_batch(rows, row, position);
  } else {
    check_inside_batch(rows, row, position);
  }
  ++batch_seen_;
  const std::uint64_t stream_hash = check_place(rows, row, position);
  const std::uint64_t type_hash = check_type(rows, row, position);
  if (!sum_) return {};
  auto payload = scan_.payload(rows, row);
  if (!payload) return payload.error();
  sum_->add({.stream_hash = stream_hash,
             .type_hash = type_hash,
             .schema_version = rows.count(row, kLogSchemaVersion),
             .payload = *payload,
             .headers = rows.bytes(row, kLogHeaders)});
  return {};
}

// The stream and version of an event. Returns the hash of the stream's name.
std::uint64_t Verifier::check_place(const Rows& rows, int row, std::uint64_t position) {
  const auto stream = streams_.find(rows.count(row, kLogStream));
  if (stream == streams_.end()) {
    find("streams", position, "the event's stream has no name");
    return 0;
  }
  StreamEnd& end = stream->second;
  const std::uint64_t version = rows.count(row, kLogVersion);
  if (version != end.version + 1) {
    find("versions", position,
         "version " + std::to_string(version) + " follows " + std::to_string(end.version));
  }
  end.version = version;
  return end.name_hash;
}

std::uint64_t Verifier::check_type(const Rows& rows, int row, std::uint64_t position) {
  const auto type = types_.find(rows.count(row, kLogType));
  if (type != types_.end()) return type->second;
  find("types", position, "the event's type has no name");
  return 0;
}

// What stands here and not on the batch's first event is in no checksum, but keys would be found.
void Verifier::check_inside_batch(const Rows& rows, int row, std::uint64_t position) {
  if (!sum_ || position - rows.count(row, kLogOrdinal) != batch_first_) {
    find("batch", position, "the event does not belong to the batch before it");
  }
  for (int column = kCommandId; column <= kChecksum; ++column) {
    if (rows.is_null(row, column)) continue;
    find("batch", position, "the event is not the first, but has columns of a batch");
    break;
  }
}

void Verifier::begin_batch(const Rows& rows, int row, std::uint64_t position) {
  end_batch();
  ++report.batches;
  batch_first_ = position;
  batch_events_ = rows.count(row, kBatchEvents);
  batch_seen_ = 0;
  batch_checksum_ = rows.count(row, kChecksum);
  if (rows.is_null(row, kCommandId)) find("batch", position, "the batch has no id");
  sum_.emplace(batch_of(rows, row));
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

}  // namespace

Result<VerifyReport> verify_log(const LogCheck& check, const Progress& progress) {
  const std::string read_head = for_schema(sql::read_head, check.options.schema);
  auto head = check.connection.run(
      read_head.c_str(), {}, std::chrono::steady_clock::now() + check.options.statement_timeout);
  if (!head) return head.error();
  Verifier verifier(check, {head->size() == 0 ? 0 : head->count(0, 0)});
  if (auto loaded = verifier.load_names(); !loaded) return loaded.error();
  if (auto read = verifier.read_log(progress); !read) return read.error();
  return std::move(verifier.report);
}

}  // namespace eventcore::postgres
