#include "eventcore/postgres_store.hpp"

#include <atomic>
#include <utility>

#include "administration.hpp"
#include "head_listener.hpp"
#include "projections.hpp"
#include "reader_pool.hpp"
#include "store_state.hpp"
#include "writer_thread.hpp"

namespace eventcore {
namespace postgres {
namespace {

// Where the store is, as libpq understood it: hosts, ports, database and schema, never a user.
std::string location_of(const PostgresStoreOptions& options) {
  PQconninfoOption* parsed = PQconninfoParse(options.conninfo.c_str(), nullptr);
  std::string hosts;
  std::string ports;
  std::string database;
  for (const PQconninfoOption* option = parsed; option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host") hosts = option->val;
    if (keyword == "port") ports = option->val;
    if (keyword == "dbname") database = option->val;
  }
  PQconninfoFree(parsed);
  return "postgres://" + hosts + (ports.empty() ? "" : ":" + ports) + "/" + database +
         "?schema=" + options.schema;
}

class PostgresStore final : public EventStore {
 public:
  explicit PostgresStore(PostgresStoreOptions options)
      : state_(std::move(options)),
        description_{.backend = "postgres",
                     .durability = std::string(to_string(state_.options.durability)),
                     .location = location_of(state_.options)},
        listener_(state_),
        writer_(state_, [this](Position head) { listener_.publish(head); }),
        readers_(state_),
        administration_(state_, readers_,
                        [this](WriteBatch& batch, Position first, Timestamp time) {
                          return writer_.import_batch(batch, first, time);
                        }),
        projections_(state_) {}
  ~PostgresStore() override { ignore_error(close({}), "who wants to know closes before"); }

  Result<void> open() {
    if (auto opened = writer_.open(); !opened) return opened;
    if (auto started = readers_.start(); !started) return started;
    listener_.start();
    if (!state_.options.read_only) writer_.start();
    return {};
  }

  void submit_append(AppendOperation& operation) override { writer_.submit(operation); }
  void submit_read(ReadOperation& operation) override { readers_.submit(operation); }

  Position head() const noexcept override { return state_.head(); }
  HeadWatcher& head_watcher() noexcept override { return listener_; }
  const StoreDescription& description() const noexcept override { return description_; }
  StoreAdministration& administration() noexcept override { return administration_; }
  ProjectionStorage& projections() noexcept override { return projections_; }

  Result<void> close(Deadline deadline) override {
    writer_.refuse_more();
    state_.signal.close();
    if (auto closed = readers_.close(deadline); !closed) return closed;
    if (auto closed = administration_.close(deadline); !closed) return closed;
    projections_.close();
    if (auto closed = writer_.close(deadline); !closed) return closed;
    return listener_.close(deadline);
  }

 private:
  StoreState state_;
  const StoreDescription description_;
  HeadListener listener_;
  WriterThread writer_;
  ReaderPool readers_;
  Administration administration_;
  Projections projections_;
};

Result<void> check_options(const PostgresStoreOptions& options) {
  if (options.schema.empty() || options.schema.size() > 63) {
    return make_error(ErrorCode::InvalidArgument, "a schema has a name of 1 to 63 bytes");
  }
  if (options.readers_max == 0) {
    return make_error(ErrorCode::InvalidArgument, "readers_max is at least 1");
  }
  return {};
}

}  // namespace
}  // namespace postgres

Result<std::unique_ptr<EventStore>> open_postgres_store(PostgresStoreOptions options) {
  if (auto checked = postgres::check_options(options); !checked) return checked.error();
  auto store = std::make_unique<postgres::PostgresStore>(std::move(options));
  if (auto opened = store->open(); !opened) return opened.error();
  return std::unique_ptr<EventStore>(std::move(store));
}

}  // namespace eventcore
