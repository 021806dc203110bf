#include "check_checksums.hpp"

#include <optional>

#include "checksum_row.hpp"
#include "sqlite_sql.hpp"

namespace eventcore::sqlite {
namespace {

// Behind the columns of the checksum.
constexpr int kStreamName = kChecksumColumns;
constexpr int kTypeName = kStreamName + 1;

// The batch that is being read.
struct Batch {
  BatchChecksum sum;
  Position first;
  std::uint64_t checksum;

  [[nodiscard]] Result<void> check() const {
    if (sum.value() == checksum) return {};
    return make_error(ErrorCode::Corrupt,
                      "the batch is not what was written; eventcore verify tells more", {}, first);
  }
};

}  // namespace

Result<void> check_checksums(const Connection& connection, Position after, Position until) {
  auto row = connection.prepare(sql::check_batches);
  if (!row) return row.error();
  row->bind(1, after.value);
  row->bind(2, until.value);
  std::optional<Batch> batch;
  int result = row->step();
  for (; result == SQLITE_ROW; result = row->step()) {
    if (row->number(kOrdinal) == 0) {
      if (batch) {
        if (auto checked = batch->check(); !checked) return checked;
      }
      batch.emplace(Batch{.sum = BatchChecksum(batch_of(*row)),
                          .first = {row->number(kPosition)},
                          .checksum = row->number(kChecksum)});
    }
    if (batch) {
      batch->sum.add(
          event_of(*row, hash_bytes(row->bytes(kStreamName)), hash_bytes(row->bytes(kTypeName))));
    }
  }
  if (result != SQLITE_DONE) return connection.error("can't read");
  return batch ? batch->check() : Result<void>();
}

}  // namespace eventcore::sqlite
