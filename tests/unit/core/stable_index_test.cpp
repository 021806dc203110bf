#include "stable_index.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace eventcore::detail {
namespace {

TEST(StableIndex, KeepsEveryElement) {
  MemoryArena arena;
  StableIndex<std::uint64_t> index;
  constexpr std::uint64_t kCount = 100'000;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    index.reserve(i + 1, arena);
    index.set(i, i * i);
  }
  for (std::uint64_t i = 0; i < kCount; ++i) ASSERT_EQ(index[i], i * i);
}

TEST(StableIndex, NeverMovesAnElement) {
  MemoryArena arena;
  StableIndex<int> index;
  index.reserve(3, arena);
  for (int i = 0; i < 3; ++i) index.set(static_cast<std::uint64_t>(i), i);
  const int* const first = &index[0];
  const int* const third = &index[2];
  index.reserve(10'000, arena);
  EXPECT_EQ(&index[0], first);
  EXPECT_EQ(&index[2], third);
}

TEST(StableIndex, TakesNoMemoryForTwoElements) {
  MemoryArena arena;
  void* const mark = arena.allocate(16);
  StableIndex<void*> index;
  index.reserve(2, arena);
  EXPECT_EQ(arena.allocate(16), static_cast<char*>(mark) + 16);
}

TEST(StableIndex, IsReadWhileItGrows) {
  MemoryArena arena;
  StableIndex<std::uint64_t> index;
  constexpr std::uint64_t kCount = 200'000;
  std::atomic<std::uint64_t> count = 0;
  std::thread reader([&] {
    std::uint64_t seen = 0;
    while (seen < kCount) {
      seen = count.load(std::memory_order_acquire);
      if (seen == 0) continue;
      ASSERT_EQ(index[seen - 1], seen - 1);
      ASSERT_EQ(index[seen / 2], seen / 2);
    }
  });
  for (std::uint64_t i = 0; i < kCount; ++i) {
    index.reserve(i + 1, arena);
    index.set(i, i);
    count.store(i + 1, std::memory_order_release);
  }
  reader.join();
}

}  // namespace
}  // namespace eventcore::detail
