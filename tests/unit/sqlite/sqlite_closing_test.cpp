// How a store ends.

#include <atomic>
#include <thread>

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

}  // namespace
}  // namespace eventcore::sqlite
