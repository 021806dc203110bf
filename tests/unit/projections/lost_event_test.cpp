// The script by which readers of other logs miss events: two sessions write, the second commits
// first, and a projection reads in between. Where a store has one writer, a session is what was
// decided first and is stored last.
#include "gate.hpp"
#include "projection_fixture.hpp"

namespace eventcore {
namespace {

class LostEvent : public OnEachStore {
 protected:
  /// Another process, as far as the store knows any.
  [[nodiscard]] std::unique_ptr<EventStore> open_second() const {
    return GetParam() == StoreKind::Memory ? nullptr : open();
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, LostEvent, each_store(), store_name);

/// An append that may stop the writer of its store when it is completed.
class Append final : public AppendOperation {
 public:
  Append(std::string_view stream, ExpectedVersion expected, bool stops = false) : stops_(stops) {
    batch.info.id = mint_uuid({});
    batch.add_event(batch.add_stream(StreamId::parse(stream).value(), expected), "written", 1,
                    "{}");
  }
  void completed(Result<WriteResult> outcome) noexcept override {
    result_ = std::move(outcome);
    completed_.open();
    if (stops_) go_on_.wait();
    done_.open();
  }
  const Result<WriteResult>& result() {
    completed_.wait();
    return result_;
  }
  void go_on() {
    go_on_.open();
    await_end();
  }
  /// Returns when the store has let go of it.
  void await_end() { done_.wait(); }

 private:
  const bool stops_;
  Result<WriteResult> result_ = WriteResult{};
  testing::Gate completed_;
  testing::Gate go_on_;
  testing::Gate done_;
};

TEST_P(LostEvent, IsDeliveredWhenTheSecondSessionCommitsFirst) {
  const auto second = open_second();
  EventStore& other = second ? *second : *store_;
  const auto recorder = std::make_shared<Recorder>();
  const auto runner = ProjectionRunner::open(other, recorder, brisk()).value();
  runner->start();
  // The first session has seen its stream, and is about to store what it decided.
  Append plug("plug-1", ExpectedVersion::any(), true);
  Append slow("slow-1", ExpectedVersion::no_stream());
  if (second) {
    store_->submit_append(plug);
    ASSERT_TRUE(plug.result());
    store_->submit_append(slow);
  }
  write(other, 3);
  const std::uint64_t before = second ? 4 : 3;
  ASSERT_TRUE(runner->wait_for({before}, patience()));
  EXPECT_EQ(recorder->seen(), positions_to(before));

  if (second) {
    plug.go_on();
  } else {
    store_->submit_append(slow);
  }
  slow.await_end();
  const auto stored = slow.result();
  ASSERT_TRUE(stored) << describe(stored.error());
  EXPECT_EQ(stored->last.value, before + 1);
  ASSERT_TRUE(runner->wait_for(stored->last, patience()));
  EXPECT_EQ(recorder->seen(), positions_to(before + 1));
}

}  // namespace
}  // namespace eventcore
