#pragma once

// `ProjectionTally`: counts in a SQLite read model how often each event was applied.

#include <functional>
#include <memory>
#include <string>

#include "eventcore/projection_runner.hpp"
#include "eventcore/read_model.hpp"
#include "eventcore/sqlite_read_model.hpp"

namespace eventcore::crash {

/// Thread-safety: that of a projector. It is its own read model, around the real one.
class ProjectionTally final : public Projector, private ReadModel {
 public:
  /// Null if the file can't be opened.
  static std::shared_ptr<ProjectionTally> open(const std::string& path) {
    auto model = SqliteReadModel::open(
        {.path = path,
         .name = "tally",
         .schema = "CREATE TABLE IF NOT EXISTS seen (position INTEGER PRIMARY KEY, times INTEGER)",
         .durability = Durability::Full});
    if (!model) return nullptr;
    return std::shared_ptr<ProjectionTally>(new ProjectionTally(std::move(*model)));
  }

  ReadModel* read_model() noexcept override { return this; }
  Result<void> apply(std::span<const StoredEvent> events, const ProjectionContext&) override {
    for (const StoredEvent& event : events) {
      auto counted =
          model_->execute("INSERT INTO seen VALUES (" + std::to_string(event.position.value) +
                          ", 1) ON CONFLICT DO UPDATE SET times = times + 1");
      if (!counted) return counted;
    }
    if (in_apply) in_apply();
    return {};
  }

  std::function<void()> in_apply;
  std::function<void()> after_commit;

 private:
  explicit ProjectionTally(std::unique_ptr<SqliteReadModel> model)
      : Projector({.name = "tally"}), model_(std::move(model)) {}

  Result<ReadModelCheckpoint> begin(const ReadModelWriter& writer) override {
    return model_->begin(writer);
  }
  Result<void> commit(Position position) override {
    auto committed = model_->commit(position);
    if (committed && after_commit) after_commit();
    return committed;
  }
  void roll_back() noexcept override { model_->roll_back(); }

  const std::unique_ptr<SqliteReadModel> model_;
};

/// Options with which nothing waits long.
inline ProjectionRunnerOptions brisk_options() {
  ProjectionRunnerOptions options;
  options.batch_events = 20;
  options.request_poll = std::chrono::milliseconds{20};
  options.store_pause_first = std::chrono::milliseconds{1};
  options.store_pause_max = std::chrono::milliseconds{20};
  return options;
}

}  // namespace eventcore::crash
