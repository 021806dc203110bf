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

// A batch in the arena that nobody sees yet; it is given back unless it is linked.
struct MemoryLog::Prepared {
  explicit Prepared(MemoryArena& into) : arena(into) {}
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() {
    if (block != nullptr && !linked) arena.give_back(block, bytes);
  }

  [[nodiscard]] std::span<MemoryRead> reads() const noexcept {
    return {reinterpret_cast<MemoryRead*>(batch + 1), batch->read_count};
  }
  [[nodiscard]] MemoryEvent& event(std::size_t ordinal) const noexcept {
    return *(reinterpret_cast<MemoryEvent*>(batch) - 1 - ordinal);
  }

  MemoryArena& arena;
  void* block = nullptr;
  std::size_t bytes = 0;
  MemoryBatch* batch = nullptr;
  std::uint64_t key_hash = 0;
  bool has_new_types = false;
  bool linked = false;
};

// What became of a batch. Views and pointers go to what is immutable, so that errors are put
// into words after the lock is released.
struct MemoryLog::Verdict {
  enum class Kind : std::uint8_t {
    Fits,
    Replayed,
    KeyReused,
    Conflict,
    PredecessorRejected,
    NotNext,
    TimeGoesBack,
    Closed,
    Full
  };

  Kind kind = Kind::Fits;
  std::size_t stream = 0;               // Conflict: index in the batch
  StreamVersion actual = {};            // Conflict
  const MemoryEvent* winner = nullptr;  // Conflict
  const MemoryBatch* former = nullptr;  // Replayed, KeyReused
  WriteResult result = {};              // Fits
};

namespace {

constexpr std::size_t aligned(std::size_t bytes) noexcept {
  constexpr std::size_t to = alignof(MemoryBatch);
  return (bytes + to - 1) / to * to;
}

// Copies texts one behind the other.
struct TextWriter {
  char* begin;
  char* end = begin;

  [[nodiscard]] std::uint32_t offset() const noexcept {
    return static_cast<std::uint32_t>(end - begin);
  }
  void put(std::string_view text) noexcept {
    if (text.empty()) return;
    std::memcpy(end, text.data(), text.size());
    end += text.size();
  }
};

// What a batch stores beside its events.
struct InfoTexts {
  explicit InfoTexts(const BatchInfo& of) : info(of) {
    if (!of.decision.interference.empty()) {
      encode_interference(of.decision.interference, interference);
    }
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    return info.key.size() + info.correlation_id.size() + info.causation_id.size() +
           interference.size() + (info.trace.is_valid() ? sizeof info.trace : 0);
  }
  void write(TextWriter& texts, MemoryBatch& batch) const noexcept {
    batch.info_text = texts.offset();
    batch.key_bytes = static_cast<std::uint16_t>(info.key.size());
    batch.correlation_bytes = static_cast<std::uint16_t>(info.correlation_id.size());
    batch.causation_bytes = static_cast<std::uint16_t>(info.causation_id.size());
    batch.interference_bytes = static_cast<std::uint32_t>(interference.size());
    batch.has_trace = info.trace.is_valid();
    for (const std::string_view text :
         {std::string_view(info.key), std::string_view(info.correlation_id),
          std::string_view(info.causation_id), std::string_view(interference)}) {
      texts.put(text);
    }
    static_assert(std::is_trivially_copyable_v<TraceContext>);
    if (batch.has_trace) {
      texts.put({reinterpret_cast<const char*>(&info.trace), sizeof info.trace});
    }
  }

  const BatchInfo& info;
  std::string interference;
};

std::size_t event_text_bytes(const WriteBatch& batch) noexcept {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < batch.event_count(); ++i) {
    const WriteBatch::Event event = batch.event(i);
    bytes += event.payload.size() + event.headers.size();
  }
  return bytes;
}

std::uint64_t random_seed() noexcept { return std::hash<Uuid>{}(mint_uuid({})); }

}  // namespace

MemoryLog::MemoryLog() : seed_(random_seed()), types_(seed_), command_types_(seed_) {}

StreamVersion MemoryLog::version_at(const MemoryStream& stream, Position at) noexcept {
  std::uint64_t low = 0;
  std::uint64_t high = stream.version.load(std::memory_order_acquire);
  if (high == 0 || stream.events[high - 1]->position() <= at) return {high};
  while (low < high) {  // versions up to `low` are not past `at`, those above `high` are
    const std::uint64_t middle = low + (high - low + 1) / 2;
    if (stream.events[middle - 1]->position() <= at) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return {low};
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
  const InfoTexts info(batch.info);
  // The events end where the batch begins, so they and the texts are rounded up together.
  const std::size_t before_batch =
      aligned(event_text_bytes(batch) + info.bytes() + count * sizeof(MemoryEvent));
  prepared.bytes = before_batch + sizeof(MemoryBatch) + streams.size() * sizeof(MemoryRead);
  prepared.block = arena_.allocate(prepared.bytes);
  TextWriter texts{static_cast<char*>(prepared.block)};

  MemoryBatch& stored = *::new (texts.begin + before_batch) MemoryBatch;
  prepared.batch = &stored;
  stored.id = batch.info.id;
  stored.text_bytes = static_cast<std::uint32_t>(before_batch - count * sizeof(MemoryEvent));
  stored.command_type = command_types_.find(batch.info.command_type);
  stored.attempts = batch.info.decision.attempts;
  stored.event_count = static_cast<std::uint16_t>(count);
  stored.read_count = static_cast<std::uint16_t>(streams.size());
  prepared.has_new_types = stored.command_type == 0 && !batch.info.command_type.empty();

  const std::span<MemoryRead> reads = prepared.reads();
  for (const WriteBatch::Stream& stream : streams) streams_by_id_.prefetch(stream.id.hash());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    ::new (&reads[i]) MemoryRead{find_stream(streams[i].id), {}};
  }
  for (std::size_t i = 0; i < count; ++i) {
    const WriteBatch::Event from = batch.event(i);
    // Until the versions are known, `before` counts the events of the batch on the stream.
    const std::uint64_t rank = reads[from.stream].before.value++;
    const std::uint32_t type = types_.find(from.type);
    prepared.has_new_types |= type == 0;
    ::new (&prepared.event(i))
        MemoryEvent{.text = texts.offset(),
                    .header_bytes = static_cast<std::uint32_t>(from.headers.size()),
                    .payload_bytes = static_cast<std::uint32_t>(from.payload.size()),
                    .type = type,
                    .schema_version = from.schema_version,
                    .ordinal = static_cast<std::uint16_t>(i),
                    .read = static_cast<std::uint16_t>(from.stream),
                    .rank = static_cast<std::uint16_t>(rank)};
    texts.put(from.headers);
    texts.put(from.payload);
  }
  info.write(texts, stored);
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
    if (const MemoryBatch* const former = batches_by_key_.find(key, hash(key))) {
      const bool same = former->command_type == command_types_.find(batch.info.command_type);
      return {.kind = same ? Kind::Replayed : Kind::KeyReused, .former = former};
    }
  }
  const std::span<WriteBatch::Stream> streams = batch.streams();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const MemoryStream* stream = prepared.block == nullptr ? nullptr : prepared.reads()[i].stream;
    // It may have been created since `prepare` looked.
    if (stream == nullptr) stream = find_stream(streams[i].id);
    const StreamVersion actual = {
        stream == nullptr ? 0 : stream->version.load(std::memory_order_relaxed)};
    streams[i].version_before = actual;
    if (streams[i].expected.allows(actual)) continue;
    const MemoryEvent* const winner =
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
  MemoryBatch& stored = *prepared.batch;
  const std::span<const WriteBatch::Stream> streams = batch.streams();
  const std::span<MemoryRead> reads = prepared.reads();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    MemoryStream*& stream = reads[i].stream;
    const StreamId& id = streams[i].id;
    if (stream == nullptr) stream = find_stream(id);
    if (stream == nullptr) stream = &create_stream(id);
    reads[i].before = streams[i].version_before;
    stream->events.reserve(reads[i].before.value + streams[i].events, arena_);
  }
  if (prepared.has_new_types) {
    const std::string_view command_type = batch.info.command_type;
    if (!command_type.empty()) stored.command_type = command_types_.intern(command_type, arena_);
    for (std::size_t i = 0; i < stored.event_count; ++i) {
      prepared.event(i).type = types_.intern(batch.event(i).type, arena_);
    }
  }
  if (stored.key_bytes != 0) {
    prepared.key_hash = hash(stored.key());
    batches_by_key_.reserve(prepared.key_hash, arena_);
  }
  events_.reserve(signal_.head().value + stored.event_count, arena_);
}

MemoryStream& MemoryLog::create_stream(const StreamId& id) {
  const std::uint64_t index = stream_count_.load(std::memory_order_relaxed);
  const std::string_view name = id.view();
  streams_.reserve(index + 1, arena_);
  streams_by_id_.reserve(id.hash(), arena_);
  void* const place = arena_.allocate(sizeof(MemoryStream) + name.size());
  auto* const stream = ::new (place) MemoryStream;
  auto* const text = static_cast<char*>(place) + sizeof(MemoryStream);
  std::memcpy(text, name.data(), name.size());
  stream->id = {text, name.size()};
  streams_.set(index, stream);
  streams_by_id_.insert(*stream, id.hash());
  stream_count_.store(index + 1, std::memory_order_release);
  return *stream;
}

void MemoryLog::link(const WriteBatch& batch, Prepared& prepared, Timestamp time) noexcept {
  MemoryBatch& stored = *prepared.batch;
  const Position head = signal_.head();
  stored.first = head + 1;
  stored.time = time;
  for (std::size_t i = 0; i < stored.event_count; ++i) {
    const MemoryEvent& event = prepared.event(i);
    const MemoryRead& read = prepared.reads()[event.read];
    read.stream->events.set(read.before.value + event.rank, &event);
    events_.set(head.value + i, &event);
  }
  for (std::size_t i = 0; i < stored.read_count; ++i) {
    const std::uint32_t written = batch.streams()[i].events;
    const MemoryRead& read = prepared.reads()[i];
    if (written == 0) continue;
    if (read.before.value == 0) written_stream_count_.fetch_add(1, std::memory_order_relaxed);
    read.stream->version.store(read.before.value + written, std::memory_order_release);
  }
  if (stored.key_bytes != 0) batches_by_key_.insert(stored, prepared.key_hash);
  prepared.linked = true;
}

Result<WriteResult> MemoryLog::result_of(const Verdict& verdict, const MemoryAppend& append) const {
  using Kind = Verdict::Kind;
  switch (verdict.kind) {
    case Kind::Fits:
      return verdict.result;
    case Kind::Replayed:
      if (!append.first) {
        const MemoryBatch& former = *verdict.former;
        const Position last = {former.first.value + former.event_count - 1};
        return WriteResult{former.first, last, former.time, true};
      }
      [[fallthrough]];
    case Kind::KeyReused:
      return make_error(ErrorCode::KeyReused,
                        "the idempotency key belongs to a batch of command type '" +
                            std::string(command_type_of(*verdict.former)) + "'",
                        {}, verdict.former->first);
    case Kind::Conflict:
      return conflict_of(verdict, append.batch);
    case Kind::PredecessorRejected:
      return make_error(ErrorCode::VersionConflict,
                        "a batch that this one builds on was not stored");
    case Kind::NotNext:
      return make_error(
          ErrorCode::VersionConflict,
          "position " + std::to_string(append.first->value) + " does not follow the head");
    case Kind::TimeGoesBack:
      return make_error(ErrorCode::InvalidArgument, "the time is before that of the last batch");
    case Kind::Closed:
      return make_error(ErrorCode::ShuttingDown, "the store is closed");
    case Kind::Full:
      break;
  }
  return make_error(ErrorCode::Unavailable, "out of memory");
}

Error MemoryLog::conflict_of(const Verdict& verdict, const WriteBatch& batch) const {
  const WriteBatch::Stream& stream = batch.streams()[verdict.stream];
  Conflict conflict{.expected = stream.expected.version(),
                    .actual = verdict.actual,
                    .winner_position = {},
                    .winner_id = {},
                    .winner_command_type = {}};
  if (verdict.winner != nullptr) {
    conflict.winner_position = verdict.winner->position();
    conflict.winner_id = verdict.winner->batch().id;
    conflict.winner_command_type = command_type_of(verdict.winner->batch());
  }
  Error error =
      make_error(ErrorCode::VersionConflict,
                 "the stream is not at the version that the batch expects", stream.id.view());
  error.conflict = std::move(conflict);
  return error;
}

}  // namespace eventcore::detail
