#include "read_models/read_model_folder.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include <eventcore/sqlite_read_model.hpp>

#include "read_models/sqlite_read_database.hpp"

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;

/// FNV-1a, which is the same everywhere and for ever.
std::string hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

std::string host_name() {
  std::array<char, 256> name{};
  // A name that is cut is as good.
  static_cast<void>(gethostname(name.data(), name.size() - 1));
  return name.data();
}

class SqliteTables final : public Tables {
 public:
  explicit SqliteTables(std::unique_ptr<eventcore::SqliteReadModel> model)
      : model_(std::move(model)) {}
  eventcore::ReadModel& read_model() noexcept override { return *model_; }
  eventcore::Result<void> execute(std::string_view sql) override {
    return model_->execute(sqlite_sql(sql));
  }
  eventcore::Result<Statement> prepare(std::string_view sql) override {
    return SqliteStatement::prepare(model_->handle(), sql);
  }

 private:
  const std::unique_ptr<eventcore::SqliteReadModel> model_;
};

}  // namespace

eventcore::Result<std::unique_ptr<Tables>> ReadModelFolder::open_tables(const std::string& key,
                                                                        std::string_view schema) {
  auto model = eventcore::SqliteReadModel::open(
      {.path = file(key), .name = key, .schema = sqlite_sql(schema)});
  if (!model) return model.error();
  return std::unique_ptr<Tables>(std::make_unique<SqliteTables>(*std::move(model)));
}

std::unique_ptr<ReadDatabase> ReadModelFolder::open_reads(const std::string& key) {
  return std::make_unique<SqliteReadDatabase>(file(key), key);
}

ReadModelFolder::ReadModelFolder(std::filesystem::path path, bool is_temporary)
    : path_(std::move(path)),
      instance_(hash_text(host_name() + '\n' + path_.string())),
      is_temporary_(is_temporary) {}

eventcore::Result<ReadModelFolder> ReadModelFolder::open(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) {
    std::filesystem::path real = std::filesystem::canonical(path, error);
    if (!error) return ReadModelFolder(std::move(real), false);
  }
  return make_error(ErrorCode::Unavailable, path.string() + ": " + error.message());
}

eventcore::Result<ReadModelFolder> ReadModelFolder::temporary() {
  std::error_code error;
  const std::filesystem::path place = std::filesystem::temp_directory_path(error);
  if (error) return make_error(ErrorCode::Unavailable, "temporary folder: " + error.message());
  std::string name = (place / "eventcore-shop-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    error = std::error_code(errno, std::generic_category());
    return make_error(ErrorCode::Unavailable, name + ": " + error.message());
  }
  return ReadModelFolder(name, true);
}

ReadModelFolder::ReadModelFolder(ReadModelFolder&& other) noexcept
    : path_(std::move(other.path_)),
      instance_(std::move(other.instance_)),
      is_temporary_(std::exchange(other.is_temporary_, false)) {}

ReadModelFolder::~ReadModelFolder() {
  std::error_code ignored;
  if (is_temporary_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace shop
