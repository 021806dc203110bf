#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "../projection_text.hpp"
#include "../time_text.hpp"
#include "eventcore/projection_lag.hpp"
#include "eventcore/store_administration.hpp"
#include "top_look.hpp"

namespace eventcore::cli {
namespace {

class StoreSource final : public TopSource {
 public:
  explicit StoreSource(EventStore& store) : store_(store) {}

  Result<TopLook> look(const std::stop_token&) override {
    const Result<StoreStats> stats = store_.administration().stats();
    if (!stats) return stats.error();
    const auto records = store_.projections().list();
    if (!records) return records.error();
    const Instant at = system_clock().now();
    const Timestamp now = system_clock().wall();
    const double seconds = std::chrono::duration<double>(at - before_at_).count();
    TopLook look{.time = short_time(now)};
    StoreFigures figures{.head = static_cast<double>(stats->head.value),
                         .streams = static_cast<double>(stats->streams),
                         .size_bytes = static_cast<double>(stats->size_bytes)};
    if (has_before_) figures.events_per_second = (figures.head - head_before_) / seconds;
    look.store = figures;
    for (const ProjectionRecord& record : *records) {
      auto row = row_of(record, now, seconds);
      if (!row) return row.error();
      look.projections.push_back(*std::move(row));
    }
    head_before_ = figures.head;
    before_at_ = at;
    has_before_ = true;
    return look;
  }

  std::string title() const override { return store_.description().location; }

 private:
  Result<ProjectionRow> row_of(const ProjectionRecord& record, Timestamp now, double seconds) {
    const auto lag = projection_lag(store_, record.name);
    if (!lag) return lag.error();
    const auto position = static_cast<double>(record.position.value);
    const std::string asked = request_text(record);
    ProjectionRow row{.name = record.name,
                      .state = asked == "-" ? std::string(lease_state(record.lease, now)) : asked,
                      .lag_seconds = std::chrono::duration<double>(lag->age).count(),
                      .lag_events = static_cast<double>(lag->events),
                      .dead_letters = static_cast<double>(record.dead_letters),
                      .position = position};
    if (const auto before = positions_.find(record.name); before != positions_.end()) {
      row.per_second = std::max(0.0, position - before->second) / seconds;
    }
    positions_[record.name] = position;
    row.more = {{"lease", std::string(lease_state(record.lease, now))},
                {"holder", record.lease.holder},
                {"asked for", asked}};
    return row;
  }

  EventStore& store_;
  bool has_before_ = false;
  double head_before_ = 0;
  Instant before_at_{};
  std::map<std::string, double> positions_;
};

}  // namespace

std::unique_ptr<TopSource> store_source(EventStore& store) {
  return std::make_unique<StoreSource>(store);
}

}  // namespace eventcore::cli
