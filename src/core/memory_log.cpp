#include "memory_log.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "decision_encoder.hpp"
#include "eventcore/uuid.hpp"
#include "text_hash.hpp"

namespace eventcore::detail {

// A batch in the arena that nobody sees yet, and is given back unless it is linked. Its block
// holds the texts, then the events: what a parser reads behind a payload is of the same batch,
// and set before anyone can see it.
struct MemoryLog::Prepared {
  explicit Prepared(MemoryArena& into) : arena(into) {}
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() {
    if (block != nullptr && !linked) arena.give_back(block, bytes);
  }

  MemoryArena& arena;
  void* block = nullptr;
  std::size_t bytes = 0;
  char* text = nullptr;  // where the next text goes
  MemoryBatch* batch = nullptr;
  std::span<StoredEvent> events;
  std::uint64_t key_hash = 0;
  bool has_new_streams = false;
  bool has_new_types = false;
  bool linked = false;

  std::string_view put(std::string_view from) noexcept {
    if (from.empty()) return {text, 0};
    std::memcpy(text, from.data(), from.size());
    return {std::exchange(text, text + from.size()), from.size()};
  }
};

// What became of a batch. Views and pointers go to what is immutable, so that errors are put
// into words after the lock is released.
struct MemoryLog::Verdict {
  enum class Kind : std::uint8_t {
    Fits, Replayed, KeyReused, Conflict, PredecessorRejected, NotNext, TimeGoesBack, Closed, Full
  };

  Kind kind = Kind::Fits;
  std::size_t stream = 0;                // Conflict: index in the batch
  StreamVersion actual = {};             // Conflict
  const StoredEvent* winner = nullptr;   // Conflict
  const MemoryBatch* former = nullptr;   // Replayed, KeyReused
  WriteResult result = {};               // Fits, Replayed
};

namespace {

constexpr std::size_t kAlignment = alignof(StoredEvent);
static_assert(alignof(MemoryBatch) == kAlignment && alignof(MemoryBatch::Read) == kAlignment);
static_assert(sizeof(StoredEvent) >= limits::kPayloadPadding);

constexpr std::size_t aligned(std::size_t bytes) noexcept {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Bytes of all that is copied as text.
std::size_t text_bytes(const WriteBatch& batch) noexcept {
  const BatchInfo& info = batch.info;
  std::size_t bytes = info.command_type.size() + info.key.size() + info.correlation_id.size() +
                      info.causation_id.size();
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    bytes += event.payload.size() + event.headers.size();
  }
  return bytes;
}

std::uint64_t random_seed() noexcept { return std::hash<Uuid>{}(mint_uuid({})); }

}  // namespace

MemoryLog::MemoryLog() : seed_(random_seed()) {}

std::uint64_t MemoryLog::hash(std::string_view name) const noexcept {
  return hash_text(name, seed_);
}

MemoryStream* MemoryLog::find(std::string_view id) const noexcept {
  return streams_by_id_.find(id, hash(id));
}

const MemoryStream* MemoryLog::find_stream(std::string_view id) const noexcept { return find(id); }

StreamVersion MemoryLog::version_at(const MemoryStream& stream, Position at) noexcept {
  std::uint64_t low = 0;
  std::uint64_t high = stream.version.load(std::memory_order_acquire);
  if (high == 0 || stream.events[high - 1]->position <= at) return {high};
  while (low < high) {  // versions up to `low` are not past `at`, those above `high` are
    const std::uint64_t middle = low + (high - low + 1) / 2;
    if (stream.events[middle - 1]->position <= at) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return {low};
}

std::uint32_t MemoryLog::type_number(std::string_view name) const noexcept {
  const MemoryType* const type = types_by_name_.find(name, hash(name));
  return type == nullptr ? 0 : type->number;
}

Result<WriteResult> MemoryLog::append(const MemoryAppend& append) {
  const auto reject = [&] {
    if (append.operation != nullptr) append.operation->reject();
  };
  Prepared prepared(arena_);
  Verdict verdict;
  try {
    if (auto sealed = append.batch.seal(); !sealed) {
      reject();
      return sealed.error();
    }
    if (append.batch.event_count() != 0) prepare(append.batch, prepared);
    verdict = commit(append, prepared);
  } catch (const std::bad_alloc&) {
    reject();
    verdict.kind = Verdict::Kind::Full;
  }
  return result_of(verdict, append);
}

void MemoryLog::close() noexcept {
  {
    const SpinLock lock(mutex_);
    closed_ = true;
  }
  signal_.close();
}

void MemoryLog::prepare(const WriteBatch& batch, Prepared& prepared) {
  const std::size_t count = batch.event_count();
  const std::span<const WriteBatch::Stream> streams = batch.streams();
  std::string interference;
  if (!batch.info.decision.interference.empty()) {
    encode_interference(batch.info.decision.interference, interference);
  }
  const std::size_t texts = aligned(text_bytes(batch) + interference.size());
  prepared.bytes = texts + count * sizeof(StoredEvent) + sizeof(MemoryBatch) +
                   streams.size() * sizeof(MemoryBatch::Read);
  prepared.block = arena_.allocate(prepared.bytes);
  prepared.text = static_cast<char*>(prepared.block);

  char* place = prepared.text + texts;
  auto* const events = reinterpret_cast<StoredEvent*>(place);
  place += count * sizeof(StoredEvent);
  prepared.batch = ::new (place) MemoryBatch{};
  place += sizeof(MemoryBatch);
  auto* const reads = reinterpret_cast<MemoryBatch::Read*>(place);
  prepared.events = {events, count};
  prepared.batch->reads = {reads, streams.size()};

  for (std::size_t i = 0; i < streams.size(); ++i) {
    MemoryStream* const stream = find(streams[i].id.view());
    prepared.has_new_streams |= stream == nullptr;
    ::new (&reads[i]) MemoryBatch::Read{stream, {}, streams[i].events != 0};
  }
  for (std::size_t i = 0; i < count; ++i) {
    const WriteBatch::Event from = batch.event(i);
    const MemoryType* const type = types_by_name_.find(from.type, hash(from.type));
    prepared.has_new_types |= type == nullptr;
    ::new (&events[i]) StoredEvent{.position = {},
                                   .version = {},
                                   .time = {},
                                   .stream = {},
                                   .type = type == nullptr ? std::string_view() : type->name,
                                   .payload = prepared.put(from.payload),
                                   .headers = prepared.put(from.headers),
                                   .type_number = type == nullptr ? 0 : type->number,
                                   .schema_version = from.schema_version,
                                   .ordinal = static_cast<std::uint32_t>(i),
                                   .batch = prepared.batch};
  }
  copy_info(batch.info, prepared);
  prepared.batch->events = static_cast<std::uint32_t>(count);
  prepared.batch->interference = prepared.put(interference);
}

void MemoryLog::copy_info(const BatchInfo& info, Prepared& prepared) {
  MemoryBatch& batch = *prepared.batch;
  batch.id = info.id;
  batch.command_type = prepared.put(info.command_type);
  batch.key = prepared.put(info.key);
  batch.correlation_id = prepared.put(info.correlation_id);
  batch.causation_id = prepared.put(info.causation_id);
  batch.trace = info.trace;
  batch.attempts = info.decision.attempts;
}

MemoryLog::Verdict MemoryLog::commit(const MemoryAppend& append, Prepared& prepared) {
  Verdict verdict;
  bool somebody_waits = false;
  {
    const SpinLock lock(mutex_);
    verdict = judge(append, prepared);
    if (verdict.kind == Verdict::Kind::Fits && prepared.block != nullptr) {
      try {
        make_room(append.batch, prepared);
        link(append.batch, prepared, verdict.result.time);
        last_time_ = verdict.result.time;
        somebody_waits = signal_.advance(verdict.result.last);
      } catch (const std::bad_alloc&) {
        verdict.kind = Verdict::Kind::Full;
      }
    }
    if (verdict.kind != Verdict::Kind::Fits && append.operation != nullptr) {
      append.operation->reject();
    }
  }
  if (somebody_waits) signal_.wake();
  return verdict;
}

MemoryLog::Verdict MemoryLog::judge(const MemoryAppend& append, const Prepared& prepared) const {
  using Kind = Verdict::Kind;
  WriteBatch& batch = append.batch;
  if (closed_) return {.kind = Kind::Closed};
  if (!batch.info.key.empty()) {
    const std::string_view key = batch.info.key;
    if (const StoredBatch* const known = batches_by_key_.find(key, hash(key))) {
      const auto* const former = static_cast<const MemoryBatch*>(known);
      const bool same = former->command_type == batch.info.command_type;
      return {.kind = same ? Kind::Replayed : Kind::KeyReused, .former = former};
    }
  }
  const std::span<WriteBatch::Stream> streams = batch.streams();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const MemoryStream* stream =
        prepared.block == nullptr ? nullptr : prepared.batch->reads[i].stream;
    // It may have been created since `prepare` looked.
    if (stream == nullptr) stream = find(streams[i].id.view());
    const StreamVersion actual = {
        stream == nullptr ? 0 : stream->version.load(std::memory_order_relaxed)};
    streams[i].version_before = actual;
    if (streams[i].expected.allows(actual)) continue;
    const StoredEvent* const winner =
        actual.value == 0 ? nullptr : stream->events[actual.value - 1];
    return {.kind = Kind::Conflict, .stream = i, .actual = actual, .winner = winner};
  }
  if (append.operation != nullptr && append.operation->has_rejected_predecessor()) {
    return {.kind = Kind::PredecessorRejected};
  }
  const Position head = signal_.head();
  if (append.first) {
    if (*append.first != head + 1) return {.kind = Kind::NotNext};
    if (append.wall < last_time_) return {.kind = Kind::TimeGoesBack};
  }
  const std::uint64_t count = batch.event_count();
  return {.kind = Kind::Fits,
          .result = {.first = count == 0 ? head : head + 1,
                     .last = head + count,
                     .time = std::max(append.wall, last_time_)}};
}

void MemoryLog::make_room(const WriteBatch& batch, Prepared& prepared) {
  const std::span<const WriteBatch::Stream> streams = batch.streams();
  const std::span<MemoryBatch::Read> reads = prepared.batch->reads;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    MemoryStream*& stream = reads[i].stream;
    if (stream == nullptr) stream = find(streams[i].id.view());
    if (stream == nullptr) stream = &create_stream(streams[i].id.view());
    reads[i].before = streams[i].version_before;
    stream->events.reserve(reads[i].before.value + streams[i].events, arena_);
  }
  if (prepared.has_new_types) {
    for (std::size_t i = 0; i < prepared.events.size(); ++i) {
      StoredEvent& event = prepared.events[i];
      if (event.type_number != 0) continue;
      const MemoryType& type = intern(batch.event(i).type);
      event.type = type.name;
      event.type_number = type.number;
    }
  }
  if (!prepared.batch->key.empty()) {
    prepared.key_hash = hash(prepared.batch->key);
    batches_by_key_.reserve(prepared.key_hash, arena_);
  }
  events_.reserve(signal_.head().value + prepared.events.size(), arena_);
}

MemoryStream& MemoryLog::create_stream(std::string_view id) {
  const std::uint64_t index = stream_count_.load(std::memory_order_relaxed);
  const std::uint64_t id_hash = hash(id);
  streams_.reserve(index + 1, arena_);
  streams_by_id_.reserve(id_hash, arena_);
  auto* const stream = ::new (arena_.allocate(sizeof(MemoryStream))) MemoryStream;
  stream->id = arena_.copy(id);
  streams_.set(index, stream);
  streams_by_id_.insert(*stream, id_hash);
  stream_count_.store(index + 1, std::memory_order_release);
  return *stream;
}

const MemoryType& MemoryLog::intern(std::string_view name) {
  const std::uint64_t name_hash = hash(name);
  if (const MemoryType* const known = types_by_name_.find(name, name_hash)) return *known;
  types_by_name_.reserve(name_hash, arena_);
  auto* const type = ::new (arena_.allocate(sizeof(MemoryType))) MemoryType;
  type->name = arena_.copy(name);
  type->number = type_count_.load(std::memory_order_relaxed) + 1;
  types_by_name_.insert(*type, name_hash);
  type_count_.store(type->number, std::memory_order_release);
  return *type;
}

void MemoryLog::link(const WriteBatch& batch, Prepared& prepared, Timestamp time) noexcept {
  Position position = signal_.head();
  prepared.batch->first = position + 1;
  prepared.batch->time = time;
  for (std::size_t i = 0; i < prepared.events.size(); ++i) {
    StoredEvent& event = prepared.events[i];
    MemoryStream& stream = *prepared.batch->reads[batch.event(i).stream].stream;
    const std::uint64_t before = stream.version.load(std::memory_order_relaxed);
    if (before == 0) written_stream_count_.fetch_add(1, std::memory_order_relaxed);
    event.position = position + 1;
    event.version = {before + 1};
    event.time = time;
    event.stream = stream.id;
    stream.events.set(before, &event);
    events_.set(position.value, &event);
    stream.version.store(before + 1, std::memory_order_release);
    position = event.position;
  }
  if (!prepared.batch->key.empty()) batches_by_key_.insert(*prepared.batch, prepared.key_hash);
  prepared.linked = true;
}

Result<WriteResult> MemoryLog::result_of(const Verdict& verdict, const MemoryAppend& append) {
  using Kind = Verdict::Kind;
  switch (verdict.kind) {
    case Kind::Fits:
      return verdict.result;
    case Kind::Replayed:
      if (!append.first) {
        const MemoryBatch& former = *verdict.former;
        const Position last = {former.first.value + former.events - 1};
        return WriteResult{former.first, last, former.time, true};
      }
      [[fallthrough]];
    case Kind::KeyReused:
      return make_error(ErrorCode::KeyReused, "the idempotency key belongs to a command of type '" +
                                                  std::string(verdict.former->command_type) + "'",
                        {}, verdict.former->first);
    case Kind::Conflict:
      return conflict_of(verdict, append.batch);
    case Kind::PredecessorRejected:
      return make_error(ErrorCode::VersionConflict,
                        "a batch that this one builds on was not stored");
    case Kind::NotNext:
      return make_error(ErrorCode::VersionConflict,
                        "position " + std::to_string(append.first->value) +
                            " does not follow the head");
    case Kind::TimeGoesBack:
      return make_error(ErrorCode::InvalidArgument, "the time is before that of the last batch");
    case Kind::Closed:
      return make_error(ErrorCode::ShuttingDown, "the store is closed");
    case Kind::Full:
      break;
  }
  return make_error(ErrorCode::Unavailable, "out of memory");
}

Error MemoryLog::conflict_of(const Verdict& verdict, const WriteBatch& batch) {
  const WriteBatch::Stream& stream = batch.streams()[verdict.stream];
  Conflict conflict{.expected = stream.expected.version(),
                    .actual = verdict.actual,
                    .winner_position = {},
                    .winner_id = {},
                    .winner_command_type = {}};
  if (verdict.winner != nullptr) {
    conflict.winner_position = verdict.winner->position;
    conflict.winner_id = verdict.winner->batch->id;
    conflict.winner_command_type = verdict.winner->batch->command_type;
  }
  Error error = make_error(ErrorCode::VersionConflict,
                           "the stream is not at the version that the batch expects",
                           stream.id.view());
  error.conflict = std::move(conflict);
  return error;
}

}  // namespace eventcore::detail
