#include "lease_watch.hpp"

#include <sys/prctl.h>

#include <algorithm>

namespace eventcore::detail {

LeaseWatch::LeaseWatch(ProjectionStorage& storage, ProjectionBoard& board,
                       const ProjectionRunnerOptions& options, ProjectionRecord record,
                       Instant asked)
    : storage_(storage),
      board_(board),
      options_(options),
      name_(record.name),
      token_(record.lease.token),
      renew_at_(asked + options.lease / 3),
      expires_at_(asked + options.lease),
      record_(std::move(record)),
      thread_([this](const std::stop_token& stop) {
        prctl(PR_SET_NAME, "eventcore-lease", 0, 0, 0);
        loop(stop);
      }) {}

LeaseWatch::~LeaseWatch() {
  thread_.request_stop();
  thread_.join();
}

ProjectionRecord LeaseWatch::record() const {
  const MutexLock lock(mutex_);
  return record_;
}

void LeaseWatch::lose() {
  if (lost_.exchange(true, std::memory_order_acq_rel)) return;
  board_.end_leading();
  board_.interrupt();
}

void LeaseWatch::loop(const std::stop_token& stop) {
  Instant look_at = system_clock().now() + options_.request_poll;
  while (!stop.stop_requested() && !is_lost()) {
    {
      MutexLock lock(mutex_);
      const Instant until = std::min(look_at, renew_at_);
      static_cast<void>(wake_.wait_until(lock, stop, until, [] { return false; }));
    }
    if (stop.stop_requested()) return;
    const Instant now = system_clock().now();
    // Not long before it is due, so that one waking does both.
    if (now + options_.request_poll / 2 >= renew_at_) renew();
    if (now >= look_at) {
      look();
      look_at = system_clock().now() + options_.request_poll;
    }
  }
}

void LeaseWatch::renew() {
  const Instant asked = system_clock().now();
  const Result<Timestamp> renewed = storage_.renew_lease(name_, token_, options_.lease);
  if (renewed) {
    renew_at_ = asked + options_.lease / 3;
    expires_at_ = asked + options_.lease;
    return;
  }
  const Instant now = system_clock().now();
  if (renewed.error().code == ErrorCode::LeaseLost || now >= expires_at_) return lose();
  renew_at_ = std::min(expires_at_, now + options_.lease / 20);
}

void LeaseWatch::look() {
  const auto found = storage_.load(name_);
  if (!found || !*found) return;  // the leader meets the same error where it can say so
  if ((*found)->lease.token != token_) return lose();
  bool asks = false;
  {
    const MutexLock lock(mutex_);
    asks = record_.requests != (*found)->requests;
    record_ = **found;
  }
  if (asks) board_.interrupt();
}

}  // namespace eventcore::detail
