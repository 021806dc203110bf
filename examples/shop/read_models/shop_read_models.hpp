#pragma once

/// \file
/// `ShopReadModels`: the shop's projections, and who runs them.

#include <memory>
#include <utility>
#include <vector>

#include <eventcore/event_store.hpp>
#include <eventcore/projection_runner.hpp>

#include "read_models/read_database.hpp"
#include "read_models/read_model_place.hpp"

namespace shop {

/// One projection: who writes its tables, and who reads them. Thread-safety: Thread-safe.
class ShopReadModel {
 public:
  ShopReadModel(std::unique_ptr<eventcore::ProjectionRunner> runner,
                std::unique_ptr<ReadDatabase> database);

  /// What is in it now, or as soon as it has every event up to `after`. Errors: DeadlineExceeded,
  /// Cancelled (stopped), HandlerFailed (the projection stopped at a failure), Unavailable.
  [[nodiscard]] eventcore::Result<ReadSnapshot> read(eventcore::Position after,
                                                     eventcore::Deadline deadline);
  [[nodiscard]] eventcore::ProjectionRunner& runner() noexcept { return *runner_; }

 private:
  std::unique_ptr<eventcore::ProjectionRunner> runner_;
  std::unique_ptr<ReadDatabase> database_;
};

/// Thread-safety: Thread-safe. Ownership: the store must outlive it.
class ShopReadModels {
 public:
  /// Errors: those of `ReadModelPlace::open_tables`.
  [[nodiscard]] static eventcore::Result<std::unique_ptr<ShopReadModels>> open(
      eventcore::EventStore& store, std::unique_ptr<ReadModelPlace> place,
      const eventcore::ProjectionRunnerOptions& options = {});

  void start();
  /// Errors: DeadlineExceeded.
  [[nodiscard]] eventcore::Result<void> stop(eventcore::Deadline deadline);

  [[nodiscard]] ShopReadModel& customer_orders() noexcept { return *models_[0]; }
  [[nodiscard]] ShopReadModel& stock_levels() noexcept { return *models_[1]; }
  [[nodiscard]] ShopReadModel& daily_revenue() noexcept { return *models_[2]; }
  [[nodiscard]] const std::vector<std::unique_ptr<ShopReadModel>>& all() noexcept {
    return models_;
  }

 private:
  explicit ShopReadModels(std::unique_ptr<ReadModelPlace> place) : place_(std::move(place)) {}

  std::unique_ptr<ReadModelPlace> place_;  // first: what is in it is closed before it goes
  std::vector<std::unique_ptr<ShopReadModel>> models_;
};

}  // namespace shop
