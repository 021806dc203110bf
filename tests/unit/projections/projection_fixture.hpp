#pragma once

// A store of each kind, and projectors that remember what they were given.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/postgres_store.hpp"
#include "eventcore/projection_lag.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/sqlite_store.hpp"
#include "postgres_schema.hpp"

namespace eventcore {

struct Counted {
  std::int64_t number = 0;
  static constexpr auto describe() {
    return describe_event("counted", 1, field("number", &Counted::number));
  }
};

// Long enough that a test which has to wait for it is a test that fails.
inline Deadline patience() { return Deadline::after(std::chrono::seconds{40}); }

/// Waits for what another thread does.
inline bool eventually(const std::function<bool()>& holds) {
  const Deadline end = patience();
  while (!holds()) {
    if (end.expired(system_clock())) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

/// Remembers positions. `fails(position)` says with which error an event fails, if it does.
class Recorder : public EventProjector {
 public:
  using Fails = std::function<Result<void>(Position)>;

  explicit Recorder(ProjectorDescription description = {.name = "recorder"}, Fails fails = {})
      : EventProjector(std::move(description)), fails_(std::move(fails)) {}

  [[nodiscard]] std::vector<std::uint64_t> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  Result<void> reset(Position, const ProjectionContext&) override {
    const std::lock_guard lock(mutex_);
    seen_.clear();
    return {};
  }

 protected:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext&) override {
    if (fails_) {
      if (auto failed = fails_(event.position); !failed) return failed;
    }
    const std::lock_guard lock(mutex_);
    seen_.push_back(event.position.value);
    return {};
  }

 private:
  const Fails fails_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> seen_;
};

/// Fails with `code` at `position`, `times` times.
inline Recorder::Fails fails_at(std::uint64_t position, int times,
                                ErrorCode code = ErrorCode::HandlerFailed) {
  auto left = std::make_shared<std::atomic<int>>(times);
  return [=](Position at) -> Result<void> {
    if (at.value != position || left->fetch_sub(1) <= 0) return {};
    return make_error(code, "it does not want this one");
  };
}

enum class StoreKind { Memory, Sqlite, Postgres };

/// A test that runs on each kind of store.
class OnEachStore : public ::testing::TestWithParam<StoreKind> {
 protected:
  OnEachStore() {
    std::string name = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
    store_ = open();
  }
  ~OnEachStore() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::unique_ptr<EventStore> open(const Clock* clock = &system_clock()) const {
    if (GetParam() == StoreKind::Memory) return open_memory_store({.clock = clock});
    if (GetParam() == StoreKind::Postgres) {
      auto store = open_postgres_store({.conninfo = testing::PostgresSchema::conninfo(),
                                        .schema = schema_.name(),
                                        .clock = clock});
      EXPECT_TRUE(store) << describe(store.error());
      return store ? std::move(*store) : nullptr;
    }
    auto store = open_sqlite_store({.path = folder_ / "store.db",
                                    .durability = Durability::Off,
                                    .reader_threads = 1,
                                    .clock = clock});
    EXPECT_TRUE(store) << describe(store.error());
    return store ? std::move(*store) : nullptr;
  }

  /// Writes `count` events in batches of up to 100.
  static void write(EventStore& store, std::uint64_t count, std::string_view type = "counted",
                    std::string_view payload = R"({"number":1})") {
    while (count > 0) {
      const std::uint64_t now = std::min<std::uint64_t>(count, 100);
      const EventToWrite event{StreamId::literal("numbers-1"), std::string(type),
                               std::string(payload)};
      const std::vector<EventToWrite> events(now, event);
      const auto written = store.write_events(events);
      ASSERT_TRUE(written) << describe(written.error());
      count -= now;
    }
  }
  void write(std::uint64_t count) { write(*store_, count); }

  /// Begins with another, empty store.
  void start_over() {
    store_.reset();
    if (GetParam() == StoreKind::Postgres) {
      testing::PostgresConnection(testing::PostgresSchema::conninfo())
          .run("DROP SCHEMA " + schema_.quoted() + " CASCADE");
    }
    for (const char* file : {"store.db", "store.db-wal", "store.db-shm", "store.db-writers"}) {
      std::filesystem::remove(folder_ / file);
    }
    store_ = open();
  }

  [[nodiscard]] ProjectionStorage& storage() { return store_->projections(); }
  [[nodiscard]] ProjectionRecord record(std::string_view name = "recorder") {
    const auto found = storage().load(name);
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : ProjectionRecord{};
  }
  [[nodiscard]] std::unique_ptr<ProjectionRunner> run(std::shared_ptr<Projector> projector,
                                                      ProjectionRunnerOptions options = {}) {
    auto runner = ProjectionRunner::open(*store_, std::move(projector), std::move(options));
    EXPECT_TRUE(runner) << describe(runner.error());
    return runner ? std::move(*runner) : nullptr;
  }

  std::filesystem::path folder_;
  const testing::PostgresSchema schema_;  // before the store, which is closed first
  std::unique_ptr<EventStore> store_;
};

/// Options with which nothing waits long.
inline ProjectionRunnerOptions brisk() {
  ProjectionRunnerOptions options;
  options.failure.pause_first = std::chrono::milliseconds{1};
  options.failure.pause_max = std::chrono::milliseconds{4};
  options.failure.attempts = 3;
  options.request_poll = std::chrono::milliseconds{10};
  options.idle_time = std::chrono::milliseconds{20};
  options.store_pause_first = std::chrono::milliseconds{1};
  options.store_pause_max = std::chrono::milliseconds{4};
  options.batch_events = 100;
  return options;
}
inline ProjectionRunnerOptions brisk_with_letters() {
  ProjectionRunnerOptions options = brisk();
  options.failure.then = FailurePolicy::Then::DeadLetter;
  return options;
}

/// 1 to `last`, without `missing`.
inline std::vector<std::uint64_t> positions_to(std::uint64_t last,
                                               std::vector<std::uint64_t> missing = {}) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 1; i <= last; ++i) {
    if (std::find(missing.begin(), missing.end(), i) == missing.end()) all.push_back(i);
  }
  return all;
}

inline auto each_store() {
  return ::testing::Values(StoreKind::Memory, StoreKind::Sqlite, StoreKind::Postgres);
}
inline std::string store_name(const ::testing::TestParamInfo<StoreKind>& info) {
  switch (info.param) {
    case StoreKind::Memory:
      return "Memory";
    case StoreKind::Sqlite:
      return "Sqlite";
    case StoreKind::Postgres:
      break;
  }
  return "Postgres";
}

}  // namespace eventcore
