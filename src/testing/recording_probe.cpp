#include "eventcore/testing/recording_probe.hpp"

#include <algorithm>
#include <iterator>

namespace eventcore::testing {

namespace {

RecordedCommand copy_of(const CommandRecord& record) {
  RecordedCommand copy;
  copy.command_type = record.command_type;
  copy.command_id = record.command_id;
  copy.outcome = record.outcome;
  if (record.error != nullptr) copy.error = *record.error;
  copy.rejection_code = record.rejection_code;
  copy.started = record.started;
  copy.duration = record.duration;
  copy.phases = record.phases;
  copy.attempts = record.attempts;
  copy.backoff = record.backoff;
  copy.discovery_rounds = record.discovery_rounds;
  copy.events_written = record.events_written;
  copy.events_folded = record.events_folded;
  copy.bytes_written = record.bytes_written;
  copy.first_position = record.first_position;
  for (const StreamTouch& touch : record.streams) {
    copy.streams.push_back(
        {std::string(touch.stream), touch.version_read, touch.events_written, touch.discovered});
  }
  for (const ConflictRecord& conflict : record.conflicts) {
    copy.conflicts.push_back({std::string(conflict.stream),
                              conflict.conflict == nullptr ? Conflict{} : *conflict.conflict});
  }
  copy.trace = record.trace;
  copy.correlation_id = record.correlation_id;
  return copy;
}

}  // namespace

std::vector<RecordedCommand> RecordingProbe::commands() const {
  const detail::MutexLock lock(mutex_);
  return commands_;
}

std::vector<RecordedCommand> RecordingProbe::commands(std::string_view command_type) const {
  std::vector<RecordedCommand> found;
  const detail::MutexLock lock(mutex_);
  std::copy_if(commands_.begin(), commands_.end(), std::back_inserter(found),
               [&](const RecordedCommand& one) { return one.command_type == command_type; });
  return found;
}

std::size_t RecordingProbe::count(CommandOutcome outcome) const {
  const detail::MutexLock lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(commands_.begin(), commands_.end(),
                    [&](const RecordedCommand& one) { return one.outcome == outcome; }));
}

std::vector<GroupRecord> RecordingProbe::groups() const {
  const detail::MutexLock lock(mutex_);
  return groups_;
}

std::vector<RecordedPoolUse> RecordingProbe::pool_uses() const {
  const detail::MutexLock lock(mutex_);
  return pool_uses_;
}

std::size_t RecordingProbe::connections_opened() const {
  const detail::MutexLock lock(mutex_);
  return connections_opened_;
}

std::vector<bool> RecordingProbe::availability() const {
  const detail::MutexLock lock(mutex_);
  return availability_;
}

bool RecordingProbe::wait_for_commands(std::size_t count, Deadline deadline) const {
  detail::MutexLock lock(mutex_);
  while (commands_.size() < count) {
    if (deadline.is_never()) {
      arrived_.wait(lock);
    } else if (arrived_.wait_until(lock, deadline.at) == std::cv_status::timeout) {
      return commands_.size() >= count;
    }
  }
  return true;
}

void RecordingProbe::clear() {
  const detail::MutexLock lock(mutex_);
  commands_.clear();
  groups_.clear();
  pool_uses_.clear();
  connections_opened_ = 0;
  availability_.clear();
}

void RecordingProbe::command_finished(const CommandRecord& record) noexcept {
  RecordedCommand copy = copy_of(record);
  const detail::MutexLock lock(mutex_);
  commands_.push_back(std::move(copy));
  arrived_.notify_all();
}

void RecordingProbe::group_committed(const GroupRecord& record) noexcept {
  const detail::MutexLock lock(mutex_);
  groups_.push_back(record);
}

void RecordingProbe::pool_used(const PoolRecord& record) noexcept {
  const detail::MutexLock lock(mutex_);
  pool_uses_.push_back({std::string(record.pool), record.wait, record.use, record.timed_out});
}

void RecordingProbe::connection_opened(std::string_view, std::chrono::nanoseconds) noexcept {
  const detail::MutexLock lock(mutex_);
  ++connections_opened_;
}

void RecordingProbe::store_availability(bool up) noexcept {
  const detail::MutexLock lock(mutex_);
  availability_.push_back(up);
}

}  // namespace eventcore::testing
