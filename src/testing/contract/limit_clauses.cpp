#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

constexpr ErrorCode kPassed = ErrorCode::LimitExceeded;

/// Appends a batch at a limit and one past it: the first is stored, the second leaves no trace.
void expect_limit(StoreFixture& fixture, WriteBatch at_limit, WriteBatch past_limit) {
  Subject store(fixture);
  const std::size_t events = at_limit.event_count();
  EXPECT_THAT(store->append(at_limit), IsOk()) << "at the limit";
  EXPECT_EQ(store->head(), Position{events});
  EXPECT_THAT(store->append(past_limit), HasError(kPassed)) << "one past the limit";
  EXPECT_EQ(store->head(), Position{events});
  EXPECT_EQ(note(*store, "after").first, Position{events + 1}) << "the store still works";
}

WriteBatch with_events(std::size_t count) {
  WriteBatch batch = batch_of({{"a", any(), {}}});
  for (std::size_t i = 0; i < count; ++i) batch.add_event(0, "Noted", 1, "{}");
  return batch;
}

WriteBatch with_streams(std::size_t count) {
  WriteBatch batch = batch_of({});
  for (std::size_t i = 0; i < count; ++i) batch.add_stream(id("s-" + std::to_string(i)), any());
  batch.add_event(static_cast<std::uint32_t>(count - 1), "Noted", 1, "{}");
  return batch;
}

/// A batch of `bytes` bytes in four events and, if they do not hold them all, a fifth.
WriteBatch with_bytes(std::size_t bytes) {
  WriteBatch batch = batch_of({{"a", any(), {}}});
  const std::string payload(limits::kBatchBytes / 4 - 1, 'x');
  for (int i = 0; i < 4; ++i) batch.add_event(0, "T", 1, payload);
  if (batch.byte_count() < bytes) {
    batch.add_event(0, "T", 1, std::string(bytes - batch.byte_count() - 1, 'x'));
  }
  return batch;
}

WriteBatch with_headers(std::size_t bytes) {
  // Length of the name, name, type, length of the text: 2 + 1 + 1 + 4 bytes before the text.
  const std::size_t length = bytes - 8;
  std::string encoded = {'\1', '\0', 'n', '\3'};
  for (unsigned shift = 0; shift < 32; shift += 8) {
    encoded.push_back(static_cast<char>((length >> shift) & 0xFFU));
  }
  encoded.append(length, 'v');
  WriteBatch batch = batch_of({{"a", any(), {}}});
  batch.add_event(0, "Noted", 1, "{}", encoded);
  return batch;
}

WriteBatch with_info(std::string BatchInfo::*field, std::size_t bytes) {
  WriteBatch batch = with_events(1);
  batch.info.*field = std::string(bytes, 'k');
  return batch;
}

WriteBatch with_type(std::size_t bytes) {
  WriteBatch batch = batch_of({{"a", any(), {}}});
  batch.add_event(0, std::string(bytes, 't'), 1, "{}");
  return batch;
}

WriteBatch with_payload(std::size_t bytes) {
  return batch_of({{"a", any(), {std::string(bytes, 'x')}}});
}

void events_of_a_batch_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_events(limits::kBatchEvents), with_events(limits::kBatchEvents + 1));
}

void streams_of_a_batch_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_streams(limits::kBatchStreams),
               with_streams(limits::kBatchStreams + 1));
}

void bytes_of_a_batch_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_bytes(limits::kBatchBytes), with_bytes(limits::kBatchBytes + 1));
}

void bytes_of_an_event_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_payload(limits::kEventBytes), with_payload(limits::kEventBytes + 1));
}

void bytes_of_headers_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_headers(limits::kHeaderBytes), with_headers(limits::kHeaderBytes + 1));
}

void bytes_of_type_names_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_type(limits::kTypeNameBytes), with_type(limits::kTypeNameBytes + 1));
}

void bytes_of_command_types_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_info(&BatchInfo::command_type, limits::kTypeNameBytes),
               with_info(&BatchInfo::command_type, limits::kTypeNameBytes + 1));
}

void bytes_of_keys_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_info(&BatchInfo::key, limits::kKeyBytes),
               with_info(&BatchInfo::key, limits::kKeyBytes + 1));
}

void bytes_of_correlation_ids_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_info(&BatchInfo::correlation_id, limits::kKeyBytes),
               with_info(&BatchInfo::correlation_id, limits::kKeyBytes + 1));
}

void bytes_of_causation_ids_are_limited(StoreFixture& fixture) {
  expect_limit(fixture, with_info(&BatchInfo::causation_id, limits::kKeyBytes),
               with_info(&BatchInfo::causation_id, limits::kKeyBytes + 1));
}

void malformed_batches_are_refused(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch twice = batch_of({{"a", any(), {"1"}}, {"b", any()}, {"a", any(), {"2"}}});
  EXPECT_THAT(store->append(twice), HasError(ErrorCode::InvalidArgument)) << "a stream twice";
  WriteBatch nameless = batch_of({{"a", any(), {}}});
  nameless.add_event(0, "", 1, "{}");
  EXPECT_THAT(store->append(nameless), HasError(ErrorCode::InvalidArgument)) << "an empty type";
  WriteBatch garbled = keyed_batch("\xFF\xFE", {{"a", any(), {"1"}}});
  EXPECT_THAT(store->append(garbled), HasError(ErrorCode::InvalidArgument)) << "a key not UTF-8";
  EXPECT_EQ(store->head(), Position{0});
}

constexpr Clause kClauses[] = {
    {"EventsOfABatchAreLimited", events_of_a_batch_are_limited},
    {"StreamsOfABatchAreLimited", streams_of_a_batch_are_limited},
    {"BytesOfABatchAreLimited", bytes_of_a_batch_are_limited},
    {"BytesOfAnEventAreLimited", bytes_of_an_event_are_limited},
    {"BytesOfHeadersAreLimited", bytes_of_headers_are_limited},
    {"BytesOfTypeNamesAreLimited", bytes_of_type_names_are_limited},
    {"BytesOfCommandTypesAreLimited", bytes_of_command_types_are_limited},
    {"BytesOfKeysAreLimited", bytes_of_keys_are_limited},
    {"BytesOfCorrelationIdsAreLimited", bytes_of_correlation_ids_are_limited},
    {"BytesOfCausationIdsAreLimited", bytes_of_causation_ids_are_limited},
    {"MalformedBatchesAreRefused", malformed_batches_are_refused},
};

}  // namespace

std::span<const Clause> limit_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
