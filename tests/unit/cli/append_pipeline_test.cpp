#include "append_pipeline.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "eventcore/memory_store.hpp"

namespace eventcore::cli {
namespace {

WriteBatch one_event(ExpectedVersion expected) {
  WriteBatch batch;
  batch.info.id = mint_uuid({});
  batch.add_event(batch.add_stream(StreamId::literal("a"), expected), "T", 1, "1");
  return batch;
}

AppendPipeline::Finished wait_for(AppendPipeline& pipeline, WakeUp& wake) {
  while (true) {
    if (auto finished = pipeline.take_finished()) return *std::move(finished);
    wake.wait();
  }
}

TEST(AppendPipeline, HandsOutResultsInOrder) {
  WakeUp wake;
  const auto store = open_memory_store();
  AppendPipeline pipeline(*store, wake);
  for (std::uint64_t line = 1; line <= 100; ++line) {
    pipeline.submit(one_event(ExpectedVersion::exactly({line - 1})), line);
  }
  for (std::uint64_t line = 1; line <= 100; ++line) {
    const AppendPipeline::Finished finished = wait_for(pipeline, wake);
    EXPECT_EQ(finished.line, line);
    ASSERT_TRUE(finished.result);
    EXPECT_EQ(finished.result->last, Position{line});
    EXPECT_EQ(finished.batch.streams()[0].version_before, StreamVersion{line - 1});
  }
  EXPECT_TRUE(pipeline.idle());
}

TEST(AppendPipeline, StoresNothingBehindAFailure) {
  WakeUp wake;
  const auto store = open_memory_store();
  AppendPipeline pipeline(*store, wake);
  pipeline.submit(one_event(ExpectedVersion::any()), 1);
  pipeline.submit(one_event(ExpectedVersion::exactly({7})), 2);
  pipeline.submit(one_event(ExpectedVersion::any()), 3);
  EXPECT_TRUE(wait_for(pipeline, wake).result);
  for (int i = 0; i != 2; ++i) {
    const AppendPipeline::Finished failed = wait_for(pipeline, wake);
    ASSERT_FALSE(failed.result);
    EXPECT_EQ(failed.result.error().code, ErrorCode::VersionConflict);
  }
  pipeline.submit(one_event(ExpectedVersion::any()), 4);
  EXPECT_FALSE(wait_for(pipeline, wake).result);
  EXPECT_EQ(store->head(), Position{1});
}

TEST(AppendPipeline, IsBounded) {
  WakeUp wake;
  const auto store = open_memory_store();
  AppendPipeline pipeline(*store, wake);
  std::uint64_t sent = 0;
  while (!pipeline.full()) pipeline.submit(one_event(ExpectedVersion::any()), ++sent);
  EXPECT_LE(sent, 10'000U);
  while (!pipeline.idle()) EXPECT_TRUE(wait_for(pipeline, wake).result);
  EXPECT_EQ(store->head(), Position{sent});
}

}  // namespace
}  // namespace eventcore::cli
