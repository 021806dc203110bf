// `check_checksums`: whether batches are what was written, without the checks of a whole log.

#include <optional>
#include <unordered_map>

#include "checksum_scan.hpp"
#include "postgres_sql.hpp"
#include "schema.hpp"
#include "verify.hpp"

namespace eventcore::postgres {
namespace {

// The hashes of names by number, as far as they were asked for.
class NameHashes {
 public:
  NameHashes(const LogCheck& check, const char* sql)
      : check_(check), sql_(for_schema(sql, check.options.schema)) {}

  /// Makes sure that the numbers of a column are known.
  Result<void> learn(const Rows& rows, int column) {
    if (hashes_.size() > kHashesMax) hashes_.clear();
    Array numbers(Type::Int8);
    for (int row = 0; row < rows.size(); ++row) {
      // Without a name it hashes to nothing.
      if (hashes_.emplace(rows.count(row, column), 0).second) {
        numbers.add(rows.count(row, column));
      }
    }
    if (numbers.size() == 0) return {};
    Parameters parameters;
    parameters.add(numbers);
    auto names =
        check_.connection.run(sql_.c_str(), parameters,
                              std::chrono::steady_clock::now() + check_.options.statement_timeout);
    if (!names) return names.error();
    for (int row = 0; row < names->size(); ++row) {
      hashes_[names->count(row, 0)] = hash_bytes(names->bytes(row, 1));
    }
    return {};
  }
  std::uint64_t operator[](std::uint64_t number) const { return hashes_.at(number); }

 private:
  static constexpr std::size_t kHashesMax = 1'000'000;

  const LogCheck& check_;
  const std::string sql_;
  std::unordered_map<std::uint64_t, std::uint64_t> hashes_;
};

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

// Adds the events of `rows` to their batches and checks those that end in them.
Result<void> add_events(const Rows& rows, ChecksumScan& scan, const NameHashes& streams,
                        const NameHashes& types, std::optional<Batch>& batch) {
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.count(row, kLogOrdinal) == 0) {
      if (batch) {
        if (auto checked = batch->check(); !checked) return checked;
      }
      batch.emplace(Batch{.sum = BatchChecksum(batch_of(rows, row)),
                          .first = {rows.count(row, kLogPosition)},
                          .checksum = rows.count(row, kChecksum)});
    }
    if (!batch) continue;
    auto payload = scan.payload(rows, row);
    if (!payload) return payload.error();
    batch->sum.add({.stream_hash = streams[rows.count(row, kLogStream)],
                    .type_hash = types[rows.count(row, kLogType)],
                    .schema_version = rows.count(row, kLogSchemaVersion),
                    .payload = *payload,
                    .headers = rows.bytes(row, kLogHeaders)});
  }
  return {};
}

}  // namespace

Result<void> check_checksums(const LogCheck& check, Position after, Position until) {
  ChecksumScan scan(check);
  NameHashes streams(check, sql::read_stream_names);
  NameHashes types(check, sql::read_type_names);
  std::optional<Batch> batch;
  while (after < until) {
    auto rows = scan.next(after, until);
    if (!rows) return rows.error();
    if (rows->size() == 0) break;
    if (auto learned = streams.learn(*rows, kLogStream); !learned) return learned;
    if (auto learned = types.learn(*rows, kLogType); !learned) return learned;
    if (auto added = add_events(*rows, scan, streams, types, batch); !added) return added;
    after = {rows->count(rows->size() - 1, kLogPosition)};
  }
  return batch ? batch->check() : Result<void>();
}

}  // namespace eventcore::postgres
