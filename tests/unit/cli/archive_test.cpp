#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>

#include "archive_format.hpp"
#include "archive_reader.hpp"
#include "archive_writer.hpp"
#include "eventcore/decision_record.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/store_administration.hpp"
#include "log_end.hpp"

namespace eventcore::cli {
namespace {

/// A folder that is gone after the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

WriteBatch make_batch(std::uint8_t number, std::size_t events, std::string_view payload) {
  WriteBatch batch;
  batch.info.id.bytes.fill(number);
  batch.info.command_type = "place_order";
  const std::uint32_t order = batch.add_stream(
      StreamId::parse("order-" + std::to_string(number)).value(), ExpectedVersion::any());
  const std::uint32_t shared =
      batch.add_stream(StreamId::literal("shared"), ExpectedVersion::any());
  for (std::size_t i = 0; i != events; ++i) {
    batch.add_event(i % 2 == 0 ? order : shared, "Happened", static_cast<std::uint32_t>(i + 1),
                    payload);
  }
  return batch;
}

/// Batches with everything that a batch can have.
std::unique_ptr<EventStore> filled_store(int batches) {
  auto store = open_memory_store();
  std::minstd_rand random(7);
  for (int i = 1; i <= batches; ++i) {
    std::string payload(std::size_t{40'000}, '\0');
    for (char& byte : payload) byte = static_cast<char>(random() & 0x7FU);
    WriteBatch batch = make_batch(static_cast<std::uint8_t>(i), 1 + i % 4U, payload);
    if (i % 2 == 0) {
      batch.info.key = "key-" + std::to_string(i);
      batch.info.correlation_id = "correlation";
      batch.info.causation_id = "causation";
      batch.info.trace.trace_id.fill(1);
      batch.info.trace.span_id.fill(2);
      batch.info.trace.flags = 1;
      batch.info.decision.attempts = 2;
      batch.info.decision.interference.push_back(
          {.stream = "shared",
           .conflict = {.expected = {1},
                        .actual = {2},
                        .winner_position = {3},
                        .winner_id = {},
                        .winner_command_type = "adjust_stock"}});
    }
    EXPECT_TRUE(store->append(batch));
  }
  return store;
}

EventPage whole_log(EventStore& store) {
  Result<EventPage> page =
      store.read(LogQuery{.bytes_max = std::size_t{1024} * 1024 * 1024, .with_batch = true});
  EXPECT_TRUE(page);
  EXPECT_FALSE(page->more);
  return *std::move(page);
}

ArchiveTail write_archive(EventStore& store, const std::filesystem::path& path, LogEnd after = {}) {
  Result<std::unique_ptr<ArchiveWriter>> writer =
      ArchiveWriter::create(path, {.after = after, .created = {}, .store = "memory:"});
  EXPECT_TRUE(writer) << writer.error().message;
  const EventPage page = whole_log(store);
  for (const StoredEvent& event : page.events) {
    if (event.position > after.position) {
      EXPECT_TRUE((*writer)->add(event));
    }
  }
  const Result<ArchiveTail> tail = (*writer)->finish();
  EXPECT_TRUE(tail);
  EXPECT_EQ((*writer)->size(), std::filesystem::file_size(path));
  return *tail;
}

bool go_on(std::uint64_t, std::uint64_t) { return true; }

Result<ArchiveTail> check(const std::filesystem::path& path) {
  const Result<std::unique_ptr<ArchiveReader>> reader = ArchiveReader::open(path);
  if (!reader) return reader.error();
  return (*reader)->check(go_on);
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void expect_same_log(EventStore& a, EventStore& b) {
  const EventPage left = whole_log(a);
  const EventPage right = whole_log(b);
  ASSERT_EQ(left.events.size(), right.events.size());
  for (std::size_t i = 0; i != left.events.size(); ++i) {
    const StoredEvent& x = left.events[i];
    const StoredEvent& y = right.events[i];
    EXPECT_EQ(x.position, y.position);
    EXPECT_EQ(x.version, y.version);
    EXPECT_EQ(x.time, y.time);
    EXPECT_EQ(x.stream, y.stream);
    EXPECT_EQ(x.type, y.type);
    EXPECT_EQ(x.schema_version, y.schema_version);
    EXPECT_EQ(x.ordinal, y.ordinal);
    EXPECT_EQ(x.headers, y.headers);
    EXPECT_TRUE(x.payload == y.payload);
    EXPECT_EQ(x.batch->id, y.batch->id);
    EXPECT_EQ(x.batch->first, y.batch->first);
    EXPECT_EQ(x.batch->events, y.batch->events);
    EXPECT_EQ(x.batch->attempts, y.batch->attempts);
    EXPECT_EQ(x.batch->command_type, y.batch->command_type);
    EXPECT_EQ(x.batch->key, y.batch->key);
    EXPECT_EQ(x.batch->correlation_id, y.batch->correlation_id);
    EXPECT_EQ(x.batch->causation_id, y.batch->causation_id);
    EXPECT_EQ(x.batch->trace, y.batch->trace);
    EXPECT_EQ(x.batch->decision, y.batch->decision);
  }
}

Result<void> restore(const std::filesystem::path& path, EventStore& store) {
  const Result<std::unique_ptr<ArchiveReader>> reader = ArchiveReader::open(path);
  if (!reader) return reader.error();
  return (*reader)->for_each_batch([&](const ArchivedBatch& archived) -> Result<bool> {
    Result<WriteBatch> batch = rebuild(archived);
    if (!batch) return batch.error();
    const Result<void> imported =
        store.administration().import_batch(*batch, archived.info.first, archived.time);
    if (!imported) return imported.error();
    return true;
  });
}

TEST(Archive, BringsBackEverythingThatWasStored) {
  const Folder folder;
  const auto store = filled_store(60);
  const ArchiveTail tail = write_archive(*store, folder / "a");
  EXPECT_EQ(tail.end.position, store->head());
  EXPECT_EQ(tail.batches, 60U);
  EXPECT_EQ(tail.events, store->head().value);
  const Result<ArchiveTail> checked = check(folder / "a");
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->end, tail.end);

  const auto copy = open_memory_store();
  ASSERT_TRUE(restore(folder / "a", *copy));
  expect_same_log(*store, *copy);
}

TEST(Archive, ContinuesAnotherOne) {
  const Folder folder;
  const auto store = filled_store(8);
  const Result<LogEnd> middle = log_end_at(*store, {9});
  ASSERT_TRUE(middle) << middle.error().message;
  const ArchiveTail rest = write_archive(*store, folder / "b", *middle);
  EXPECT_EQ(rest.events, store->head().value - 9);
  const Result<std::unique_ptr<ArchiveReader>> reader = ArchiveReader::open(folder / "b");
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->head().after, *middle);
  EXPECT_EQ((*reader)->head().store, "memory:");
}

TEST(Archive, MayHoldNothing) {
  const Folder folder;
  const auto store = open_memory_store();
  const ArchiveTail tail = write_archive(*store, folder / "a");
  EXPECT_EQ(tail.events, 0U);
  EXPECT_EQ(tail.end, LogEnd{});
  ASSERT_TRUE(check(folder / "a"));
}

TEST(Archive, TellsWhereItIsCutOff) {
  const Folder folder;
  const auto store = filled_store(40);
  write_archive(*store, folder / "a");
  const std::string bytes = bytes_of(folder / "a");
  ASSERT_GT(bytes.size(), 1'200'000U) << "several frames";
  for (std::size_t length = 0; length < bytes.size();
       length += length < 400 ? 1 : bytes.size() / 23) {
    put_bytes(folder / "b", bytes.substr(0, length));
    const Result<ArchiveTail> checked = check(folder / "b");
    ASSERT_FALSE(checked) << length;
    EXPECT_EQ(checked.error().code, ErrorCode::InvalidArgument);
    if (length < kMagic.size()) continue;
    EXPECT_NE(checked.error().message.find("offset " + std::to_string(length) + ": "),
              std::string::npos)
        << length << ": " << checked.error().message;
    EXPECT_NE(checked.error().message.find("cut off"), std::string::npos);
  }
}

TEST(Archive, FindsEveryFlippedBit) {
  const Folder folder;
  const auto store = filled_store(1);
  write_archive(*store, folder / "a");
  std::string bytes = bytes_of(folder / "a");
  for (std::size_t i = 0; i < bytes.size(); i += i < 400 || i + 400 > bytes.size() ? 1 : 997) {
    for (const int bit : {0, 7}) {
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      put_bytes(folder / "b", bytes);
      const Result<ArchiveTail> checked = check(folder / "b");
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      ASSERT_FALSE(checked) << "byte " << i << ", bit " << bit;
      EXPECT_EQ(checked.error().code, ErrorCode::InvalidArgument);
    }
  }
}

TEST(Archive, WritesNothingOfADamagedFrame) {
  const Folder folder;
  const auto store = filled_store(60);
  write_archive(*store, folder / "a");
  std::string bytes = bytes_of(folder / "a");
  const std::size_t last_data = bytes.size() - 1'000;
  bytes[last_data] = static_cast<char>(bytes[last_data] ^ 1);
  put_bytes(folder / "b", bytes);
  const auto copy = open_memory_store();
  const Result<void> restored = restore(folder / "b", *copy);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(restored.error().message.find("checksum"), std::string::npos);
  EXPECT_GT(copy->head(), Position{0}) << "frames before it are good";
  EXPECT_LT(copy->head(), store->head());
}

TEST(Archive, RefusesFramesInAnotherOrder) {
  const Folder folder;
  const auto store = filled_store(40);
  write_archive(*store, folder / "a");
  const std::string bytes = bytes_of(folder / "a");
  std::vector<std::string> frames;
  for (std::size_t at = kMagic.size(); at != bytes.size();) {
    const FrameHeader header =
        decode_frame_header(std::string_view(bytes).substr(at, kFrameHeaderBytes));
    frames.push_back(bytes.substr(at, kFrameHeaderBytes + header.stored_bytes));
    at += frames.back().size();
  }
  ASSERT_GE(frames.size(), 4U);
  const std::string magic(kMagic);
  std::string swapped = magic + frames[0] + frames[2] + frames[1];
  std::string left_out = magic + frames[0] + frames[1];
  std::string doubled = bytes + frames.back();
  for (std::size_t i = 3; i != frames.size(); ++i) {
    swapped += frames[i];
    left_out += frames[i];
  }
  const std::string without_data = magic + frames.front() + frames.back();
  for (const std::string& other : {swapped, left_out, doubled, without_data}) {
    put_bytes(folder / "b", other);
    const Result<ArchiveTail> checked = check(folder / "b");
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message.find("damaged at offset"), std::string::npos);
  }
}

TEST(Archive, RefusesAFileOfAnotherKind) {
  const Folder folder;
  put_bytes(folder / "text", "This is a letter and no backup at all.");
  const Result<ArchiveTail> text = check(folder / "text");
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().message.find("no backup of eventcore"), std::string::npos);
  EXPECT_FALSE(check(folder / "missing"));
  const Result<ArchiveTail> directory = check(std::filesystem::temp_directory_path());
  ASSERT_FALSE(directory);
  EXPECT_NE(directory.error().message.find("no regular file"), std::string::npos);
}

TEST(Archive, RefusesALaterFormat) {
  const Folder folder;
  const std::string text =
      R"({"format":2,"after_position":0,"after_batch":"","created":"","store":""})";
  FrameHeader header{.kind = FrameKind::Head,
                     .stored_bytes = static_cast<std::uint32_t>(text.size()),
                     .raw_bytes = static_cast<std::uint32_t>(text.size())};
  put_bytes(folder / "a", std::string(kMagic) + encode_frame_header(header, text) + text);
  const Result<ArchiveTail> checked = check(folder / "a");
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("format 2"), std::string::npos);
}

TEST(ArchiveWriter, LeavesNothingBehindUnlessItFinishes) {
  const Folder folder;
  {
    const auto writer = ArchiveWriter::create(folder / "a", {});
    ASSERT_TRUE(writer);
    EXPECT_EQ(folder.files(), 1U);
  }
  EXPECT_EQ(folder.files(), 0U);
}

TEST(ArchiveWriter, RefusesASecondWriterOfTheSameFile) {
  const Folder folder;
  const auto first = ArchiveWriter::create(folder / "a", {});
  ASSERT_TRUE(first);
  const auto second = ArchiveWriter::create(folder / "a", {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another backup"), std::string::npos);
  ASSERT_TRUE((*first)->finish());
  ASSERT_TRUE(check(folder / "a"));
}

TEST(ArchiveWriter, RefusesALogWithGaps) {
  const Folder folder;
  const auto store = filled_store(3);
  const EventPage page = whole_log(*store);
  const auto writer = ArchiveWriter::create(folder / "a", {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add(page.events[0]));
  EXPECT_FALSE((*writer)->between_batches());
  const Result<void> added = (*writer)->add(page.events[2]);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::Corrupt);
  const Result<ArchiveTail> tail = (*writer)->finish();
  ASSERT_FALSE(tail);
  EXPECT_EQ(tail.error().code, ErrorCode::Corrupt);
}

TEST(LogEnd, IsBetweenBatchesOnly) {
  const auto store = filled_store(2);  // 2 and 3 events
  EXPECT_EQ(*log_end_at(*store, {0}), LogEnd{});
  const Result<LogEnd> end = log_end_at(*store, {2});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->batch.bytes[0], 1);
  for (const std::uint64_t position : {1U, 3U, 4U, 6U}) {
    const Result<LogEnd> none = log_end_at(*store, {position});
    ASSERT_FALSE(none) << position;
    EXPECT_EQ(none.error().code, ErrorCode::InvalidArgument);
  }
}

}  // namespace
}  // namespace eventcore::cli
