#include "projection_watch.hpp"

#include <limits>
#include <utility>

#include "eventcore/projection_lag.hpp"
#include "eventcore/projection_storage.hpp"

namespace eventcore::console {
namespace {

using eventcore::detail::MutexLock;

/// Somebody who has looked is taken to look for so long.
constexpr auto kAttention = std::chrono::seconds(5);

std::string_view lease_state(const ProjectionLease& lease, Timestamp now) {
  if (lease.holder.empty()) return "free";
  return lease.is_free(now) ? "expired" : "held";
}

/// Without a runner in this process, only what is stored is known.
std::string_view stored_state(const ProjectionRecord& record, Timestamp now) {
  if (record.paused) return "paused";
  return record.lease.is_free(now) ? "not_running" : "elsewhere";
}

Json progress_json(const ProjectionProgress& progress) {
  return {{"from", progress.from.value},
          {"at", progress.at.value},
          {"target", progress.target.value},
          {"ratio", rounded(progress.ratio)},
          {"left_seconds", rounded(std::chrono::duration<double>(progress.left).count())},
          {"rebuild", progress.rebuild}};
}

void add_status(Json& json, const ProjectionStatus& status) {
  json["state"] = to_string(status.state);
  json["leader"] = status.leader;
  json["processed"] = status.processed;
  json["in_flight"] = status.in_flight;
  json["retries"] = status.retries;
  json["skipped"] = status.skipped;
  json["last_event"] = status.last_event ? time_json(*status.last_event) : Json(nullptr);
  json["last_error"] = status.last_error.empty() ? Json(nullptr) : Json(status.last_error);
  json["progress"] = status.progress ? progress_json(*status.progress) : Json(nullptr);
  json["side_effects_suppressed"] = status.side_effects_suppressed;
}

}  // namespace

Result<Json> projection_json(const StoreGate::Use& store, const ProjectionRecord& record) {
  const Result<ProjectionLag> lag = projection_lag(*store, record.name);
  if (!lag) return lag.error();
  const Timestamp now = system_clock().wall();
  Json json{{"name", record.name},
            {"state", stored_state(record, now)},
            {"paused", record.paused},
            {"position", record.position.value},
            {"head", lag->head.value},
            {"lag_events", lag->events},
            {"lag_seconds", rounded(std::chrono::duration<double>(lag->age).count())},
            {"beyond_head", lag->beyond_head},
            {"saved_at", time_json(record.saved_at)},
            {"lease",
             {{"state", lease_state(record.lease, now)},
              {"holder", record.lease.holder},
              {"token", record.lease.token},
              {"expires", time_json(record.lease.expires)}}},
            {"dead_letters", record.dead_letters},
            {"replays", record.replays},
            {"reset_to", record.has_pending_reset() ? Json(record.reset_to.value) : Json(nullptr)},
            {"skip", record.skip.value != 0 ? Json(record.skip.value) : Json(nullptr)},
            {"rebuild_until",
             record.position < record.quiet_until ? Json(record.quiet_until.value) : Json(nullptr)},
            {"here", false}};
  if (const ProjectionRunner* const runner = store.runner(record.name)) {
    json["here"] = true;
    add_status(json, runner->status());
  }
  return json;
}

void ProjectionWatch::start() {
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void ProjectionWatch::stop() noexcept {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

Json ProjectionWatch::latest() {
  const Instant now = system_clock().now();
  const MutexLock lock(mutex_);
  const bool slept = wanted_until_ < now;
  wanted_until_ = now + kAttention;
  if (slept) {
    soon_ = true;
    wake_.notify_all();
  }
  const double age = seen_at_ ? std::chrono::duration<double>(now - *seen_at_).count() : 0;
  return {{"known", seen_at_.has_value()},
          {"age_seconds", rounded(age)},
          {"error", error_.empty() ? Json(nullptr) : Json(error_)},
          {"list", rows_}};
}

void ProjectionWatch::look_soon() {
  const MutexLock lock(mutex_);
  soon_ = true;
  wake_.notify_all();
}

void ProjectionWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      MutexLock lock(mutex_);
      const auto is_due = [this]() EVENTCORE_NO_THREAD_SAFETY_ANALYSIS { return soon_; };
      wake_.wait_for(lock, stop, interval_, is_due);
      if (stop.stop_requested()) return;
      if (!std::exchange(soon_, false) && wanted_until_ < system_clock().now()) continue;
    }
    look();
  }
}

void ProjectionWatch::look() {
  Json rows = Json::array();
  std::string error;
  if (const auto store = gate_.enter(std::numeric_limits<std::size_t>::max())) {
    const auto records = (*store)->projections().list();
    if (!records) error = to_string(records.error().code);
    for (std::size_t i = 0; records && error.empty() && i != records->size(); ++i) {
      Result<Json> row = projection_json(*store, (*records)[i]);
      if (row) {
        rows.push_back(*std::move(row));
      } else {
        error = to_string(row.error().code);
      }
    }
  } else {
    error = "no_store";
  }
  const MutexLock lock(mutex_);
  error_ = std::move(error);
  if (!error_.empty()) return;  // what was seen before stands, and grows old
  rows_ = std::move(rows);
  seen_at_ = system_clock().now();
}

}  // namespace eventcore::console
