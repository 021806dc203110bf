// How fast do projections follow the log?

#include <sqlite3.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "comparisons.hpp"
#include "eventcore/postgres_store.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/sqlite_read_model.hpp"
#include "scratch_server.hpp"
#include "scratch_store.hpp"

namespace eventcore::bench {

namespace {

constexpr std::uint64_t kEvents = 1'000'000;
constexpr std::uint64_t kModelled = 200'000;

using RecordedEvents = std::variant<Recorded>;

/// Sums up every event, decoded.
class Counting final : public TypedProjector<RecordedEvents> {
 public:
  explicit Counting(FixedName name = "counting") : TypedProjector({.name = name}) {}

  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

 private:
  Result<void> apply_event(const RecordedEvents& event, const StoredEvent&,
                           const ProjectionContext&) override {
    total_ += std::get<Recorded>(event).quantity;
    ++events_;
    return {};
  }

  std::int64_t total_ = 0;
  std::uint64_t events_ = 0;
};

/// One statement an event, in the transaction that holds the checkpoint.
class Tallying final : public TypedProjector<RecordedEvents> {
 public:
  explicit Tallying(const std::filesystem::path& path) : TypedProjector({.name = "tallying"}) {
    auto model = SqliteReadModel::open(
        {.path = path,
         .name = key(),
         .schema = "CREATE TABLE IF NOT EXISTS tally (stream TEXT PRIMARY KEY, total INTEGER NOT "
                   "NULL) WITHOUT ROWID"});
    if (!model) give_up(describe(model.error()));
    model_ = *std::move(model);
    const char* sql =
        "INSERT INTO tally VALUES (?1, ?2) "
        "ON CONFLICT (stream) DO UPDATE SET total = total + excluded.total";
    if (sqlite3_prepare_v2(model_->handle(), sql, -1, &statement_, nullptr) != SQLITE_OK) {
      give_up("the statement of the read model is wrong");
    }
  }
  ~Tallying() override { sqlite3_finalize(statement_); }
  ReadModel* read_model() noexcept override { return model_.get(); }

 private:
  Result<void> apply_event(const RecordedEvents& event, const StoredEvent& stored,
                           const ProjectionContext&) override {
    sqlite3_bind_text(statement_, 1, stored.stream.data(), static_cast<int>(stored.stream.size()),
                      SQLITE_STATIC);
    sqlite3_bind_int64(statement_, 2, std::get<Recorded>(event).quantity);
    const int stepped = sqlite3_step(statement_);
    sqlite3_reset(statement_);
    if (stepped != SQLITE_DONE) return model_->error("can't count");
    return {};
  }

  std::unique_ptr<SqliteReadModel> model_;
  sqlite3_stmt* statement_ = nullptr;
};

/// An event of which there is one in the whole log.
struct Rare {
  std::int64_t quantity = 0;
  static constexpr auto describe() {
    return describe_event("rare", 1, field("quantity", &Rare::quantity));
  }
};

class Collecting final : public TypedProjector<std::variant<Rare>> {
 public:
  Collecting() : TypedProjector({.name = "collecting"}) {}

 private:
  Result<void> apply_event(const std::variant<Rare>&, const StoredEvent&,
                           const ProjectionContext&) override {
    return {};
  }
};

double since(Instant start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void append_rare(EventStore& store) {
  const EventToWrite event{.stream = StreamId::parse("rare-1").value(),
                           .type = "rare",
                           .payload = *to_json(Rare{1}),
                           .headers = {},
                           .expected = ExpectedVersion::any()};
  const Result<WriteResult> written = store.write_events({&event, 1});
  if (!written) give_up(describe(written.error()));
}

/// What all turns read: many events, a rare one before them and one behind.
class Log {
 public:
  explicit Log(const Effort& effort) : folder_(effort.folder) {}

  std::unique_ptr<EventStore> open() {
    const bool is_new = !std::filesystem::exists(folder_.file());
    std::unique_ptr<EventStore> store = open_scratch(folder_.file());
    if (is_new) {
      append_rare(*store);
      fill_store(*store, stream_ids("account-", 10'000), kEvents);
      append_rare(*store);
    }
    return store;
  }

 private:
  ScratchFolder folder_;
};

/// Seconds until `projector`, new to the log, has caught up.
double seconds_to_drain(EventStore& store, std::shared_ptr<Projector> projector) {
  ignore_error(store.projections().remove(projector->key()), "it may be its first time");
  auto runner = ProjectionRunner::open(store, std::move(projector));
  if (!runner) give_up(describe(runner.error()));
  const Instant start = std::chrono::steady_clock::now();
  const Result<void> drained = (*runner)->drain();
  if (!drained) give_up(describe(drained.error()));
  return since(start);
}

double count_events(Log& log) {
  const std::unique_ptr<EventStore> store = log.open();
  const auto projector = std::make_shared<Counting>();
  const double seconds = seconds_to_drain(*store, projector);
  if (projector->events() != kEvents) give_up("the projection is not complete");
  return static_cast<double>(kEvents) / seconds;
}

double tally_events(const Effort& effort) {
  const ScratchFolder folder(effort.folder);
  const std::unique_ptr<EventStore> store = open_scratch(folder.file());
  fill_store(*store, stream_ids("account-", 10'000), kModelled);
  const auto projector = std::make_shared<Tallying>(folder.file().parent_path() / "model.db");
  return static_cast<double>(kModelled) / seconds_to_drain(*store, projector);
}

/// Once the file is in the page cache, as it is for who has just written it.
double pass_foreign_events(Log& log) {
  const std::unique_ptr<EventStore> store = log.open();
  static_cast<void>(seconds_to_drain(*store, std::make_shared<Collecting>()));
  return 1 / seconds_to_drain(*store, std::make_shared<Collecting>());
}

/// 1 ÷ the 99th percentile from a commit's answer to the application of its event, while commands
/// come at `rate` a second.
double follow_commands(EventStore& store, double rate, double seconds) {
  auto runner = ProjectionRunner::open(store, std::make_shared<Counting>(FixedName("following")));
  if (!runner) give_up(describe(runner.error()));
  (*runner)->start();
  if (auto drained = (*runner)->drain(); !drained) give_up(describe(drained.error()));
  CommandExecutor executor(store);
  const std::vector<StreamId>& ids = stream_ids("account-", 10'000);
  std::vector<double> delays;
  const auto commands = static_cast<std::uint64_t>(rate * seconds);
  const Instant start = std::chrono::steady_clock::now();
  std::mt19937_64 random(1);
  const NextTwo next = uniform_pairs(ids);
  for (std::uint64_t i = 0; i < commands; ++i) {
    std::this_thread::sleep_until(start + std::chrono::nanoseconds(static_cast<std::int64_t>(
                                              static_cast<double>(i) / rate * 1e9)));
    const auto result = executor.execute(next(random));
    if (!result) give_up(describe(result.error()));
    const Instant committed = std::chrono::steady_clock::now();
    const Result<void> applied =
        (*runner)->wait_for(result->position(), Deadline::after(std::chrono::seconds(30)));
    if (!applied) give_up(describe(applied.error()));
    delays.push_back(since(committed));
  }
  if (auto stopped = (*runner)->stop(); !stopped) give_up(describe(stopped.error()));
  const auto p99 = delays.begin() + static_cast<std::ptrdiff_t>(delays.size() * 99 / 100);
  std::nth_element(delays.begin(), p99, delays.end());
  return 1 / *p99;
}

}  // namespace

std::vector<Comparison> projection_comparisons(const Effort& effort) {
  const auto log = std::make_shared<Log>(effort);
  const auto server = std::make_shared<ScratchServer>(effort);
  return {
      {"projections, sqlite, counting",
       "how fast does a projector get through the log?",
       {"TypedProjector", [log] { return count_events(*log); }},
       costs(1'000),
       1},
      {"projections, sqlite read model",
       "and with a statement an event, checkpoint in the same transaction?",
       {"SqliteReadModel", [effort] { return tally_events(effort); }},
       costs(10'000),
       1},
      {"projections, sqlite, rare type",
       "how soon is a projector of rare events behind a million others?",
       {"zones", [log] { return pass_foreign_events(*log); }},
       costs(1'000'000),
       1},
      {"projections, sqlite, p99 of 1,000 commands/s",
       "how soon is a commit applied?",
       {"commit to applied",
        [log, effort] { return follow_commands(*log->open(), 1'000, effort.seconds); }},
       costs(20'000'000),
       1},
      {"projections, postgres, p99 of 1,000 commands/s",
       "and on PostgreSQL?",
       {"commit to applied",
        [server, effort] {
          PostgresStoreOptions options;
          options.conninfo = server->copy_of("followed", [](const std::string&) {});
          auto store = open_postgres_store(options);
          if (!store) give_up(describe(store.error()));
          return follow_commands(**store, 1'000, effort.seconds);
        }},
       costs(20'000'000),
       1},
  };
}

}  // namespace eventcore::bench
