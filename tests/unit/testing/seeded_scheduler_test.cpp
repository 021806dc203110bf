#include "eventcore/testing/seeded_scheduler.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <numeric>

namespace eventcore::testing {
namespace {

using std::chrono::milliseconds;

class Note final : public Task {
 public:
  Note(std::vector<int>& notes, int number) : notes_(notes), number_(number) {}
  void run() noexcept override { notes_.push_back(number_); }

 private:
  std::vector<int>& notes_;
  int number_;
};

std::vector<int> order_under(std::uint64_t seed) {
  SeededScheduler scheduler(seed);
  std::vector<int> notes;
  std::vector<std::unique_ptr<Note>> tasks;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(std::make_unique<Note>(notes, i));
    scheduler.post(*tasks.back());
  }
  EXPECT_TRUE(notes.empty()) << "never inside of post";
  while (scheduler.run_one()) {
  }
  return notes;
}

TEST(SeededScheduler, RunsEveryTaskOnce) {
  std::vector<int> expected(20);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_THAT(order_under(1), ::testing::UnorderedElementsAreArray(expected));
}

TEST(SeededScheduler, OrderDependsOnTheSeedAlone) {
  EXPECT_EQ(order_under(5), order_under(5));
  EXPECT_NE(order_under(5), order_under(6));
}

TEST(SeededScheduler, JumpsToTheNextTime) {
  SeededScheduler scheduler(1);
  const Instant begin = scheduler.clock().now();
  std::vector<int> notes;
  Note later(notes, 2);
  Note sooner(notes, 1);
  Note now(notes, 0);
  scheduler.post_at(later, begin + milliseconds{20});
  scheduler.post_at(sooner, begin + milliseconds{10});
  scheduler.post(now);
  EXPECT_TRUE(scheduler.run_one());
  EXPECT_EQ(scheduler.clock().now(), begin) << "nothing had to wait";
  EXPECT_TRUE(scheduler.run_one());
  EXPECT_EQ(scheduler.clock().now(), begin + milliseconds{10});
  EXPECT_TRUE(scheduler.run_one());
  EXPECT_EQ(scheduler.clock().now(), begin + milliseconds{20});
  EXPECT_FALSE(scheduler.run_one());
  EXPECT_THAT(notes, ::testing::ElementsAre(0, 1, 2));
}

TEST(SeededScheduler, KnowsItsThread) {
  class Ask final : public Task {
   public:
    explicit Ask(SeededScheduler& scheduler) : scheduler_(scheduler) {}
    void run() noexcept override { answer = scheduler_.is_current_thread(); }
    bool answer = false;

   private:
    SeededScheduler& scheduler_;
  };
  SeededScheduler scheduler(1);
  Ask ask(scheduler);
  scheduler.post(ask);
  EXPECT_FALSE(scheduler.is_current_thread());
  scheduler.run_one();
  EXPECT_TRUE(ask.answer);
  EXPECT_FALSE(scheduler.is_current_thread());
}

}  // namespace
}  // namespace eventcore::testing
