#include "eventcore/outbox.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "eventcore/detail/span_frame.hpp"
#include "projection_fixture.hpp"

namespace eventcore {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A receiver outside: knows ids that it has, and refuses tokens of former leaders.
class Receiver {
 public:
  struct Delivery {
    std::uint64_t position = 0;
    std::string id;
    std::uint64_t token = 0;
    std::uint32_t attempt = 0;
    bool replay = false;
    bool known = false;
  };

  Result<void> take(const OutboxMessage& message) {
    const std::lock_guard lock(mutex_);
    if (message.token < token_) return make_error(ErrorCode::HandlerFailed, "a former leader");
    token_ = message.token;
    const bool known = !ids_.insert(message.id).second;
    deliveries_.push_back({message.event.position.value, message.id, message.token, message.attempt,
                           message.replay, known});
    return {};
  }
  [[nodiscard]] std::vector<Delivery> deliveries() const {
    const std::lock_guard lock(mutex_);
    return deliveries_;
  }
  // Positions in the order in which they came first.
  [[nodiscard]] std::vector<std::uint64_t> taken() const {
    std::vector<std::uint64_t> positions;
    for (const Delivery& delivery : deliveries()) {
      if (!delivery.known) positions.push_back(delivery.position);
    }
    return positions;
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t token_ = 0;
  std::set<std::string> ids_;
  std::vector<Delivery> deliveries_;
};

// Hands on to a receiver; `before` and `after` may fail, `after` when the receiver has it already.
class Post final : public Outbox {
 public:
  using Step = std::function<Result<void>(const OutboxMessage&)>;

  explicit Post(Receiver& receiver, Step before = {}, Step after = {})
      : Outbox({.name = "post"}),
        receiver_(receiver),
        before_(std::move(before)),
        after_(std::move(after)) {}

 protected:
  Result<void> deliver(const OutboxMessage& message) override {
    if (before_) {
      if (auto ready = before_(message); !ready) return ready;
    }
    if (auto taken = receiver_.take(message); !taken) return taken;
    return after_ ? after_(message) : Result<void>();
  }

 private:
  Receiver& receiver_;
  const Step before_;
  const Step after_;
};

Post::Step failing(std::uint64_t position, int times, ErrorCode code = ErrorCode::HandlerFailed) {
  return [fails = fails_at(position, times, code)](const OutboxMessage& message) {
    return fails(message.event.position);
  };
}

class OutboxTest : public OnEachStore {
 protected:
  Receiver receiver_;
};
INSTANTIATE_TEST_SUITE_P(Stores, OutboxTest, each_store(), store_name);

TEST_P(OutboxTest, DeliversEachEventInOrderWithItsOwnId) {
  write(250);
  ASSERT_TRUE(run(std::make_shared<Post>(receiver_), brisk())->drain(patience()));
  EXPECT_EQ(receiver_.taken(), positions_to(250));
  const auto first = receiver_.deliveries().front();
  EXPECT_EQ(first.attempt, 1U);
  EXPECT_EQ(first.token, record("post").lease.token);
  EXPECT_FALSE(first.replay);
  const auto page = store_->read(LogQuery{.events_max = 1, .with_batch = true});
  ASSERT_TRUE(page);
  EXPECT_EQ(first.id, page->events.front().batch->id.to_string() + "/0");
}

TEST_P(OutboxTest, KeepsTheOrderThroughRetries) {
  write(100);
  const auto post = std::make_shared<Post>(receiver_, failing(40, 2));
  const auto runner = run(post, brisk());
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(receiver_.taken(), positions_to(100));
  const auto deliveries = receiver_.deliveries();
  EXPECT_EQ(deliveries.size(), 100U) << "what was delivered before the failure is not repeated";
  EXPECT_EQ(deliveries[39].attempt, 3U);
  EXPECT_EQ(deliveries[40].attempt, 1U);
  EXPECT_EQ(runner->status().retries, 2U);
}

TEST_P(OutboxTest, RepeatsWithTheSameIdWhatIsInDoubt) {
  write(60);
  // The receiver has it, but its answer is lost.
  const auto post = std::make_shared<Post>(receiver_, Post::Step{}, failing(40, 2));
  ASSERT_TRUE(run(post, brisk())->drain(patience()));
  EXPECT_EQ(receiver_.taken(), positions_to(60)) << "in order, each once, by the id";
  const auto deliveries = receiver_.deliveries();
  ASSERT_EQ(deliveries.size(), 62U);
  EXPECT_EQ(deliveries[40].id, deliveries[39].id);
  EXPECT_TRUE(deliveries[41].known);
}

TEST_P(OutboxTest, WaitsForAReceiverThatIsDown) {
  write(60);
  const auto post = std::make_shared<Post>(receiver_, failing(33, 20, ErrorCode::Unavailable));
  ASSERT_TRUE(run(post, brisk_with_letters())->drain(patience()));
  EXPECT_EQ(receiver_.taken(), positions_to(60));
  EXPECT_EQ(record("post").dead_letters, 0U);
}

TEST_P(OutboxTest, ParksWhatIsRefusedAndDeliversItOnRequest) {
  write(60);
  const auto post = std::make_shared<Post>(receiver_, failing(33, 3));
  const auto runner = run(post, brisk_with_letters());
  runner->start();
  ASSERT_TRUE(runner->wait_for({60}, patience()));
  EXPECT_EQ(receiver_.taken(), positions_to(60, {33}));
  const auto letter = storage().find_dead_letter("post", {33});
  ASSERT_TRUE(letter && *letter);
  EXPECT_EQ((*letter)->attempts, 3U);
  ASSERT_TRUE(storage().replay_dead_letter("post", {33}));
  ASSERT_TRUE(eventually([&] { return receiver_.taken().size() == 60; }));
  EXPECT_TRUE(receiver_.deliveries().back().replay);
  EXPECT_EQ(receiver_.deliveries().back().position, 33U);
  EXPECT_TRUE(eventually([&] { return record("post").dead_letters == 0; }));
}

TEST_P(OutboxTest, DeliversNothingAgainInARebuildAndAgainAfterAReset) {
  write(60);
  const auto post = std::make_shared<Post>(receiver_);
  ASSERT_TRUE(run(post, brisk())->drain(patience()));
  ASSERT_TRUE(storage().rebuild("post"));
  write(1);
  ASSERT_TRUE(run(post, brisk())->drain(patience()));
  EXPECT_EQ(receiver_.deliveries().size(), 61U);
  EXPECT_EQ(receiver_.taken(), positions_to(61));
  ASSERT_TRUE(storage().reset("post", {50}));
  ASSERT_TRUE(run(post, brisk())->drain(patience()));
  EXPECT_EQ(receiver_.deliveries().size(), 72U);
  EXPECT_EQ(receiver_.taken(), positions_to(61)) << "the receiver knows the ids";
}

// A process that is gone, or stopped for long, after the delivery and before the checkpoint.
TEST_P(OutboxTest, DeliversAgainWithTheSameIdWhatAFormerLeaderDidNotSave) {
  write(60);
  std::atomic<bool> frozen = false;
  std::atomic<bool> thawed = false;
  const auto freeze = [&](const OutboxMessage& message) -> Result<void> {
    if (message.event.position != Position{40} || frozen.exchange(true)) return {};
    while (!thawed) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return {};
  };
  const auto former = run(std::make_shared<Post>(receiver_, Post::Step{}, freeze), brisk());
  former->start();
  ASSERT_TRUE(eventually([&] { return frozen.load(); }));
  const std::uint64_t token = record("post").lease.token;
  EXPECT_EQ(record("post").position, Position{32}) << "a batch of an outbox is small";
  // As if its lease had run out: somebody else has taken it.
  ASSERT_TRUE(storage().release_lease("post", token));
  const auto successor = run(std::make_shared<Post>(receiver_), brisk());
  successor->start();
  ASSERT_TRUE(successor->wait_for({60}, patience()));
  thawed = true;
  ASSERT_TRUE(former->stop(patience()));
  EXPECT_EQ(receiver_.taken(), positions_to(60));
  const auto deliveries = receiver_.deliveries();
  ASSERT_EQ(deliveries.size(), 68U) << "33 to 40 came twice, and nothing of the former leader";
  EXPECT_EQ(deliveries[32].id, deliveries[40].id);
  EXPECT_TRUE(deliveries[40].known);
  EXPECT_GT(deliveries[40].token, token);
  EXPECT_EQ(record("post").position, Position{60});
}

TEST_P(OutboxTest, StopsBetweenTwoMessagesWithAConsistentCheckpoint) {
  write(60);
  std::atomic<bool> reached = false;
  const auto slow = [&](const OutboxMessage& message) -> Result<void> {
    if (message.event.position != Position{10}) return {};
    reached = true;
    while (!message.stop.stop_requested())
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return {};
  };
  const auto runner = run(std::make_shared<Post>(receiver_, Post::Step{}, slow), brisk());
  runner->start();
  ASSERT_TRUE(eventually([&] { return reached.load(); }));
  ASSERT_TRUE(runner->stop(patience()));
  EXPECT_EQ(record("post").position, Position{10});
  EXPECT_EQ(runner->status().failures[0], 0U);
  ASSERT_TRUE(run(std::make_shared<Post>(receiver_), brisk())->drain(patience()));
  EXPECT_EQ(receiver_.deliveries().size(), 60U) << "nothing twice";
  EXPECT_EQ(receiver_.taken(), positions_to(60));
}

TEST_P(OutboxTest, DeliversUnderTheTraceOfItsCommand) {
  WriteBatch batch;
  batch.info.id = mint_uuid({});
  batch.info.trace =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  batch.add_event(batch.add_stream(StreamId::literal("a"), ExpectedVersion::any()), "counted", 1,
                  R"({"number":1})");
  ASSERT_TRUE(store_->append(batch));
  std::string trace;
  std::string span;
  const auto look = [&](const OutboxMessage&) -> Result<void> {
    trace = current_trace().trace_id_text();
    span = eventcore::detail::current_frame()->name;
    throw std::runtime_error("the line is cut");
  };
  const auto runner = run(std::make_shared<Post>(receiver_, look), brisk_with_letters());
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(trace, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(span, "post");
  const auto letter = storage().find_dead_letter("post", {1});
  ASSERT_TRUE(letter && *letter);
  EXPECT_THAT((*letter)->message, HasSubstr("the line is cut"));
}

}  // namespace
}  // namespace eventcore
