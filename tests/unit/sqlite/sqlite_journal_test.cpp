// SQLite's journal: copied between groups, and never waited for long.

#include <sqlite3.h>

#include <chrono>

#include "log_file.hpp"
#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

using SqliteJournal = SqliteFile;

constexpr std::size_t kMegabyte = 1'024 * 1'024;

TEST_F(SqliteJournal, ALongReaderDoesNotHoldUpTheWriter) {
  SqliteStoreOptions patient = options();
  patient.busy_timeout = std::chrono::seconds{20};
  const auto store = open(patient);
  ASSERT_TRUE(append(*store, "a"));
  const std::string payload(kMegabyte, 'x');
  const auto append_megabytes = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(append(*store, "a", ExpectedVersion::any(), payload));
    }
  };
  const auto journal_bytes = [&] { return std::filesystem::file_size(path().string() + "-wal"); };

  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM events", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const auto began = std::chrono::steady_clock::now();
  append_megabytes(80);
  EXPECT_LT(std::chrono::steady_clock::now() - began, patient.busy_timeout);
  EXPECT_GT(journal_bytes(), std::size_t{kJournalPagesMax} * 4'096) << "the reader holds it";
  sqlite3_close(reader);

  append_megabytes(10);
  const auto grown = journal_bytes();
  append_megabytes(20);
  EXPECT_EQ(journal_bytes(), grown) << "it starts over when the reader is gone";
}

}  // namespace
}  // namespace eventcore::sqlite
