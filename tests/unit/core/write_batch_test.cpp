#include "eventcore/write_batch.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "eventcore/limits.hpp"
#include "eventcore/testing/matchers.hpp"

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

constexpr ErrorCode kInvalid = ErrorCode::InvalidArgument;
constexpr ErrorCode kLimit = ErrorCode::LimitExceeded;

WriteBatch with_stream() {
  WriteBatch batch;
  batch.add_stream(StreamId::literal("a"), ExpectedVersion::any());
  return batch;
}

EventToWrite note(std::string_view stream, ExpectedVersion expected = ExpectedVersion::any()) {
  return {.stream = StreamId::parse(stream).value(),
          .type = "Noted",
          .payload = "{}",
          .expected = expected};
}

TEST(ExpectedVersion, AllowsWhatItSays) {
  EXPECT_TRUE(ExpectedVersion::any().allows({0}));
  EXPECT_TRUE(ExpectedVersion::any().allows({7}));
  EXPECT_TRUE(ExpectedVersion::no_stream().allows({0}));
  EXPECT_FALSE(ExpectedVersion::no_stream().allows({1}));
  EXPECT_FALSE(ExpectedVersion::stream_exists().allows({0}));
  EXPECT_TRUE(ExpectedVersion::stream_exists().allows({1}));
  EXPECT_TRUE(ExpectedVersion::exactly({3}).allows({3}));
  EXPECT_FALSE(ExpectedVersion::exactly({3}).allows({2}));
  EXPECT_FALSE(ExpectedVersion::exactly({3}).allows({4}));
}

TEST(WriteBatch, GivesBackWhatWasAdded) {
  WriteBatch batch;
  const std::uint32_t a = batch.add_stream(StreamId::literal("a"), ExpectedVersion::no_stream());
  const std::uint32_t b = batch.add_stream(StreamId::literal("b"), ExpectedVersion::exactly({2}));
  batch.add_event(b, "Moved", 3, "payload", "headers");
  batch.add_event(a, "Opened", 1, "");
  ASSERT_EQ(batch.event_count(), 2U);
  EXPECT_EQ(batch.event(0).stream, b);
  EXPECT_EQ(batch.event(0).type, "Moved");
  EXPECT_EQ(batch.event(0).schema_version, 3U);
  EXPECT_EQ(batch.event(0).payload, "payload");
  EXPECT_EQ(batch.event(0).headers, "headers");
  EXPECT_EQ(batch.event(1).type, "Opened");
  EXPECT_EQ(batch.event(1).payload, "");
  EXPECT_EQ(batch.event(1).headers, "");
  EXPECT_EQ(batch.byte_count(), std::string_view("MovedheaderspayloadOpened").size());
  EXPECT_EQ(batch.streams()[a].events, 1U);
  EXPECT_EQ(batch.streams()[b].events, 1U);
  EXPECT_EQ(batch.find_stream("b"), b);
  EXPECT_EQ(batch.find_stream("c"), std::nullopt);
}

TEST(WriteBatch, EncodesInPlace) {
  WriteBatch batch = with_stream();
  ASSERT_THAT(batch.encode_event(0, "Noted", 1, {},
                                 [](std::string& out) {
                                   out += "encoded";
                                   return Result<void>();
                                 }),
              IsOk());
  EXPECT_EQ(batch.event(0).payload, "encoded");
}

TEST(WriteBatch, IsAsBeforeWhenEncodingFails) {
  WriteBatch batch = with_stream();
  batch.add_event(0, "Noted", 1, "first");
  const std::size_t bytes = batch.byte_count();
  EXPECT_THAT(batch.encode_event(0, "Noted", 1, "headers",
                                 [](std::string& out) -> Result<void> {
                                   out += "half of it";
                                   return make_error(ErrorCode::HandlerFailed, "no");
                                 }),
              HasError(ErrorCode::HandlerFailed));
  EXPECT_EQ(batch.event_count(), 1U);
  EXPECT_EQ(batch.byte_count(), bytes);
  EXPECT_EQ(batch.streams()[0].events, 1U);
}

TEST(WriteBatch, ForgetsEventsOrEverything) {
  WriteBatch batch = with_stream();
  batch.info.key = "k";
  batch.info.decision.attempts = 4;
  batch.add_event(0, "Noted", 1, "x");
  batch.clear_events();
  EXPECT_EQ(batch.event_count(), 0U);
  EXPECT_EQ(batch.byte_count(), 0U);
  ASSERT_EQ(batch.streams().size(), 1U);
  EXPECT_EQ(batch.streams()[0].events, 0U);
  EXPECT_EQ(batch.info.key, "k");
  batch.clear();
  EXPECT_TRUE(batch.streams().empty());
  EXPECT_EQ(batch.info.key, "");
  EXPECT_EQ(batch.info.decision.attempts, 1U);
  EXPECT_TRUE(batch.info.id.is_nil());
}

TEST(WriteBatchDeathTest, StopsOnAnEventWithoutStream) {
  WriteBatch batch = with_stream();
  EXPECT_DEATH(batch.add_event(1, "Noted", 1, "{}"), "stream was not added");
}

TEST(WriteBatch, SealsAPureCheckAndAnEmptyBatch) {
  WriteBatch batch = with_stream();
  EXPECT_THAT(batch.seal(), IsOk());
  EXPECT_THAT(WriteBatch().seal(), IsOk());
}

TEST(WriteBatch, SealedPayloadsHavePadding) {
  WriteBatch batch = with_stream();
  batch.add_event(0, "Noted", 1, "payload");
  ASSERT_THAT(batch.seal(), IsOk());
  EXPECT_EQ(batch.byte_count(), std::string_view("Notedpayload").size());
  const std::string_view payload = batch.event(0).payload;
  EXPECT_EQ(payload, "payload");
  unsigned sum = 0;
  for (std::size_t i = 0; i < limits::kPayloadPadding; ++i) {
    sum += static_cast<unsigned char>(payload.data()[payload.size() + i]);
  }
  EXPECT_EQ(sum, 0U);
}

TEST(WriteBatch, IsLimitedInEvents) {
  WriteBatch batch = with_stream();
  for (std::size_t i = 0; i < limits::kBatchEvents; ++i) batch.add_event(0, "T", 1, "");
  EXPECT_THAT(batch.seal(), IsOk());
  batch.add_event(0, "T", 1, "");
  EXPECT_THAT(batch.seal(), HasError(kLimit));
}

TEST(WriteBatch, IsLimitedInStreams) {
  WriteBatch batch;
  for (std::size_t i = 0; i < limits::kBatchStreams; ++i) {
    batch.add_stream(StreamId::parse("s" + std::to_string(i)).value(), ExpectedVersion::any());
  }
  EXPECT_THAT(batch.seal(), IsOk());
  batch.add_stream(StreamId::literal("one more"), ExpectedVersion::any());
  EXPECT_THAT(batch.seal(), HasError(kLimit));
}

TEST(WriteBatch, IsLimitedInBytes) {
  WriteBatch batch = with_stream();
  const std::string quarter(limits::kBatchBytes / 4 - 1, 'x');
  for (int i = 0; i < 4; ++i) batch.add_event(0, "T", 1, quarter);
  ASSERT_EQ(batch.byte_count(), limits::kBatchBytes);
  EXPECT_THAT(batch.seal(), IsOk());
  batch.add_event(0, "T", 1, "");
  EXPECT_THAT(batch.seal(), HasError(kLimit));
}

TEST(WriteBatch, EventsAreLimitedInBytes) {
  WriteBatch batch = with_stream();
  batch.add_event(0, "T", 1, std::string(limits::kEventBytes, 'x'));
  EXPECT_THAT(batch.seal(), IsOk());
  batch.add_event(0, "T", 1, std::string(limits::kEventBytes + 1, 'x'));
  EXPECT_THAT(batch.seal(), HasError(kLimit));
}

TEST(WriteBatch, HeadersAreLimitedInBytes) {
  WriteBatch batch = with_stream();
  batch.add_event(0, "T", 1, "", std::string(limits::kHeaderBytes, 'h'));
  EXPECT_THAT(batch.seal(), IsOk());
  batch.add_event(0, "T", 1, "", std::string(limits::kHeaderBytes + 1, 'h'));
  EXPECT_THAT(batch.seal(), HasError(kLimit));
}

TEST(WriteBatch, TypeNamesAreTextWithinLimits) {
  const auto sealed = [](std::string_view type) {
    WriteBatch batch = with_stream();
    batch.add_event(0, type, 1, "");
    return batch.seal();
  };
  EXPECT_THAT(sealed(std::string(limits::kTypeNameBytes, 't')), IsOk());
  EXPECT_THAT(sealed(std::string(limits::kTypeNameBytes + 1, 't')), HasError(kLimit));
  EXPECT_THAT(sealed("schl\xC3\xBCssel"), IsOk());
  EXPECT_THAT(sealed(""), HasError(kInvalid));
  EXPECT_THAT(sealed("a\nb"), HasError(kInvalid));
  EXPECT_THAT(sealed("a\xFF"), HasError(kInvalid));
  EXPECT_THAT(sealed("12345678\x01"), HasError(kInvalid)) << "in the second word";
}

TEST(WriteBatch, InfoIsTextWithinLimits) {
  struct Field {
    std::string BatchInfo::*text;
    std::size_t limit;
  };
  for (const Field& field : {Field{&BatchInfo::command_type, limits::kTypeNameBytes},
                             Field{&BatchInfo::key, limits::kKeyBytes},
                             Field{&BatchInfo::correlation_id, limits::kKeyBytes},
                             Field{&BatchInfo::causation_id, limits::kKeyBytes}}) {
    WriteBatch batch = with_stream();
    batch.info.*field.text = std::string(field.limit, 'x');
    EXPECT_THAT(batch.seal(), IsOk());
    batch.info.*field.text += 'x';
    EXPECT_THAT(batch.seal(), HasError(kLimit));
    batch.info.*field.text = std::string("a\0b", 3);
    EXPECT_THAT(batch.seal(), HasError(kInvalid));
    batch.info.*field.text = "\xC3";
    EXPECT_THAT(batch.seal(), HasError(kInvalid));
  }
}

TEST(WriteBatch, NamesAStreamOnce) {
  // Few streams and many are compared in different ways.
  for (const int streams : {2, 16, 17, 100}) {
    WriteBatch batch;
    for (int i = 0; i < streams; ++i) {
      batch.add_stream(StreamId::parse("s" + std::to_string(i)).value(), ExpectedVersion::any());
    }
    EXPECT_THAT(batch.seal(), IsOk()) << streams;
    batch.add_stream(StreamId::literal("s1"), ExpectedVersion::any());
    const Result<void> sealed = batch.seal();
    ASSERT_THAT(sealed, HasError(kInvalid)) << streams;
    EXPECT_EQ(sealed.error().stream, "s1");
  }
}

TEST(WriteBatch, OfEventsKeepsTheirOrder) {
  std::vector<EventToWrite> events = {note("a"), note("b"), note("a")};
  events[2].schema_version = 4;
  events[2].headers.set("user", std::int64_t{7});
  const Result<WriteBatch> batch = WriteBatch::of(events);
  ASSERT_THAT(batch, IsOk());
  ASSERT_EQ(batch->event_count(), 3U);
  ASSERT_EQ(batch->streams().size(), 2U);
  EXPECT_EQ(batch->streams()[0].id.view(), "a");
  EXPECT_EQ(batch->streams()[0].events, 2U);
  EXPECT_EQ(batch->event(1).stream, 1U);
  EXPECT_EQ(batch->event(2).schema_version, 4U);
  const Result<Headers> headers = Headers::decode(batch->event(2).headers);
  ASSERT_THAT(headers, IsOk());
  EXPECT_EQ(*headers, events[2].headers);
}

TEST(WriteBatch, OfEventsExpectsWhatTheFirstOfAStreamDoes) {
  const ExpectedVersion two = ExpectedVersion::exactly({2});
  const Result<WriteBatch> batch =
      WriteBatch::of(std::vector{note("a", two), note("a"), note("a", two)});
  ASSERT_THAT(batch, IsOk());
  EXPECT_EQ(batch->streams()[0].expected, two);
  EXPECT_THAT(WriteBatch::of(std::vector{note("a", two), note("a", ExpectedVersion::no_stream())}),
              HasError(kInvalid));
  EXPECT_THAT(WriteBatch::of(std::vector{note("a"), note("a", two)}), HasError(kInvalid));
  EXPECT_THAT(WriteBatch::of(std::vector{note("a", two), note("b")}), IsOk());
}

TEST(WriteBatch, OfEventsIsSealed) {
  std::vector<EventToWrite> events = {note("a")};
  events[0].payload = std::string(limits::kEventBytes + 1, 'x');
  EXPECT_THAT(WriteBatch::of(events), HasError(kLimit));
  events[0].payload = "";
  events[0].headers.set("big", std::string(limits::kHeaderBytes, 'x'));
  EXPECT_THAT(WriteBatch::of(events), HasError(kLimit));
  EXPECT_THAT(WriteBatch::of({}), IsOk());
}

}  // namespace
}  // namespace eventcore
