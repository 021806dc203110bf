#include "spin_mutex.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace eventcore::detail {
namespace {

TEST(SpinMutex, ExcludesOthers) {
  SpinMutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const SpinLock lock(mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 80'000);
}

TEST(SpinMutex, WakesWhoSleeps) {
  SpinMutex mutex;
  bool seen = false;
  mutex.lock();
  std::thread sleeper([&] {
    const SpinLock lock(mutex);
    seen = true;
  });
  // Long enough for the other to have given up spinning, on most machines.
  for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
  EXPECT_FALSE(seen);
  mutex.unlock();
  sleeper.join();
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace eventcore::detail
