#include "span_drain.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

#include "../core/poll_pause.hpp"
#include "span_space.hpp"

namespace eventcore::detail {
namespace {

// Spans of one call of a sink.
constexpr std::size_t kBatch = 256;
// The wall clock may be adjusted; spans of one trace should not jump with each little step.
constexpr std::chrono::microseconds kClockStep{50};
constexpr std::chrono::milliseconds kPauseMin{1};

}  // namespace

SpanDrain::SpanDrain(const TracerOptions& options)
    : sinks_(options.sinks), poll_(std::max(options.poll, kPauseMin)), clock_(*options.clock) {
  if (options.keep) traces_.emplace(*options.keep);
}

SpanDrain::~SpanDrain() {
  if (shared_->thread.joinable()) shared_->thread.join();
  if (shared_->former == nullptr) return;
  // Of the process that this one was forked from. Its thread is not here: it can neither be joined
  // nor detached, and the condition that it waited for would wait for it.
  static Mutex mutex;
  static auto* const kept = new std::vector<std::unique_ptr<Shared>>;
  const MutexLock lock(mutex);
  kept->push_back(std::move(shared_->former));
}

void SpanDrain::begin(const TracerGate& gate) {
  gate_ = &gate;
  start();
}

void SpanDrain::start() {
  const MutexLock lock(shared_->mutex);
  if (shared_->is_running || shared_->is_ending) return;
  try {
    shared_->thread = std::thread([this, shared = shared_.get()] { run(*shared); });
    shared_->is_running = true;
  } catch (const std::system_error&) {
    // Spans are dropped, and counted, until a thread that begins has more luck.
  }
}

bool SpanDrain::wait(Shared& shared, std::uint64_t wanted, Deadline deadline) {
  MutexLock lock(shared.mutex);
  const auto is_done = [&]() EVENTCORE_REQUIRES(shared.mutex) {
    return shared.passes_done >= wanted || !shared.is_running;
  };
  while (!is_done()) {
    if (deadline.is_never()) {
      shared.changed.wait(lock);
    } else if (shared.changed.wait_until(lock, deadline.at) == std::cv_status::timeout) {
      break;
    }
  }
  return is_done();
}

bool SpanDrain::flush(Deadline deadline) {
  Shared& shared = *shared_;
  std::uint64_t wanted = 0;
  {
    const MutexLock lock(shared.mutex);
    // In a forked child without a span nothing runs, and there is nothing.
    if (!shared.is_running) return true;
    wanted = ++shared.passes_wanted;
  }
  shared.changed.notify_all();
  return wait(shared, wanted, deadline);
}

bool SpanDrain::end(Deadline deadline) {
  Shared& shared = *shared_;
  {
    const MutexLock lock(shared.mutex);
    shared.is_ending = true;
  }
  shared.changed.notify_all();
  return wait(shared, ~std::uint64_t{0}, deadline);
}

void SpanDrain::run(Shared& shared) {
  PollPause pause(kPauseMin, poll_);
  bool is_last = false;
  while (!is_last) {
    std::uint64_t wanted = 0;
    {
      MutexLock lock(shared.mutex);
      if (!shared.is_ending && shared.passes_wanted == shared.passes_done) {
        shared.changed.wait_for(lock, pause.now());
      }
      is_last = shared.is_ending;
      wanted = shared.passes_wanted;
    }
    {
      const MutexLock lock(shared.pass);
      pause.saw(pass(is_last), SpanRing::kBytes);
    }
    const MutexLock lock(shared.mutex);
    shared.passes_done = wanted;
    if (is_last) shared.is_running = false;
    shared.changed.notify_all();
  }
}

std::uint64_t SpanDrain::pass(bool is_last) {
  look_at_clock();
  std::uint64_t most = 0;
  for (SpanRing* ring = SpanSpace::get().first_ring(); ring != nullptr; ring = ring->next_ring) {
    most = std::max(most, read(*ring));
  }
  if (traces_) {
    if (is_last) {
      traces_->decide_all(kept_);
    } else {
      traces_->expire(clock_.now(), kept_);
    }
    deliver_kept();
    held_.store(traces_->held(), kRelaxed);
    not_kept_.store(traces_->not_kept(), kRelaxed);
    undecided_.store(traces_->undecided(), kRelaxed);
  }
  for (const auto& sink : sinks_) sink->idle();
  return most;
}

std::uint64_t SpanDrain::read(SpanRing& ring) {
  // A thread that writes faster than this reads must not keep the others waiting.
  std::size_t left = SpanRing::kBytes;
  while (left > 0) {
    const std::byte* const record = ring.next();
    if (record == nullptr) break;
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, record, sizeof bytes);
    left -= std::min<std::size_t>(left, bytes);
    take(record);
    if (decoder_.size() == kBatch) {
      deliver();
      ring.release();
    }
  }
  deliver();
  ring.release();
  return SpanRing::kBytes - left;
}

void SpanDrain::take(const std::byte* record) {
  SpanHead head;
  std::memcpy(&head, record, sizeof head);
  if (head.tracer != gate_->number) {
    SpanSpace::get().count_late();
  } else if (traces_ && !head.context.is_sampled()) {
    traces_->take(record, head, clock_.now(), kept_);
    if (kept_.size() > SpanRing::kBytes) deliver_kept();
  } else {
    decoder_.add(record);
  }
}

void SpanDrain::deliver() {
  if (decoder_.size() == 0) return;
  const std::span<const SpanRecord> records = decoder_.records();
  for (const auto& sink : sinks_) sink->take(records);
  delivered_.store(delivered() + records.size(), kRelaxed);
  decoder_.clear(wall_offset_);
}

void SpanDrain::deliver_kept() {
  deliver();
  for (std::size_t at = 0; at < kept_.size();) {
    decoder_.add(kept_.data() + at);
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, kept_.data() + at, sizeof bytes);
    at += bytes;
    if (decoder_.size() == kBatch) deliver();
  }
  deliver();
  kept_.clear();
}

void SpanDrain::look_at_clock() {
  const auto offset = clock_.wall().time_since_epoch() - clock_.now().time_since_epoch();
  const auto moved = offset - wall_offset_;
  if (moved > kClockStep || moved < -kClockStep) wall_offset_ = offset;
  decoder_.clear(wall_offset_);
}

// The analysis can't follow locks that are held over a fork.
void SpanDrain::before_fork() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  shared_->pass.lock();
  shared_->mutex.lock();
}

void SpanDrain::after_fork_in_parent() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  shared_->mutex.unlock();
  shared_->pass.unlock();
}

void SpanDrain::after_fork_in_child() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  after_fork_in_parent();
  auto fresh = std::make_unique<Shared>();
  fresh->is_ending = shared_->is_ending;
  fresh->former = std::move(shared_);
  shared_ = std::move(fresh);
  if (traces_) traces_->clear();
  kept_.clear();
  for (auto* count : {&delivered_, &held_, &not_kept_, &undecided_}) count->store(0, kRelaxed);
}

}  // namespace eventcore::detail
