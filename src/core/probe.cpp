#include "eventcore/probe.hpp"

#include <utility>

namespace eventcore {
namespace {

class CombinedProbe final : public Probe {
 public:
  explicit CombinedProbe(std::vector<std::shared_ptr<Probe>> probes) : probes_(std::move(probes)) {
    for (const auto& probe : probes_) {
      const ProbeInterests interests = probe->interests();
      if (interests.commands) of_commands_.push_back(probe.get());
      if (interests.starts) of_starts_.push_back(probe.get());
      if (interests.groups) of_groups_.push_back(probe.get());
      if (interests.pools) of_pools_.push_back(probe.get());
      if (interests.traces && of_traces_ == nullptr) of_traces_ = probe.get();
      every_duration_ = every_duration_ || interests.every_duration;
    }
  }

  ProbeInterests interests() const noexcept override {
    return {.commands = !of_commands_.empty(),
            .starts = !of_starts_.empty(),
            .groups = !of_groups_.empty(),
            .pools = !of_pools_.empty(),
            .traces = of_traces_ != nullptr,
            .every_duration = every_duration_};
  }
  void command_started(const CommandStart& start) noexcept override {
    for (Probe* probe : of_starts_) probe->command_started(start);
  }
  CommandTrace begin_trace(const TraceContext& parent) noexcept override {
    return of_traces_ == nullptr ? Probe::begin_trace(parent) : of_traces_->begin_trace(parent);
  }
  void command_finished(const CommandRecord& record) noexcept override {
    for (Probe* probe : of_commands_) probe->command_finished(record);
  }
  void group_committed(const GroupRecord& record) noexcept override {
    for (Probe* probe : of_groups_) probe->group_committed(record);
  }
  void pool_used(const PoolRecord& record) noexcept override {
    for (Probe* probe : of_pools_) probe->pool_used(record);
  }
  void connection_opened(std::string_view pool,
                         std::chrono::nanoseconds duration) noexcept override {
    for (Probe* probe : of_pools_) probe->connection_opened(pool, duration);
  }
  void store_availability(bool up) noexcept override {
    for (const auto& probe : probes_) probe->store_availability(up);
  }

 private:
  const std::vector<std::shared_ptr<Probe>> probes_;
  std::vector<Probe*> of_commands_;
  std::vector<Probe*> of_starts_;
  std::vector<Probe*> of_groups_;
  std::vector<Probe*> of_pools_;
  Probe* of_traces_ = nullptr;
  bool every_duration_ = false;
};

}  // namespace

std::string_view to_string(CommandOutcome outcome) noexcept {
  switch (outcome) {
    case CommandOutcome::Committed:
      return "committed";
    case CommandOutcome::NoEvents:
      return "no_events";
    case CommandOutcome::Rejected:
      return "rejected";
    case CommandOutcome::Replayed:
      return "replayed";
    case CommandOutcome::Invalid:
      return "invalid";
    case CommandOutcome::ConflictExhausted:
      return "conflict_exhausted";
    case CommandOutcome::DeadlineExceeded:
      return "deadline_exceeded";
    case CommandOutcome::Cancelled:
      return "cancelled";
    case CommandOutcome::Overloaded:
      return "overloaded";
    case CommandOutcome::StoreError:
      return "store_error";
    case CommandOutcome::InDoubt:
      return "in_doubt";
  }
  return "unknown";
}

std::string_view to_string(CommandPhase phase) noexcept {
  switch (phase) {
    case CommandPhase::Queue:
      return "queue";
    case CommandPhase::Read:
      return "read";
    case CommandPhase::Fold:
      return "fold";
    case CommandPhase::Handle:
      return "handle";
    case CommandPhase::Append:
      return "append";
    case CommandPhase::Backoff:
      return "backoff";
  }
  return "unknown";
}

std::shared_ptr<Probe> combine(std::vector<std::shared_ptr<Probe>> probes) {
  std::erase(probes, nullptr);
  if (probes.empty()) return nullptr;
  if (probes.size() == 1) return std::move(probes.front());
  return std::make_shared<CombinedProbe>(std::move(probes));
}

}  // namespace eventcore
