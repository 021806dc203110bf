#include "batch_sender.hpp"

#include <algorithm>
#include <utility>

#include "../core/quiet_thread.hpp"
#include "eventcore/assert.hpp"

namespace eventcore::detail {
namespace {

/// What a collector may ask us to wait at most.
constexpr std::chrono::minutes kRetryAfterMax{5};
/// Deadlines past this are none: a condition variable can't wait for the end of time.
constexpr std::chrono::hours kLongWait{24};

Instant until(Deadline deadline) noexcept {
  return std::min(deadline.at, std::chrono::steady_clock::now() + kLongWait);
}

}  // namespace

BatchSender::BatchSender(std::shared_ptr<const OtlpSettings> settings)
    : settings_(std::move(settings)),
      frame_(settings_->resource),
      transport_(settings_->transport(settings_->target)),
      report_(settings_->target, settings_->report),
      random_(std::random_device{}()) {
  stats_.queue_max = settings_->queue_max;
}

BatchSender::~BatchSender() {
  const MutexLock lock(mutex_);
  EVENTCORE_ASSERT(!thread_.joinable(), "shutdown comes before the destructor");
}

void BatchSender::note_item(std::size_t bytes) noexcept {
  if (open_.count == 0) {
    open_until_ = std::chrono::steady_clock::now() + settings_->delay;
    // The thread sleeps without a limit until then.
    work_.notify_one();
  }
  ++open_.count;
  ++stats_.queued;
  stats_.queued_bytes += bytes;
  if (open_.count >= settings_->batch_max) seal();
}

void BatchSender::note_all(std::size_t count, std::size_t dropped) noexcept {
  stats_.taken += count;
  (ended_ ? stats_.dropped_ended : stats_.dropped_full) += dropped;
  // A full queue is not to wait for the rest of a batch.
  if (dropped != 0) seal();
  if (stats_.queued == 0 || ended_ || thread_.joinable()) return;
  try {
    thread_ = quiet_thread("eventcore-otlp", [this] { run(); });
  } catch (...) {
    return;  // no thread can be had now: the next call tries again
  }
}

void BatchSender::seal() noexcept {
  if (open_.count == 0) return;
  try {
    sealed_.emplace_back();
  } catch (...) {
    return;  // no memory: the batch gets longer
  }
  sealed_.back() = std::exchange(open_, {std::exchange(spare_, {}), 0});
  work_.notify_one();
}

OtlpDelivery BatchSender::wait_for(std::uint64_t target, Deadline deadline, MutexLock& lock) {
  const std::uint64_t exported = stats_.exported;
  const std::uint64_t dropped = stats_.dropped();
  seal();
  ++flushes_;
  ++waiting_;
  work_.notify_one();
  while (done() < target && !deadline.expired(system_clock())) {
    settled_.wait_until(lock, until(deadline));
  }
  --waiting_;
  return {stats_.exported - exported, stats_.dropped() - dropped,
          target - std::min(target, done())};
}

OtlpDelivery BatchSender::flush(Deadline deadline) {
  MutexLock lock(mutex_);
  return wait_for(stats_.taken, deadline, lock);
}

OtlpDelivery BatchSender::shutdown(Deadline deadline) {
  std::thread ending;
  OtlpDelivery delivery;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    delivery = wait_for(stats_.taken, deadline, lock);
    stopping_ = true;
    ending = std::move(thread_);
    work_.notify_one();
  }
  if (ending.joinable()) {
    transport_->interrupt();
    ending.join();
  }
  std::uint64_t lost = 0;
  {
    const MutexLock lock(mutex_);
    // The last request may have had its answer in between.
    lost = stats_.queued;
    stats_.dropped_ended += lost;
    stats_.queued = stats_.queued_bytes = 0;
    sealed_.clear();
    delivery.exported += delivery.pending - std::min(delivery.pending, lost);
    delivery.lost += lost;
    delivery.pending = 0;
    settled_.notify_all();
  }
  if (lost != 0) report_.lost(lost);
  return delivery;
}

OtlpStats BatchSender::stats() const {
  const MutexLock lock(mutex_);
  return stats_;
}

void BatchSender::run() {
  MutexLock lock(mutex_);
  while (wait_for_batch(lock)) {
    Batch batch = std::move(sealed_.front());
    sealed_.pop_front();
    std::string request;
    bool is_settled = false;
    while (!is_settled && !stopping_) {
      const std::uint64_t flushes = flushes_;
      ++stats_.requests;
      lock.unlock();
      const OtlpReply reply = try_to_send(batch, request);
      lock.lock();
      is_settled = settle(batch, reply);
      // What was asked for by us is no news.
      if (stopping_) break;
      const std::uint64_t dropped = stats_.dropped();
      lock.unlock();
      report_.answered(reply, std::chrono::steady_clock::now(), dropped);
      lock.lock();
      if (reply.kind == OtlpReply::Kind::Accepted) {
        failures_ = 0;
      } else {
        pause(reply, flushes, lock);
        ++failures_;
      }
    }
    if (spare_.capacity() < batch.items.capacity()) {
      batch.items.clear();
      spare_ = std::move(batch.items);
    }
  }
}

bool BatchSender::wait_for_batch(MutexLock& lock) {
  while (!stopping_) {
    if (!sealed_.empty()) return true;
    if (open_.count == 0) {
      work_.wait(lock);
    } else if (std::chrono::steady_clock::now() >= open_until_) {
      seal();
    } else {
      const Instant until = open_until_;  // which the next batch moves
      work_.wait_until(lock, until);
    }
  }
  return false;
}

OtlpReply BatchSender::try_to_send(const Batch& batch, std::string& request) {
  try {
    if (request.empty()) request = frame_.around(batch.items);
    return transport_->send(request, {});
  } catch (const std::exception& error) {
    return {.message = error.what()};  // no memory: later perhaps
  }
}

/// Counts what became of `batch`; false if it has to be sent again.
bool BatchSender::settle(const Batch& batch, const OtlpReply& reply) {
  stats_.reachable = reply.kind != OtlpReply::Kind::Unreachable;
  if (reply.kind != OtlpReply::Kind::Accepted) ++stats_.failed_requests;
  if (!stats_.reachable) return false;
  const std::uint64_t refused = reply.kind == OtlpReply::Kind::Refused
                                    ? batch.count
                                    : std::min<std::uint64_t>(reply.rejected, batch.count);
  stats_.exported += batch.count - refused;
  stats_.dropped_refused += refused;
  stats_.queued -= batch.count;
  stats_.queued_bytes -= batch.items.size();
  settled_.notify_all();
  return true;
}

/// Waits after a request that was not accepted. Another flush than the first `flushes` ends it,
/// unless the collector itself has asked for the pause: somebody wants to know.
void BatchSender::pause(const OtlpReply& reply, std::uint64_t flushes, MutexLock& lock) {
  const Instant end = std::chrono::steady_clock::now() + next_pause(reply);
  const auto is_over = [&]() EVENTCORE_REQUIRES(mutex_) {
    if (stopping_ || std::chrono::steady_clock::now() >= end) return true;
    if (reply.kind == OtlpReply::Kind::Refused && waiting_ != 0) return true;
    return flushes != flushes_ && !reply.retry_after;
  };
  while (!is_over()) work_.wait_until(lock, end);
}

std::chrono::milliseconds BatchSender::next_pause(const OtlpReply& reply) {
  if (reply.retry_after) {
    return std::min<std::chrono::milliseconds>(*reply.retry_after, kRetryAfterMax);
  }
  constexpr int kDoublingsMax = 16;
  const auto full =
      std::min(settings_->retry_min * (std::int64_t{1} << std::min(failures_, kDoublingsMax)),
               settings_->retry_max);
  std::uniform_real_distribution<double> part(0.5, 1.0);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(full.count()) * part(random_)));
}

}  // namespace eventcore::detail
