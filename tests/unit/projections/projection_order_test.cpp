// Writers with random schedules, a reader in the middle: what is delivered is what was committed.

#include <random>
#include <thread>

#include "projection_fixture.hpp"

namespace eventcore {
namespace {

using ProjectionOrder = OnEachStore;
INSTANTIATE_TEST_SUITE_P(Stores, ProjectionOrder, each_store(), store_name);

constexpr std::uint64_t kWriters = 4;
constexpr std::uint64_t kBatches = 150;

/// Remembers what each event says, in the order of delivery.
class Listener final : public EventProjector {
 public:
  Listener() : EventProjector({.name = "listener"}) {}
  struct Heard {
    std::uint64_t position;
    std::string stream;
    std::string payload;
    friend bool operator==(const Heard&, const Heard&) = default;
  };
  std::vector<Heard> heard;  // read when the runner has stopped

 protected:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext&) override {
    heard.push_back({event.position.value, std::string(event.stream), std::string(event.payload)});
    return {};
  }
};

// Batches of random sizes; some of them conflict with their own stream and are rejected.
void write_at_random(EventStore& store, std::uint64_t writer, std::uint64_t seed,
                     std::map<std::uint64_t, Listener::Heard>& committed) {
  std::mt19937_64 random(seed * 100 + writer);
  const std::string stream = "writer-" + std::to_string(writer);
  for (std::uint64_t i = 0; i < kBatches; ++i) {
    const bool fails = random() % 5 == 0;
    const std::uint64_t events = 1 + random() % 7;
    WriteBatch batch;
    batch.info.id = mint_uuid({});
    const auto at =
        batch.add_stream(StreamId::parse(stream).value(),
                         fails ? ExpectedVersion::exactly({1'000'000}) : ExpectedVersion::any());
    const std::string payload = std::to_string(writer) + ":" + std::to_string(i);
    for (std::uint64_t k = 0; k < events; ++k) batch.add_event(at, "written", 1, payload);
    const auto written = store.append(batch);
    ASSERT_EQ(written.has_value(), !fails);
    if (written) {
      for (std::uint64_t k = 0; k < events; ++k) {
        const std::uint64_t position = written->first.value + k;
        committed[position] = {position, stream, payload};
      }
    }
    if (random() % 3 == 0) std::this_thread::yield();
  }
}

TEST_P(ProjectionOrder, DeliversWhatIsCommittedInOrderEachOnce) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    start_over();
    const auto listener = std::make_shared<Listener>();
    ProjectionRunnerOptions options = brisk();
    options.batch_events = 1 + seed * 5;
    const auto runner = run(listener, options);
    runner->start();
    std::vector<std::map<std::uint64_t, Listener::Heard>> committed(kWriters);
    std::vector<std::thread> writers;
    for (std::uint64_t writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back(
          [&, writer] { write_at_random(*store_, writer, seed, committed[writer]); });
    }
    for (std::thread& writer : writers) writer.join();
    const auto drained = runner->drain(patience());
    ASSERT_TRUE(drained) << describe(drained.error());
    ASSERT_TRUE(runner->stop(patience()));
    std::map<std::uint64_t, Listener::Heard> all;
    for (auto& some : committed) all.merge(some);
    std::vector<Listener::Heard> expected;
    for (const auto& [position, event] : all) expected.push_back(event);
    ASSERT_EQ(expected.size(), store_->head().value);
    EXPECT_EQ(listener->heard, expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace eventcore
