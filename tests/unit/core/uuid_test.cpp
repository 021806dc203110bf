#include "eventcore/uuid.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <unordered_set>
#include <vector>

namespace eventcore {
namespace {

using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

Milliseconds at(std::int64_t milliseconds) {
  return Milliseconds{std::chrono::milliseconds{milliseconds}};
}

std::uint64_t time_of(const Uuid& uuid) {
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < 6; ++i) time = time << 8 | uuid.bytes[i];
  return time;
}

TEST(Uuid, RoundTripsThroughText) {
  const std::string text = "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b";
  const std::optional<Uuid> uuid = Uuid::parse(text);
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->to_string(), text);
  EXPECT_EQ(uuid->bytes[0], 0x01);
  EXPECT_EQ(uuid->bytes[15], 0x2B);
}

TEST(Uuid, ReadsUpperCase) {
  EXPECT_EQ(Uuid::parse("0190A1B2-C3D4-7E5F-8A6B-7C8D9E0F1A2B"),
            Uuid::parse("0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"));
}

TEST(Uuid, RejectsOtherText) {
  for (const char* text : {"", "0190a1b2", "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2",
                           "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b0",
                           "0190a1b2c3d4-7e5f-8a6b-7c8d9e0f1a2b-",
                           "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2g",
                           "{190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2}",
                           "0190a1b2-c3d4-7e5f-8a6b_7c8d9e0f1a2b"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, IsNilByDefault) {
  EXPECT_TRUE(Uuid{}.is_nil());
  EXPECT_FALSE(mint_uuid(at(1)).is_nil());
  EXPECT_EQ(Uuid{}.to_string(), "00000000-0000-0000-0000-000000000000");
}

TEST(MintUuid, MakesVersionSevenWithItsTime) {
  std::thread([] {  // on a thread of its own, which has not minted with a later time
    const Uuid uuid = mint_uuid(at(0x0190'A1B2'C3D4));
    EXPECT_EQ(time_of(uuid), 0x0190'A1B2'C3D4U);
    EXPECT_EQ(uuid.bytes[6] >> 4, 7);
    EXPECT_EQ(uuid.bytes[8] >> 6, 2);
  }).join();
}

TEST(MintUuid, SortsInMintingOrderWithinAMillisecond) {
  Uuid last = mint_uuid(at(1'700'000'000'000));
  for (int i = 0; i < 100'000; ++i) {
    const Uuid next = mint_uuid(at(1'700'000'000'000));
    ASSERT_LT(last, next) << i;
    last = next;
  }
}

TEST(MintUuid, SortsInMintingOrderWhenTheClockStepsBack) {
  const Uuid first = mint_uuid(at(1'800'000'000'000));
  const Uuid second = mint_uuid(at(1'700'000'000'000));
  EXPECT_LT(first, second);
  EXPECT_LT(second, mint_uuid(at(1'800'000'000'001)));
}

TEST(MintUuid, DiffersBetweenThreads) {
  constexpr std::size_t kEach = 20'000;
  std::vector<std::vector<Uuid>> minted(4);
  std::vector<std::thread> threads;
  for (auto& mine : minted) {
    threads.emplace_back([&mine] {
      for (std::size_t i = 0; i < kEach; ++i) mine.push_back(mint_uuid(at(1'750'000'000'000)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::unordered_set<Uuid> all;
  for (const auto& mine : minted) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 4 * kEach);
}

TEST(MintUuid, DiffersAfterAFork) {
  static_cast<void>(mint_uuid(at(1'750'000'000'000)));  // this thread has its random bits
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  const Uuid uuid = mint_uuid(at(1'750'000'000'000));
  if (child == 0) {
    const ssize_t written = write(ends[1], uuid.bytes.data(), uuid.bytes.size());
    _exit(written == static_cast<ssize_t>(uuid.bytes.size()) ? 0 : 1);
  }
  Uuid of_child;
  ASSERT_EQ(read(ends[0], of_child.bytes.data(), of_child.bytes.size()),
            static_cast<ssize_t>(of_child.bytes.size()));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  close(ends[0]);
  close(ends[1]);
  EXPECT_NE(uuid, of_child);
  // Also beyond the counter, in which parent and child may well agree.
  EXPECT_FALSE(std::equal(uuid.bytes.begin() + 11, uuid.bytes.end(), of_child.bytes.begin() + 11));
}

TEST(EventId, IsBatchAndOrdinal) {
  const EventId id{.batch = *Uuid::parse("0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"), .ordinal = 12};
  EXPECT_EQ(id.to_string(), "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b/12");
}

}  // namespace
}  // namespace eventcore
