#include "subject.hpp"

#include <ostream>

namespace eventcore::testing::contract {

namespace {

Uuid fresh_id() {
  return mint_uuid(std::chrono::time_point_cast<std::chrono::milliseconds>(system_clock().wall()));
}

}  // namespace

Subject::Subject(StoreFixture& fixture, StoreSettings settings)
    : fixture_(fixture), settings_(std::move(settings)), store_(must(fixture_.open(settings_))) {}

void Subject::reopen() {
  must(store_->close({}));
  store_.reset();
  store_ = must(fixture_.open(settings_));
}

WriteBatch batch_of(const std::vector<Part>& parts) {
  WriteBatch batch;
  batch.info.id = fresh_id();
  batch.info.command_type = "note";
  for (const Part& part : parts) {
    const std::uint32_t stream = batch.add_stream(id(part.stream), part.expected);
    for (const std::string& payload : part.payloads) batch.add_event(stream, "Noted", 1, payload);
  }
  return batch;
}

WriteBatch keyed_batch(std::string_view key, const std::vector<Part>& parts,
                       std::string_view command_type) {
  WriteBatch batch = batch_of(parts);
  batch.info.key = key;
  batch.info.command_type = command_type;
  return batch;
}

WriteResult note(EventStore& store, std::string_view stream, std::string_view payload,
                 std::string_view type) {
  WriteBatch batch = batch_of({});
  batch.add_event(batch.add_stream(id(stream), any()), type, 1, payload);
  return must(store.append(batch));
}

void PrintTo(const Seen& event, std::ostream* out) {
  *out << event.position.value << ": " << event.stream << '@' << event.version.value << ' '
       << event.type << ' ' << event.payload.substr(0, 64);
}

std::vector<Seen> copy(const EventPage& page) {
  std::vector<Seen> events;
  for (const StoredEvent& event : page.events) {
    events.push_back({event.position, event.version, event.time, std::string(event.stream),
                      std::string(event.type), std::string(event.payload),
                      std::string(event.headers), event.type_number, event.schema_version,
                      event.ordinal});
  }
  return events;
}

std::vector<std::string> payloads(const EventPage& page) { return payloads(copy(page)); }

std::vector<std::string> payloads(const std::vector<Seen>& events) {
  std::vector<std::string> all;
  for (const Seen& event : events) all.push_back(event.payload);
  return all;
}

std::vector<std::uint64_t> positions(const EventPage& page) {
  std::vector<std::uint64_t> all;
  for (const StoredEvent& event : page.events) all.push_back(event.position.value);
  return all;
}

std::vector<Seen> read_log(EventStore& store, LogQuery query) {
  std::vector<Seen> events;
  for (;;) {
    const EventPage page = must(store.read(query));
    for (Seen& event : copy(page)) events.push_back(std::move(event));
    if (!page.more) return events;
    if (page.scanned_to <= query.after) {
      throw std::runtime_error("a page that is not the last makes no progress");
    }
    query.after = page.scanned_to;
  }
}

std::vector<Seen> read_all(EventStore& store, std::string_view stream) {
  std::vector<Seen> events;
  StreamsQuery query = streams_query({stream});
  for (;;) {
    const EventPage page = must(store.read(query));
    for (Seen& event : copy(page)) events.push_back(std::move(event));
    if (!page.more) return events;
    if (page.events.empty()) throw std::runtime_error("an empty page is not the last");
    query.streams.front().after = page.events.back().version;
    query.at = page.at;
  }
}

StreamVersion version_of(EventStore& store, std::string_view stream) {
  StreamsQuery query = streams_query({stream});
  query.events_max = 0;
  return must(store.read(query)).streams.at(0).version;
}

StreamsQuery streams_query(const std::vector<std::string_view>& streams) {
  StreamsQuery query;
  for (const std::string_view stream : streams) query.streams.push_back({.stream = id(stream)});
  return query;
}

// The store holds a pointer to a submitted operation: an assertion that leaves the clause early
// must not pull it away.
PendingAppend::~PendingAppend() {
  if (submitted_) static_cast<void>(completion_.wait());
}

PendingAppend& PendingAppend::submit(EventStore& store) {
  submitted_ = true;
  store.submit_append(*this);
  return *this;
}

void PendingAppend::completed(Result<WriteResult> result) noexcept {
  completion_.set(std::move(result));
}

PendingRead::~PendingRead() {
  if (submitted_) static_cast<void>(completion_.wait());
}

PendingRead& PendingRead::submit(EventStore& store) {
  submitted_ = true;
  store.submit_read(*this);
  return *this;
}

}  // namespace eventcore::testing::contract
