#include "faults/faults.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "faults/failing_store.hpp"
#include "shop_on_memory.hpp"

namespace shop {

namespace {

using eventcore::ErrorCode;

eventcore::StoreUrl url(std::string_view text) { return eventcore::StoreUrl::parse(text).value(); }

TEST(Fault, HasOneNameAndItsPlaceInTheList) {
  for (const FaultDescription& each : kFaults) {
    EXPECT_EQ(fault_of(each.name), each.fault);
    EXPECT_EQ(description_of(each.fault).name, each.name);
  }
  EXPECT_EQ(fault_of("none"), std::nullopt);
}

TEST(FailingStore, TurnsEveryFifthAppendAwayWhileItIsToldTo) {
  std::atomic<bool> fails = false;
  FailingStore store(eventcore::open_memory_store(), fails);
  const auto failed = [&] {
    int count = 0;
    for (int i = 0; i < 10; ++i) {
      const eventcore::EventToWrite event{
          .stream = eventcore::StreamId::parse("order-1").value(), .type = "any", .payload = "{}"};
      const auto written = store.write_events({&event, 1});
      if (written) continue;
      EXPECT_EQ(written.error().code, ErrorCode::Unavailable);
      ++count;
    }
    return count;
  };
  EXPECT_EQ(failed(), 0);
  fails = true;
  EXPECT_EQ(failed(), 2);
  EXPECT_EQ(store.head().value, 18U) << "what failed is not stored";
  fails = false;
  EXPECT_EQ(failed(), 0);
}

TEST(Faults, AreRefusedWhereTheStoreCanNotHaveThem) {
  for (const Fault fault : {Fault::StoreUnreachable, Fault::SlowCommits}) {
    const auto opened = Faults::open({fault}, url("memory:"));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::InvalidArgument);
  }
  EXPECT_TRUE(Faults::open({Fault::ErrorBurst, Fault::PoisonEvent}, url("memory:")));
}

TEST(Faults, KeepWhatTheUrlOfTheStoreSays) {
  const auto faults =
      Faults::open({}, url("postgres://ann:secret@db1:5433,db2/shop?schema=s&durability=normal"
                           "&application_name=x"))
          .value();
  EXPECT_EQ(faults->url().schema(), "s");
  EXPECT_EQ(faults->url().durability(), eventcore::Durability::Normal);
  const std::string& conninfo = faults->url().conninfo();
  EXPECT_TRUE(conninfo.starts_with("postgres://ann:secret@db1:5433,db2/shop?application_name=x&"))
      << conninfo;
  EXPECT_NE(conninfo.find("&host=127.0.0.1&port="), conninfo.npos) << conninfo;
}

}  // namespace

}  // namespace shop
