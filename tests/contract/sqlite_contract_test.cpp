#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "eventcore/sqlite_store.hpp"
#include "eventcore/testing/store_contract.hpp"

namespace eventcore::testing {
namespace {

// A folder of its own for each clause.
class SqliteFixture final : public StoreFixture {
 public:
  explicit SqliteFixture(std::size_t heads_cached_max) : heads_cached_max_(heads_cached_max) {
    std::string name = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~SqliteFixture() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<EventStore>> open(const StoreSettings& settings) override {
    return open_sqlite_store({.path = folder_ / "contract.db",
                              .durability = Durability::Normal,
                              .heads_cached_max = heads_cached_max_,
                              .clock = settings.clock,
                              .probe = settings.probe});
  }

 private:
  const std::size_t heads_cached_max_;
  std::filesystem::path folder_;
};

constexpr StoreTraits kTraits{.persistent = true, .queues_appends = true};

[[maybe_unused]] const std::size_t kClauses = register_store_contract(
    "Sqlite", [] { return std::make_unique<SqliteFixture>(1'000'000); }, kTraits);

// The same with so few heads in memory that most are looked up in the file.
[[maybe_unused]] const std::size_t kClausesWithFewHeads = register_store_contract(
    "SqliteWithFewHeads", [] { return std::make_unique<SqliteFixture>(4); }, kTraits);

}  // namespace
}  // namespace eventcore::testing
