// What does an append, a read and a check cost in the memory store, alone and with others? Beside
// it the naive store: a mutex, a map from stream to a vector of events, and copies on the way out.
//
// An append includes filling its batch, which `FillBatch` measures alone.

#include <benchmark/benchmark.h>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "eventcore/event_store.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/stream_id.hpp"

namespace eventcore {
namespace {

constexpr std::size_t kStreams = 4'096;
constexpr std::size_t kPayload = 96;

std::vector<StreamId> make_streams(std::string_view prefix, std::size_t count) {
  std::vector<StreamId> streams;
  for (std::size_t i = 0; i < count; ++i) {
    streams.push_back(StreamId::parse(std::string(prefix) + std::to_string(i)).value());
  }
  return streams;
}

const std::vector<StreamId>& known_streams() {
  static const std::vector<StreamId> streams = make_streams("product-", kStreams);
  return streams;
}

const std::string kText(kPayload, 'x');

// Two events on two streams, as a small command writes them.
void fill(WriteBatch& batch, const StreamId& first, const StreamId& second) {
  batch.info.id.bytes[15] = 1;
  batch.info.command_type = "place_order";
  batch.add_stream(first, ExpectedVersion::any());
  batch.add_stream(second, ExpectedVersion::any());
  batch.add_event(0, "StockReserved", 1, kText);
  batch.add_event(1, "OrderPlaced", 1, kText);
}

class CountedAppend final : public AppendOperation {
 public:
  std::uint64_t stored = 0;

  using AppendOperation::renew;

 protected:
  void completed(Result<WriteResult> result) noexcept override { stored += result.has_value(); }
};

class CountedRead final : public ReadOperation {
 public:
  std::size_t events = 0;

 protected:
  void completed(Result<EventPage> result) noexcept override {
    if (result) events += result->events.size();
  }
};

void FillBatch(benchmark::State& state) {
  WriteBatch batch;
  std::size_t i = 0;
  for (auto _ : state) {
    batch.clear();
    fill(batch, known_streams()[i % kStreams], known_streams()[(i + 7) % kStreams]);
    benchmark::DoNotOptimize(batch.byte_count());
    ++i;
  }
}
BENCHMARK(FillBatch);

// All threads append to one store.
std::unique_ptr<EventStore> shared_store;

void Append(benchmark::State& state) {
  if (state.thread_index() == 0) shared_store = open_memory_store();
  CountedAppend operation;
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 1'000;
  for (auto _ : state) {
    operation.renew();
    fill(operation.batch, known_streams()[i % kStreams], known_streams()[(i + 7) % kStreams]);
    shared_store->submit_append(operation);
    ++i;
  }
  if (operation.stored != i - static_cast<std::size_t>(state.thread_index()) * 1'000) {
    state.SkipWithError("an append failed");
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) shared_store.reset();
}
BENCHMARK(Append)->Iterations(1'000'000)->Threads(1)->Threads(2)->UseRealTime();

void AppendToNewStreams(benchmark::State& state) {
  const auto store = open_memory_store();
  constexpr std::size_t kNew = 1'000'000;
  static const std::vector<StreamId> orders = make_streams("order-", kNew);
  CountedAppend operation;
  std::size_t i = 0;
  for (auto _ : state) {
    operation.renew();
    fill(operation.batch, orders[i % kNew], known_streams()[(i + 7) % kStreams]);
    store->submit_append(operation);
    ++i;
  }
}
BENCHMARK(AppendToNewStreams)->Iterations(1'000'000);

void Check(benchmark::State& state) {
  const auto store = open_memory_store();
  CountedAppend operation;
  std::size_t i = 0;
  for (auto _ : state) {
    operation.renew();
    operation.batch.add_stream(known_streams()[i % kStreams], ExpectedVersion::no_stream());
    operation.batch.add_stream(known_streams()[(i + 7) % kStreams], ExpectedVersion::no_stream());
    store->submit_append(operation);
    ++i;
  }
}
BENCHMARK(Check);

// Both stores hold `range` events in each of two streams.
void ReadTwoStreams(benchmark::State& state) {
  const auto store = open_memory_store();
  CountedAppend append;
  for (int i = 0; i < state.range(0); ++i) {
    append.renew();
    fill(append.batch, known_streams()[1], known_streams()[2]);
    store->submit_append(append);
  }
  CountedRead read;
  read.query =
      StreamsQuery{.streams = {{.stream = known_streams()[1]}, {.stream = known_streams()[2]}}};
  for (auto _ : state) store->submit_read(read);
  state.SetItemsProcessed(static_cast<std::int64_t>(read.events));
}
BENCHMARK(ReadTwoStreams)->Arg(1)->Arg(10)->Arg(1'000);

void ReadLogPage(benchmark::State& state) {
  const auto store = open_memory_store();
  CountedAppend append;
  for (int i = 0; i < 5'000; ++i) {
    append.renew();
    fill(append.batch, known_streams()[1], known_streams()[2]);
    store->submit_append(append);
  }
  CountedRead read;
  LogQuery query;
  if (state.range(0) != 0) query.filter.type("OrderPlaced");
  read.query = query;
  for (auto _ : state) store->submit_read(read);
  state.SetItemsProcessed(static_cast<std::int64_t>(read.events));
}
BENCHMARK(ReadLogPage)->ArgName("filtered")->Arg(0)->Arg(1);

// The naive alternative.
class MapStore {
 public:
  struct Event {
    std::uint64_t position;
    std::uint64_t version;
    std::string type;
    std::string payload;
  };

  bool append(const WriteBatch& batch) {
    const std::lock_guard lock(mutex_);
    for (const WriteBatch::Stream& stream : batch.streams()) {
      if (!stream.expected.allows({streams_[stream.id.text()].size()})) return false;
    }
    for (std::size_t i = 0; i < batch.event_count(); ++i) {
      const WriteBatch::Event event = batch.event(i);
      std::vector<Event>& stream = streams_[batch.streams()[event.stream].id.text()];
      stream.push_back(
          {++head_, stream.size() + 1, std::string(event.type), std::string(event.payload)});
    }
    return true;
  }
  std::vector<Event> read(const StreamId& stream) {
    const std::lock_guard lock(mutex_);
    return streams_[stream.text()];
  }

 private:
  std::mutex mutex_;
  std::uint64_t head_ = 0;
  std::unordered_map<std::string, std::vector<Event>> streams_;
};

std::unique_ptr<MapStore> shared_map;

void NaiveAppend(benchmark::State& state) {
  if (state.thread_index() == 0) shared_map = std::make_unique<MapStore>();
  WriteBatch batch;
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 1'000;
  for (auto _ : state) {
    batch.clear();
    fill(batch, known_streams()[i % kStreams], known_streams()[(i + 7) % kStreams]);
    benchmark::DoNotOptimize(shared_map->append(batch));
    ++i;
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) shared_map.reset();
}
BENCHMARK(NaiveAppend)->Iterations(1'000'000)->Threads(1)->Threads(2)->UseRealTime();

void NaiveReadTwoStreams(benchmark::State& state) {
  MapStore store;
  WriteBatch batch;
  for (int i = 0; i < state.range(0); ++i) {
    batch.clear();
    fill(batch, known_streams()[1], known_streams()[2]);
    static_cast<void>(store.append(batch));
  }
  std::size_t events = 0;
  for (auto _ : state) {
    events += store.read(known_streams()[1]).size() + store.read(known_streams()[2]).size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}
BENCHMARK(NaiveReadTwoStreams)->Arg(1)->Arg(10)->Arg(1'000);

}  // namespace
}  // namespace eventcore
