// A projection: what was sold, in a SQLite file of its own that also holds how far the log is
// counted. No crash parts the two, and of all processes that run it one leads.

#include <sqlite3.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "eventcore/json.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/sqlite_read_model.hpp"
#include "eventcore/sqlite_store.hpp"

using namespace eventcore;
namespace fs = std::filesystem;

struct Sold {
  std::string product;
  std::int64_t quantity = 0;
  static constexpr auto describe() {
    return describe_event("sold", 1, field("product", &Sold::product),
                          field("quantity", &Sold::quantity));
  }
};

class SoldByProduct final : public TypedProjector<std::variant<Sold>> {
 public:
  explicit SoldByProduct(std::unique_ptr<SqliteReadModel> model)
      : TypedProjector({.name = "sold_by_product"}), model_(std::move(model)) {}

  ReadModel* read_model() noexcept override { return model_.get(); }
  Result<void> reset(Position, const ProjectionContext&) override {
    return model_->execute("DELETE FROM sold");
  }

 protected:
  // Within the transaction that also stores the position.
  Result<void> apply_event(const Events& event, const StoredEvent&,
                           const ProjectionContext&) override {
    const Sold& sold = std::get<Sold>(event);
    if (sold.quantity <= 0) return make_error(ErrorCode::InvalidArgument, "nothing was sold");
    sqlite3_stmt* add = nullptr;
    sqlite3_prepare_v2(model_->handle(),
                       "INSERT INTO sold VALUES (?1, ?2) ON CONFLICT (product) "
                       "DO UPDATE SET quantity = quantity + ?2",
                       -1, &add, nullptr);
    sqlite3_bind_text(add, 1, sold.product.data(), static_cast<int>(sold.product.size()),
                      SQLITE_STATIC);
    sqlite3_bind_int64(add, 2, sold.quantity);
    sqlite3_step(add);
    return sqlite3_finalize(add) == SQLITE_OK ? Result<void>() : model_->error("can't count");
  }

 private:
  const std::unique_ptr<SqliteReadModel> model_;
};

// What others do who read the model: over a connection of their own.
void print(const fs::path& file) {
  sqlite3* database = nullptr;
  sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
  const auto print_row = [](void*, int, char** values, char**) {
    std::cout << values[0] << ' ' << values[1] << '\n';
    return 0;
  };
  sqlite3_exec(database, "SELECT * FROM sold ORDER BY product", print_row, nullptr, nullptr);
  sqlite3_close(database);
}

Result<void> run(const fs::path& folder) {
  const Result<std::unique_ptr<EventStore>> store = open_sqlite_store({.path = folder / "log.db"});
  if (!store) return store.error();
  Result<std::unique_ptr<SqliteReadModel>> model = SqliteReadModel::open(
      {.path = folder / "sold.db",
       .name = "sold_by_product",
       .schema = "CREATE TABLE IF NOT EXISTS sold (product TEXT PRIMARY KEY, quantity INTEGER)"});
  if (!model) return model.error();
  ProjectionRunnerOptions options;
  options.failure = {.attempts = 1, .then = FailurePolicy::Then::DeadLetter};
  const Result<std::unique_ptr<ProjectionRunner>> runner =
      ProjectionRunner::open(**store, std::make_shared<SoldByProduct>(*std::move(model)), options);
  if (!runner) return runner.error();
  (*runner)->start();

  Position last;
  for (const Sold& sold : std::vector<Sold>{{"tea", 2}, {"cup", -1}, {"tea", 3}, {"cup", 4}}) {
    const EventToWrite event{StreamId::literal("sales"), "sold", to_json(sold).value()};
    const Result<WriteResult> written = (*store)->write_events({&event, 1});
    if (!written) return written.error();
    last = written->last;
  }
  if (Result<void> waited = (*runner)->wait_for(last, Deadline::after(std::chrono::seconds(30)));
      !waited) {
    return waited;
  }
  print(folder / "sold.db");
  const auto letters = (*store)->projections().list_dead_letters({});
  if (!letters) return letters.error();
  for (const DeadLetter& letter : *letters) {
    std::cout << "left out: position " << letter.position.value << ", " << letter.message << '\n';
  }
  return (*runner)->stop();
}

int main() {
  std::string folder = (fs::temp_directory_path() / "projection_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const Result<void> result = run(folder);
  if (!result) std::cout << describe(result.error()) << '\n';
  fs::remove_all(folder);
}
