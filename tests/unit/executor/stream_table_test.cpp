#include "stream_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace {

using namespace eventcore::detail;
using eventcore::StreamId;

TEST(StreamTable, ReturnsTheSameSlotForTheSameStream) {
  StreamTable table(100);
  StreamSlot& first = table.pin(StreamId::literal("a"));
  EXPECT_EQ(&table.pin(StreamId::literal("a")), &first);
  EXPECT_NE(&table.pin(StreamId::literal("b")), &first);
  EXPECT_EQ(first.pins, 2U);
}

TEST(StreamTable, KeepsPinnedSlotsPastItsBound) {
  StreamTable table(2);
  StreamSlot& a = table.pin(StreamId::literal("a"));
  StreamSlot& b = table.pin(StreamId::literal("b"));
  StreamSlot& c = table.pin(StreamId::literal("c"));
  EXPECT_EQ(&table.pin(StreamId::literal("a")), &a);
  EXPECT_EQ(&table.pin(StreamId::literal("b")), &b);
  EXPECT_EQ(&table.pin(StreamId::literal("c")), &c);
  EXPECT_EQ(table.size(), 3U);
}

TEST(StreamTable, FindsWhatIsPinnedWhileOthersComeAndGo) {
  constexpr std::size_t kSlots = 300;
  StreamTable table(kSlots);
  std::mt19937 random(1);
  std::map<std::string, StreamSlot*> pinned;
  for (int step = 0; step < 50'000; ++step) {
    const std::string name = "stream-" + std::to_string(random() % 2'000);
    if (const auto held = pinned.find(name); held != pinned.end()) {
      StreamSlot& slot = table.pin(StreamId::parse(name).value());
      ASSERT_EQ(&slot, held->second);
      table.unpin(slot);
      table.unpin(slot);
      pinned.erase(held);
    } else if (pinned.size() < kSlots / 2) {
      StreamSlot& slot = table.pin(StreamId::parse(name).value());
      ASSERT_EQ(slot.id.view(), name);
      pinned[name] = &slot;
    }
    ASSERT_LE(table.size(), kSlots);
  }
}

}  // namespace
