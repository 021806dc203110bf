// Zones: who looks for rare types passes over what has none of them.

#include <gmock/gmock.h>

#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SqliteZones : public SqliteFile {
 protected:
  static void write(EventStore& store, std::string_view type, std::size_t count) {
    while (count > 0) {
      const std::size_t now = std::min<std::size_t>(count, 1'000);
      const std::vector<EventToWrite> events(now,
                                             {StreamId::literal("a"), std::string(type), "{}"});
      ASSERT_TRUE(store.write_events(events));
      count -= now;
    }
  }
  static std::vector<std::uint64_t> positions(EventStore& store, EventFilter filter,
                                              Position after = {}) {
    std::vector<std::uint64_t> found;
    LogQuery query{.after = after, .filter = std::move(filter), .events_max = 3};
    for (;;) {
      const auto page = store.read(query);
      if (!page) throw std::runtime_error(describe(page.error()));
      for (const StoredEvent& event : page->events) found.push_back(event.position.value);
      if (!page->more) return found;
      query.after = page->scanned_to;
    }
  }
};

TEST_F(SqliteZones, RareTypeIsFoundWhereverItIs) {
  auto store = open();
  write(*store, "Common", 4'095);
  write(*store, "Rare", 1);  // the last of zone 0
  write(*store, "Rare", 1);  // the first of zone 1
  write(*store, "Common", 13'000);
  write(*store, "Rare", 1);
  write(*store, "Common", 10);
  write(*store, "Rare", 1);
  EXPECT_THAT(positions(*store, EventFilter().type("Rare")),
              ElementsAre(4'096, 4'097, 17'098, 17'109));
  EXPECT_THAT(positions(*store, EventFilter().type("Rare"), {4'096}),
              ElementsAre(4'097, 17'098, 17'109));
  EXPECT_THAT(positions(*store, EventFilter().type("Rare").stream(StreamId::literal("b"))),
              IsEmpty());
  EXPECT_THAT(positions(*store, EventFilter().type("Never")), IsEmpty());
  EXPECT_EQ(positions(*store, EventFilter().type("Rare").type("Common")).size(), 17'109U);
  EXPECT_EQ(store->administration().verify({})->findings_total, 0U);
}

TEST_F(SqliteZones, FileOfAnOlderVersionGetsThem) {
  {
    auto store = open();
    write(*store, "Common", 9'000);
    write(*store, "Rare", 1);
    write(*store, "Common", 9'000);
  }
  // As version 1 left it.
  EXPECT_EQ(
      run_sql("DROP TABLE zones; DROP TABLE dead_letters; DROP TABLE projections; DROP TABLE log;"
              "PRAGMA user_version = 1"),
      "");
  auto store = open();
  EXPECT_THAT(positions(*store, EventFilter().type("Rare")), ElementsAre(9'001));
  write(*store, "Common", 5'000);
  write(*store, "Rare", 1);
  EXPECT_THAT(positions(*store, EventFilter().type("Rare")), ElementsAre(9'001, 23'002));
  EXPECT_EQ(store->administration().verify({})->findings_total, 0U);
}

TEST_F(SqliteZones, MissingNoteIsFound) {
  {
    auto store = open();
    write(*store, "Common", 9'000);
  }
  EXPECT_EQ(run_sql("DELETE FROM zones WHERE zone = 1"), "");
  auto store = open();
  const auto report = store->administration().verify({});
  ASSERT_TRUE(report);
  ASSERT_EQ(report->findings_total, 1U);
  EXPECT_EQ(report->findings[0].check, "zones");
  EXPECT_EQ(report->findings[0].position, Position{4'097});
}

}  // namespace
}  // namespace eventcore::sqlite
