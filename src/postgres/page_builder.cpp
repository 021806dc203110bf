#include "page_builder.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "eventcore/detail/stored_trace.hpp"

namespace eventcore::postgres {
namespace {

void sort_unique(std::vector<std::uint64_t>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

}  // namespace

PageBuilder::PageBuilder(Limits limits, std::shared_ptr<const TypeNames> types)
    : limits_(limits), storage_(std::make_shared<Storage>()) {
  storage_->types = std::move(types);
}

void PageBuilder::expect(std::uint64_t events) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(events, limits_.events_max));
  page.events.reserve(count);
  streams_.reserve(count);
}

StoredEvent* PageBuilder::add_row(const Rows& rows, int row) {
  const std::string_view payload = rows.bytes(row, kPayload);
  const std::string_view headers = rows.bytes(row, kHeaders);
  const bool is_large = rows.is_null(row, kPayload);
  const std::size_t size =
      headers.size() + (is_large ? rows.count(row, kPayloadSize) : payload.size());
  if (page.events.size() >= limits_.events_max ||
      (!page.events.empty() && bytes_ + size > limits_.bytes_max)) {
    page.more = true;
    return nullptr;
  }
  bytes_ += size;
  StoredEvent& event = page.events.emplace_back();
  event.position = {rows.count(row, kPosition)};
  event.version = {rows.count(row, kVersion)};
  event.time = rows.time(row, kTime);
  event.type_number = static_cast<std::uint32_t>(rows.count(row, kType));
  event.schema_version = static_cast<std::uint32_t>(rows.count(row, kTypeVersion));
  event.ordinal = static_cast<std::uint32_t>(rows.count(row, kOrdinal));
  if (!headers.empty()) event.headers = storage_->bytes.copy(headers);
  if (is_large) {
    large_.push_back(page.events.size() - 1);
  } else {
    event.payload = storage_->bytes.copy(payload);
  }
  return &event;
}

bool PageBuilder::add(const Rows& rows, int row) {
  if (add_row(rows, row) == nullptr) return false;
  streams_.push_back(rows.count(row, kStream));
  return true;
}

bool PageBuilder::add(const Rows& rows, int row, std::string_view stream) {
  StoredEvent* const event = add_row(rows, row);
  if (event == nullptr) return false;
  // Events of one stream mostly follow each other.
  if (stream.data() != last_stream_.data()) {
    last_stream_ = stream;
    last_stream_copy_ = storage_->bytes.copy(stream);
  }
  event->stream = last_stream_copy_;
  return true;
}

std::vector<std::uint64_t> PageBuilder::name_streams(NameCache& names) {
  std::vector<std::uint64_t> missing;
  names.begin_page();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    page.events[i].stream = names.find_copy(streams_[i], storage_->bytes);
    if (page.events[i].stream.empty()) missing.push_back(streams_[i]);
  }
  sort_unique(missing);
  return missing;
}

Result<void> PageBuilder::name_streams(const Rows& numbers_and_names, NameCache& names) {
  std::unordered_map<std::uint64_t, std::string_view> found;
  for (int row = 0; row < numbers_and_names.size(); ++row) {
    const std::uint64_t number = numbers_and_names.count(row, 0);
    const std::string_view name = numbers_and_names.bytes(row, 1);
    found.emplace(number, storage_->bytes.copy(name));
    names.learn(number, name);
  }
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    StoredEvent& event = page.events[i];
    if (!event.stream.empty()) continue;
    const auto name = found.find(streams_[i]);
    if (name == found.end()) {
      return make_error(ErrorCode::Corrupt, "an event belongs to a stream without a name", "",
                        event.position);
    }
    event.stream = name->second;
  }
  return {};
}

std::vector<std::uint64_t> PageBuilder::unknown_types() const {
  std::vector<std::uint64_t> unknown;
  for (const StoredEvent& event : page.events) {
    if (storage_->types->name(event.type_number).empty()) unknown.push_back(event.type_number);
  }
  sort_unique(unknown);
  return unknown;
}

std::vector<std::uint64_t> PageBuilder::large_payloads() const {
  std::vector<std::uint64_t> positions;
  for (const std::size_t index : large_) positions.push_back(page.events[index].position.value);
  return positions;
}

std::vector<std::uint64_t> PageBuilder::batches() const {
  std::vector<std::uint64_t> firsts;
  if (!limits_.with_batch) return firsts;
  for (const StoredEvent& event : page.events) {
    firsts.push_back(event.position.value - event.ordinal);
  }
  sort_unique(firsts);
  return firsts;
}

Result<void> PageBuilder::set_payloads(const Rows& positions_and_payloads) {
  std::unordered_map<std::uint64_t, int> found;
  for (int row = 0; row < positions_and_payloads.size(); ++row) {
    found.emplace(positions_and_payloads.count(row, 0), row);
  }
  for (const std::size_t index : large_) {
    StoredEvent& event = page.events[index];
    const auto row = found.find(event.position.value);
    if (row == found.end()) {
      return make_error(ErrorCode::Corrupt, "an event has vanished", event.stream, event.position);
    }
    event.payload = storage_->bytes.copy(positions_and_payloads.bytes(row->second, 1));
  }
  return {};
}

// Columns as in `read_batches`.
Result<void> PageBuilder::set_batches(const Rows& batches) {
  std::unordered_map<std::uint64_t, const StoredBatch*> found;
  detail::PageBytes& bytes = storage_->bytes;
  for (int row = 0; row < batches.size(); ++row) {
    StoredBatch& batch = storage_->batches.emplace_back();
    batch.first = {batches.count(row, 0)};
    batch.id = batches.uuid(row, 1);
    batch.command_type = bytes.copy(batches.bytes(row, 2));
    batch.key = bytes.copy(batches.bytes(row, 3));
    batch.correlation_id = bytes.copy(batches.bytes(row, 4));
    batch.causation_id = bytes.copy(batches.bytes(row, 5));
    batch.trace = detail::trace_of(batches.bytes(row, 6));
    batch.attempts = static_cast<std::uint32_t>(batches.count(row, 7));
    batch.decision = bytes.copy(batches.bytes(row, 8));
    batch.events = static_cast<std::uint32_t>(batches.count(row, 9));
    found.emplace(batch.first.value, &batch);
  }
  for (StoredEvent& event : page.events) {
    const auto batch = found.find(event.position.value - event.ordinal);
    if (batch == found.end()) {
      return make_error(ErrorCode::Corrupt, "a batch has no first event", event.stream,
                        event.position);
    }
    event.batch = batch->second;
  }
  return {};
}

Result<EventPage> PageBuilder::finish(std::shared_ptr<const TypeNames> types) {
  storage_->types = std::move(types);
  for (StoredEvent& event : page.events) {
    event.type = storage_->types->name(event.type_number);
    if (event.type.empty()) {
      return make_error(ErrorCode::Corrupt, "an event has a type without a name", event.stream,
                        event.position);
    }
  }
  page.storage = std::move(storage_);
  return std::move(page);
}

}  // namespace eventcore::postgres
