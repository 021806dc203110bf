// How a store ends.

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "eventcore/detail/append_queue.hpp"
#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

using SqliteClosing = SqliteFile;

TEST_F(SqliteClosing, SeveralThreadsMayClose) {
  for (int round = 0; round < 20; ++round) {
    const auto store = open();
    std::atomic<int> ready = 0;
    const auto close = [&] {
      ++ready;
      while (ready < 2) std::this_thread::yield();
      EXPECT_TRUE(store->close({}));
    };
    std::thread other(close);
    close();
    other.join();
    EXPECT_EQ(append(*store, "a").error().code, ErrorCode::ShuttingDown);
  }
}

TEST_F(SqliteClosing, ADeadlineEndsTheWaitAndNothingIsAcceptedAfterwards) {
  const auto store = open();
  ASSERT_TRUE(append(*store, "a"));
  std::promise<void> begun;
  std::promise<void> may_end;
  std::thread verifying([&, is_first = true]() mutable {
    const auto report = store->administration().verify([&](std::uint64_t, std::uint64_t) {
      if (std::exchange(is_first, false)) {
        begun.set_value();
        may_end.get_future().wait();
      }
      return true;
    });
    EXPECT_TRUE(report || report.error().code == ErrorCode::ShuttingDown);
  });
  begun.get_future().wait();
  const auto closed = store->close(Deadline::after(std::chrono::milliseconds{20}));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::DeadlineExceeded) << describe(closed.error());
  EXPECT_EQ(append(*store, "a").error().code, ErrorCode::ShuttingDown);
  EXPECT_EQ(store->administration().record_care(CareTask::Backup, {}).error().code,
            ErrorCode::ShuttingDown);
  may_end.set_value();
  EXPECT_TRUE(store->close({}));
  verifying.join();
}

// A writer that recovers while it closes waits between its attempts.
TEST_F(SqliteClosing, AClosedQueueStillLetsTheWriterSleep) {
  detail::AppendQueue queue(1, 1);
  EXPECT_EQ(queue.take_and_close(), nullptr);
  const Instant until = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
  queue.sleep(until);
  EXPECT_GE(std::chrono::steady_clock::now(), until);
  queue.wake();
  queue.sleep(Instant::max());
}

}  // namespace
}  // namespace eventcore::sqlite
