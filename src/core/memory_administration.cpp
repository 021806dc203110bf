#include "memory_administration.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "store_facts.hpp"

namespace eventcore::detail {
namespace {

constexpr std::size_t kFindingsMax = 1'000;
constexpr std::uint64_t kEventsBetweenProgress = 4'096;

void report(VerifyReport& into, std::string check, Position position, std::string message) {
  ++into.findings_total;
  if (into.findings.size() < kFindingsMax) {
    into.findings.push_back({std::move(check), position, std::move(message)});
  }
}

// One event against its place in the log, in its batch and in its stream.
void verify_event(const MemoryLog& log, Position at, VerifyReport& into) {
  const MemoryEvent& event = log.event(at);
  const MemoryBatch& batch = event.batch();
  if (event.ordinal >= batch.event_count || &batch.event(event.ordinal) != &event) {
    report(into, "batch", at, "not where its batch says");
    return;
  }
  if (event.position() != at) {
    report(into, "density", at,
           "position " + std::to_string(event.position().value) + " stands here");
  }
  if (at.value > 1 && batch.time < log.event({at.value - 1}).batch().time) {
    report(into, "order", at, "earlier than the event before");
  }
  if (event.ordinal == 0) ++into.batches;
  const MemoryStream& stream = *batch.reads()[event.read].stream;
  const std::uint64_t version = event.version().value;
  if (version > stream.version.load(std::memory_order_acquire) ||
      stream.events[version - 1] != &event) {
    report(into, "chain", at, "not in its stream under its version");
  }
}

}  // namespace

void MemoryAdministration::sort_new_streams() {
  const auto by_id = [](const MemoryStream* a, const MemoryStream* b) { return a->id < b->id; };
  const auto known = static_cast<std::ptrdiff_t>(sorted_.size());
  const std::uint64_t count = log_->stream_count();
  for (std::uint64_t i = sorted_.size(); i < count; ++i) sorted_.push_back(&log_->stream(i));
  std::sort(sorted_.begin() + known, sorted_.end(), by_id);
  std::inplace_merge(sorted_.begin(), sorted_.begin() + known, sorted_.end(), by_id);
}

Result<std::vector<StreamSummary>> MemoryAdministration::list_streams(
    const StreamListQuery& query) {
  const Position head = log_->head();
  const MutexLock lock(mutex_);
  if (sorted_.size() != log_->stream_count()) sort_new_streams();
  const auto first = std::upper_bound(
      sorted_.begin(), sorted_.end(), std::string_view(query.after),
      [](std::string_view after, const MemoryStream* stream) { return after < stream->id; });
  std::vector<StreamSummary> summaries;
  for (auto at = first; at != sorted_.end() && summaries.size() < query.limit; ++at) {
    const MemoryStream& stream = **at;
    const StreamVersion version = MemoryLog::version_at(stream, head);
    if (version.value == 0 || !query.filter.matches_stream(stream.id)) continue;
    summaries.push_back({.stream = StreamId::parse(stream.id).value(),
                         .version = version,
                         .last = stream.events[version.value - 1]->position()});
  }
  return summaries;
}

Result<StoreStats> MemoryAdministration::stats() {
  StoreStats stats;
  stats.head = log_->head();
  stats.events = stats.head.value;
  stats.streams = log_->written_stream_count();
  stats.event_types = log_->types().count();
  stats.size_bytes = log_->size_bytes();
  if (stats.events != 0) {
    stats.first_event = log_->event({1}).batch().time;
    stats.last_event = log_->event(stats.head).batch().time;
  }
  const MutexLock lock(mutex_);
  if (care_.backup.last_success) stats.last_backup = care_.backup.last_success->time;
  return stats;
}

StoreFigures MemoryAdministration::figures() const {
  StoreFigures figures;
  const Position head = log_->head();
  figures.events = head.value;
  figures.streams = log_->written_stream_count();
  if (figures.events != 0) figures.last_append = log_->event(head).batch().time;
  return figures;
}

Result<VerifyReport> MemoryAdministration::verify(const Progress& progress) {
  VerifyReport found;
  const Position head = log_->head();
  for (Position at = {1}; at <= head; at = at + 1) {
    verify_event(*log_, at, found);
    ++found.events;
    const bool pauses = at.value % kEventsBetweenProgress == 0 || at == head;
    if (pauses && progress && !progress(at.value, head.value)) {
      return make_error(ErrorCode::Cancelled, "the verification was stopped");
    }
  }
  std::uint64_t in_streams = 0;
  const std::uint64_t streams = log_->stream_count();
  for (std::uint64_t i = 0; i < streams; ++i) {
    const StreamVersion version = MemoryLog::version_at(log_->stream(i), head);
    if (version.value != 0) ++found.streams;
    in_streams += version.value;
  }
  if (in_streams != found.events) {
    report(found, "heads", head,
           "the versions of all streams add up to " + std::to_string(in_streams) + " events");
  }
  return found;
}

Result<void> MemoryAdministration::import_batch(WriteBatch& batch, Position first, Timestamp time) {
  if (batch.event_count() == 0) {
    return make_error(ErrorCode::InvalidArgument, "a batch without events has no position");
  }
  const Result<WriteResult> written = log_->append({.batch = batch, .wall = time, .first = first});
  if (!written) return written.error();
  return {};
}

Result<void> MemoryAdministration::record_care(CareTask task, const CareRecord& record) {
  const MutexLock lock(mutex_);
  for (const StoreFact& fact : facts_of(task, record)) note_fact(care_, fact.name, fact.value);
  return {};
}

Result<StoreCare> MemoryAdministration::care() {
  const MutexLock lock(mutex_);
  return care_;
}

}  // namespace eventcore::detail
