#include "name_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <string>
#include <thread>

#include "interned_names.hpp"
#include "text_hash.hpp"

namespace eventcore::detail {
namespace {

struct Item {
  std::string_view name;
};
using Table = NameTable<Item, &Item::name>;

TEST(NameTable, FindsWhatWasAdded) {
  MemoryArena arena;
  Table table;
  std::deque<Item> items;
  for (int i = 0; i < 10'000; ++i) {
    items.push_back({arena.copy("name-" + std::to_string(i))});
    const std::uint64_t hash = hash_text(items.back().name, 7);
    table.reserve(hash, arena);
    table.insert(items.back(), hash);
  }
  for (Item& item : items) ASSERT_EQ(table.find(item.name, hash_text(item.name, 7)), &item);
  EXPECT_EQ(table.find("name-10000", hash_text("name-10000", 7)), nullptr);
  EXPECT_EQ(Table().find("anything", 1), nullptr);
}

TEST(NameTable, TellsNamesApartThatHashAlike) {
  MemoryArena arena;
  Table table;
  std::deque<Item> items = {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}};
  for (Item& item : items) {
    table.reserve(42, arena);
    table.insert(item, 42);
  }
  for (Item& item : items) EXPECT_EQ(table.find(item.name, 42), &item);
  EXPECT_EQ(table.find("f", 42), nullptr);
}

TEST(NameTable, IsReadWhileItGrows) {
  constexpr std::size_t kCount = 20'000;
  MemoryArena arena;
  Table table;
  std::deque<std::string> names;
  std::deque<Item> items;
  for (std::size_t i = 0; i < kCount; ++i) items.push_back({names.emplace_back(std::to_string(i))});
  std::atomic<std::size_t> count = 0;
  std::thread reader([&] {
    for (std::size_t seen = 0; seen < kCount;) {
      seen = count.load(std::memory_order_acquire);
      if (seen == 0) continue;
      Item& item = items[seen - 1];
      ASSERT_EQ(table.find(item.name, hash_text(item.name, 7)), &item);
      Item& older = items[seen / 2];
      ASSERT_EQ(table.find(older.name, hash_text(older.name, 7)), &older);
    }
  });
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::uint64_t hash = hash_text(items[i].name, 7);
    table.reserve(hash, arena);
    table.insert(items[i], hash);
    count.store(i + 1, std::memory_order_release);
  }
  reader.join();
}

TEST(InternedNames, GivesEachNameItsNumber) {
  MemoryArena arena;
  InternedNames names(7);
  EXPECT_EQ(names.find("a"), 0U);
  EXPECT_EQ(names.intern("a", arena), 1U);
  EXPECT_EQ(names.intern("b", arena), 2U);
  EXPECT_EQ(names.intern("a", arena), 1U);
  EXPECT_EQ(names.find("b"), 2U);
  EXPECT_EQ(names.name(2), "b");
  EXPECT_EQ(names.count(), 2U);
}

}  // namespace
}  // namespace eventcore::detail
