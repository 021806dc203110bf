#include "chaos_core.hpp"

#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::testing {

using std::chrono::nanoseconds;

namespace {

// A task that runs once and deletes itself.
class Later final : public Task {
 public:
  explicit Later(std::function<void()> action) : action_(std::move(action)) {}
  void run() noexcept override {
    const std::unique_ptr<Later> self(this);
    action_();
  }

 private:
  std::function<void()> action_;
};

Error made_up_conflict(const WriteBatch& batch) {
  const std::string stream = batch.streams().empty() ? "" : batch.streams()[0].id.text();
  Error error =
      make_error(ErrorCode::VersionConflict, "chaos: a conflict that nobody caused", stream);
  const StreamVersion expected =
      batch.streams().empty() ? StreamVersion{} : batch.streams()[0].expected.version();
  error.conflict = Conflict{.expected = expected,
                            .actual = expected + 1,
                            .winner_position = {},
                            .winner_id = {},
                            .winner_command_type = {}};
  return error;
}

}  // namespace

ChaosStore::Core::Core(EventStore& inner, Scheduler* scheduler, const ChaosOptions& options)
    : inner_(inner), scheduler_(scheduler), options_(options), random_(options.seed) {}

void ChaosStore::Core::script_append(std::uint64_t nth, AppendFault fault) {
  const detail::MutexLock lock(mutex_);
  append_script_[statistics_.appends + nth] = fault;
}

void ChaosStore::Core::script_read(std::uint64_t nth) {
  const detail::MutexLock lock(mutex_);
  read_script_.insert(statistics_.reads + nth);
}

void ChaosStore::Core::heal() {
  const detail::MutexLock lock(mutex_);
  append_script_.clear();
  read_script_.clear();
  options_.append_refused = options_.conflict = options_.commit_lost = 0;
  options_.commit_unacknowledged = options_.read_failed = 0;
}

ChaosStatistics ChaosStore::Core::statistics() const {
  const detail::MutexLock lock(mutex_);
  return statistics_;
}

bool ChaosStore::Core::chance(double probability) {
  // 53 bits, as many as a double holds; the same on every platform, unlike the distributions.
  return static_cast<double>(random_() >> 11U) * 0x1.0p-53 < probability;
}

nanoseconds ChaosStore::Core::delay() {
  if (options_.latency_max <= nanoseconds{0} || closing_) return nanoseconds{0};
  const auto most = static_cast<std::uint64_t>(options_.latency_max.count());
  return nanoseconds{static_cast<nanoseconds::rep>(1 + random_() % most)};
}

AppendFault ChaosStore::Core::draw_fault() {
  ++statistics_.appends;
  // All are drawn, so that one probability does not shift what the seed means for the others.
  const bool refused = chance(options_.append_refused);
  const bool conflict = chance(options_.conflict);
  const bool lost = chance(options_.commit_lost);
  const bool unacknowledged = chance(options_.commit_unacknowledged);
  if (closing_) return AppendFault::None;
  if (const auto scripted = append_script_.find(statistics_.appends);
      scripted != append_script_.end()) {
    return scripted->second;
  }
  if (refused) return AppendFault::Refused;
  if (conflict) return AppendFault::Conflict;
  if (lost) return AppendFault::CommitLost;
  return unacknowledged ? AppendFault::CommitUnacknowledged : AppendFault::None;
}

void ChaosStore::Core::count(AppendFault fault) {
  switch (fault) {
    case AppendFault::None:
      return;
    case AppendFault::Refused:
      ++statistics_.refused;
      return;
    case AppendFault::Conflict:
      ++statistics_.conflicts;
      return;
    case AppendFault::CommitLost:
      ++statistics_.commits_lost;
      return;
    case AppendFault::CommitUnacknowledged:
      ++statistics_.commits_unacknowledged;
      return;
  }
}

void ChaosStore::Core::later(nanoseconds after, std::function<void()> action) {
  EVENTCORE_ASSERT(scheduler_ != nullptr, "a chaos store with latency has a scheduler");
  const Clock* clock = nullptr;
  {
    const detail::MutexLock lock(mutex_);
    clock = options_.clock;
  }
  scheduler_->post_at(*new Later(std::move(action)), clock->now() + after);
}

void ChaosStore::Core::submit_append(AppendOperation& operation) {
  const auto relay = std::make_shared<Relay>(*this, operation);
  nanoseconds before{0};
  {
    const detail::MutexLock lock(mutex_);
    relay->fault = draw_fault();
    before = delay();
    relay->completion_delay = delay();
    relay->released = before == nanoseconds{0};
    in_flight_[&operation] = relay;
    ++under_way_;
    queue_.push_back(relay);
  }
  if (before == nanoseconds{0}) return pass_on_released();
  later(before, [self = shared_from_this(), relay] { self->release(*relay); });
}

void ChaosStore::Core::release(Relay& relay) {
  {
    const detail::MutexLock lock(mutex_);
    relay.released = true;
  }
  pass_on_released();
}

// Whoever comes while another passes on leaves its relay to that one: this keeps the order, and
// lets operations be submitted inside of completions.
void ChaosStore::Core::pass_on_released() {
  const std::shared_ptr<Core> self = shared_from_this();  // as in `report`
  detail::MutexLock lock(mutex_);
  if (passing_on_) return;
  passing_on_ = true;
  while (!queue_.empty() && queue_.front()->released) {
    const std::shared_ptr<Relay> relay = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    pass_on(*relay);
    lock.lock();
  }
  passing_on_ = false;
}

void ChaosStore::Core::pass_on(Relay& relay) {
  AppendOperation& operation = *relay.original;
  if (!operation.admit()) {
    return report(relay, make_error(ErrorCode::Cancelled, "the append was taken back"));
  }
  if (relay.fault != AppendFault::CommitUnacknowledged) {
    const detail::MutexLock lock(mutex_);
    count(relay.fault);
  }
  switch (relay.fault) {
    case AppendFault::Refused:
      return report(relay, make_error(ErrorCode::Unavailable, "chaos: refused, not stored"));
    case AppendFault::Conflict:
      return report(relay, made_up_conflict(operation.batch));
    case AppendFault::CommitLost:
      return report(relay, make_error(ErrorCode::CommitInDoubt, "chaos: the commit failed"));
    case AppendFault::None:
    case AppendFault::CommitUnacknowledged:
      break;
  }
  bind_predecessors(relay);
  relay.batch = std::move(operation.batch);
  relay.deadline = operation.deadline;
  relay.stop = operation.stop;
  relay.submitted = true;
  inner_.submit_append(relay);
}

void ChaosStore::Core::bind_predecessors(Relay& relay) {
  const detail::MutexLock lock(mutex_);
  for (const AppendOperation* predecessor : relay.original->predecessors) {
    const auto found = in_flight_.find(predecessor);
    if (found == in_flight_.end()) {
      relay.predecessors.push_back(predecessor);
    } else {
      relay.predecessors.push_back(found->second.get());
      relay.predecessor_relays.push_back(found->second);
    }
  }
}

void ChaosStore::Core::inner_completed(Relay& relay, Result<WriteResult> result) {
  nanoseconds after{0};
  std::shared_ptr<Relay> kept;
  {
    const detail::MutexLock lock(mutex_);
    if (result && !result->replayed && relay.fault == AppendFault::CommitUnacknowledged) {
      count(relay.fault);
      result = make_error(ErrorCode::CommitInDoubt, "chaos: the commit was not acknowledged");
    }
    if (!closing_) after = relay.completion_delay;
    if (after > nanoseconds{0}) {
      kept = in_flight_.at(relay.original);
      relay.delayed_result = std::move(result);
    }
  }
  if (!kept) return report(relay, std::move(result));
  later(after, [self = shared_from_this(), kept] { self->report_delayed(*kept); });
}

void ChaosStore::Core::report_delayed(Relay& relay) {
  std::optional<Result<WriteResult>> result;
  {
    const detail::MutexLock lock(mutex_);
    std::swap(result, relay.delayed_result);
  }
  if (result) report(relay, *std::move(result));
}

void ChaosStore::Core::report(Relay& relay, Result<WriteResult> result) {
  const std::shared_ptr<Core> self = shared_from_this();  // the submitter may destroy the store
  std::shared_ptr<Relay> kept;  // until the end of this function, whoever else let go of it
  AppendOperation* original = nullptr;
  {
    const detail::MutexLock lock(mutex_);
    original = std::exchange(relay.original, nullptr);
    const auto entry = in_flight_.find(original);
    kept = std::move(entry->second);
    in_flight_.erase(entry);
    if (relay.submitted) original->batch = std::move(relay.batch);
    if (!relay.submitted || relay.is_rejected()) original->reject();
  }
  original->finish(std::move(result));
  finished_one();
}

void ChaosStore::Core::finished_one() {
  const detail::MutexLock lock(mutex_);
  --under_way_;
  idle_.notify_all();
}

void ChaosStore::Core::submit_read(ReadOperation& operation) {
  std::chrono::nanoseconds before{0};
  bool fails = false;
  std::shared_ptr<DelayedRead> read;
  {
    const detail::MutexLock lock(mutex_);
    ++statistics_.reads;
    fails = chance(options_.read_failed) || read_script_.contains(statistics_.reads);
    fails = fails && !closing_;
    before = delay();
    ++under_way_;
    if (fails) ++statistics_.reads_failed;
    if (before > std::chrono::nanoseconds{0}) {
      read = std::make_shared<DelayedRead>(DelayedRead{&operation, fails});
      reads_.insert(read);
    }
  }
  if (!read) return begin_read(operation, fails);
  later(before, [self = shared_from_this(), read] { self->begin_delayed_read(read); });
}

void ChaosStore::Core::begin_delayed_read(const std::shared_ptr<DelayedRead>& read) {
  {
    const detail::MutexLock lock(mutex_);
    if (reads_.erase(read) == 0) return;  // `close` has begun it
  }
  begin_read(*read->operation, read->fails);
}

void ChaosStore::Core::begin_read(ReadOperation& operation, bool fails) {
  const std::shared_ptr<Core> self = shared_from_this();  // as in `report`
  if (fails) {
    operation.finish(make_error(ErrorCode::Unavailable, "chaos: the read failed"));
  } else {
    inner_.submit_read(operation);
  }
  finished_one();
}

// What is still delayed goes on now, so that `close` completes it.
void ChaosStore::Core::stop_delaying() {
  std::unordered_set<std::shared_ptr<DelayedRead>> reads;
  std::vector<std::shared_ptr<Relay>> reports;
  {
    const detail::MutexLock lock(mutex_);
    closing_ = true;
    reads.swap(reads_);
    for (const std::shared_ptr<Relay>& relay : queue_) relay->released = true;
    for (const auto& [operation, relay] : in_flight_) {
      if (relay->delayed_result) reports.push_back(relay);
    }
  }
  for (const auto& read : reads) begin_read(*read->operation, read->fails);
  for (const auto& relay : reports) report_delayed(*relay);
  pass_on_released();
}

bool ChaosStore::Core::wait_until_idle(Deadline deadline) {
  detail::MutexLock lock(mutex_);
  while (under_way_ > 0) {
    if (deadline.is_never()) {
      idle_.wait(lock);
    } else if (idle_.wait_until(lock, deadline.at) == std::cv_status::timeout) {
      return under_way_ == 0;
    }
  }
  return true;
}

Result<void> ChaosStore::Core::close(Deadline deadline) {
  stop_delaying();
  if (Result<void> closed = inner_.close(deadline); !closed) return closed;
  if (wait_until_idle(deadline)) return {};
  return make_error(ErrorCode::DeadlineExceeded, "operations are still under way");
}

}  // namespace eventcore::testing
