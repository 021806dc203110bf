#include "read_models/shop_read_models.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "read_models/customer_orders.hpp"
#include "read_models/daily_revenue.hpp"
#include "read_models/stock_levels.hpp"

namespace shop {

namespace {

using eventcore::Deadline;
using eventcore::Result;

constexpr std::chrono::milliseconds kPollOfTables{10};

template <class P>
Result<std::unique_ptr<ShopReadModel>> open_model(
    eventcore::EventStore& store, ReadModelPlace& place,
    const eventcore::ProjectionRunnerOptions& options) {
  std::string key(P::kName.view());
  if (!place.instance().empty()) key += "." + place.instance();
  auto tables = place.open_tables(key, P::kSchema);
  if (!tables) return tables.error();
  auto projector = P::create(place.instance(), *std::move(tables));
  if (!projector) return projector.error();
  auto runner = eventcore::ProjectionRunner::open(store, *std::move(projector), options);
  if (!runner) return runner.error();
  return std::make_unique<ShopReadModel>(*std::move(runner), place.open_reads(key));
}

}  // namespace

ShopReadModel::ShopReadModel(std::unique_ptr<eventcore::ProjectionRunner> runner,
                             std::unique_ptr<ReadDatabase> database)
    : runner_(std::move(runner)), database_(std::move(database)) {}

Result<ReadSnapshot> ShopReadModel::read(eventcore::Position after, Deadline deadline) {
  if (after.value == 0) return database_->snapshot();
  for (;;) {
    if (auto waited = runner_->wait_for(after, deadline); !waited) return waited.error();
    auto snapshot = database_->snapshot();
    // A leader goes past events that its projection does not want without a write each. Where
    // another process leads, or nobody yet, the store's checkpoint may be that of tables that were
    // deleted or lost their end: only they themselves say how far they are.
    if (!snapshot || snapshot->position() >= after || runner_->status().leader) return snapshot;
    if (deadline.expired(eventcore::system_clock())) {
      return eventcore::make_error(eventcore::ErrorCode::DeadlineExceeded,
                                   "the read model has not come that far");
    }
    std::this_thread::sleep_for(kPollOfTables);
  }
}

Result<std::unique_ptr<ShopReadModels>> ShopReadModels::open(
    eventcore::EventStore& store, std::unique_ptr<ReadModelPlace> place,
    const eventcore::ProjectionRunnerOptions& options) {
  std::unique_ptr<ShopReadModels> models(new ShopReadModels(std::move(place)));
  for (const auto open :
       {open_model<CustomerOrders>, open_model<StockLevels>, open_model<DailyRevenue>}) {
    auto model = open(store, *models->place_, options);
    if (!model) return model.error();
    models->models_.push_back(*std::move(model));
  }
  return models;
}

void ShopReadModels::start() {
  for (const auto& model : models_) model->runner().start();
}

Result<void> ShopReadModels::stop(Deadline deadline) {
  Result<void> all;
  for (const auto& model : models_) {
    if (auto stopped = model->runner().stop(deadline); !stopped) all = stopped;
  }
  return all;
}

}  // namespace shop
