#include "memory_arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace eventcore::detail {
namespace {

TEST(MemoryArena, HandsOutDistinctAlignedMemory) {
  MemoryArena arena;
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t i = 0; i < 2'000; ++i) {
    const std::size_t bytes = 1 + i * 37 % 5'000;
    auto* const block = static_cast<unsigned char*>(arena.allocate(bytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 8, 0U);
    std::memset(block, static_cast<int>(i % 251), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, bytes] = blocks[i];
    ASSERT_EQ(block[0], i % 251);
    ASSERT_EQ(block[bytes - 1], i % 251);
  }
}

TEST(MemoryArena, TakesLargeBlocksApart) {
  MemoryArena arena;
  auto* const before = static_cast<char*>(arena.allocate(16));
  const std::size_t size = arena.size();
  static_cast<void>(arena.allocate(50'000'000));
  EXPECT_EQ(arena.size(), size + 50'000'000);
  EXPECT_EQ(static_cast<char*>(arena.allocate(16)), before + 16) << "the segment goes on";
}

TEST(MemoryArena, UsesTheLastBlockAgain) {
  MemoryArena arena;
  void* const block = arena.allocate(100);
  arena.give_back(block, 100);
  EXPECT_EQ(arena.allocate(100), block);
}

TEST(MemoryArena, UsesAnInnerBlockAgain) {
  MemoryArena arena;
  void* const block = arena.allocate(600);
  void* const later = arena.allocate(600);
  arena.give_back(block, 600);
  EXPECT_EQ(arena.allocate(600), block) << "of the same size";
  arena.give_back(later, 600);
  static_cast<void>(arena.allocate(8));
  arena.give_back(block, 600);
  EXPECT_EQ(arena.allocate(500), block) << "of a smaller size";
}

TEST(MemoryArena, NeverHandsOutABlockThatIsTooSmall) {
  MemoryArena arena;
  void* const small = arena.allocate(520);
  static_cast<void>(arena.allocate(8));
  arena.give_back(small, 520);
  EXPECT_NE(arena.allocate(1'000), small);
}

TEST(MemoryArena, CopiesText) {
  MemoryArena arena;
  std::string text = "a text";
  const std::string_view copy = arena.copy(text);
  text = "changed";
  EXPECT_EQ(copy, "a text");
  EXPECT_EQ(arena.copy(""), "");
}

TEST(MemoryArena, KeepsThreadsApart) {
  MemoryArena arena;
  std::vector<std::thread> threads;
  for (unsigned char mark = 1; mark <= 4; ++mark) {
    threads.emplace_back([&arena, mark] {
      std::vector<unsigned char*> kept;
      for (std::size_t i = 0; i < 5'000; ++i) {
        const std::size_t bytes = 16 + i % 300;
        auto* const block = static_cast<unsigned char*>(arena.allocate(bytes));
        std::memset(block, mark, bytes);
        if (i % 3 == 0) {
          arena.give_back(block, bytes);
        } else {
          kept.push_back(block);
        }
      }
      for (const unsigned char* block : kept) ASSERT_EQ(block[15], mark);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace eventcore::detail
