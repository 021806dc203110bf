#include "executor_core.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include "sample_turn.hpp"

namespace eventcore::detail {

namespace {

constexpr std::chrono::microseconds kIdlePauseMax{2'000};
// Of so many commands one is measured.
constexpr std::uint32_t kTimingSample = 16;

std::uint64_t next_serial() noexcept {
  static std::atomic<std::uint64_t> serial = 0;
  return serial.fetch_add(1, std::memory_order_relaxed) + 1;
}

// SplitMix64 (Steele, Lea, Flood 2014): a counter to well mixed bits.
std::uint64_t scatter(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

}  // namespace

ExecutorCore::ExecutorCore(EventStore& store, CommandExecutorOptions options)
    : store_(store),
      options_(std::move(options)),
      serial_(next_serial()),
      table_(std::max<std::size_t>(options_.cached_streams_max, 1)),
      followed_from_(store.head()),
      followed_to_(followed_from_),
      random_(options_.seed != 0 ? options_.seed : std::random_device{}()) {
  if (options_.probe && options_.probe->interests().commands) {
    command_probe_ = options_.probe.get();
    times_every_command_ = options_.probe->interests().every_duration;
    if (options_.probe->interests().traces) trace_probe_ = command_probe_;
  }
  if (options_.probe && options_.probe->interests().starts) start_probe_ = options_.probe.get();
  scheduler_ = options_.scheduler;
  if (scheduler_ == nullptr) {
    own_scheduler_ = std::make_unique<ThreadScheduler>(std::max<std::size_t>(options_.workers, 1),
                                                       *options_.clock);
    scheduler_ = own_scheduler_.get();
  }
}

void ExecutorCore::start_workers() {
  if (own_scheduler_) own_scheduler_->start();
}

Result<void> ExecutorCore::enter(bool bounded) noexcept {
  const std::uint32_t before = in_flight_.fetch_add(1, std::memory_order_seq_cst);
  if (closed_.load(std::memory_order_seq_cst)) {
    leave();
    return make_error(ErrorCode::ShuttingDown, "the executor is shut down");
  }
  if (bounded && before >= options_.in_flight_max) {
    leave();
    return make_error(ErrorCode::Overloaded, std::to_string(before) +
                                                 " commands are in flight, the limit is " +
                                                 std::to_string(options_.in_flight_max));
  }
  return {};
}

void ExecutorCore::leave() noexcept {
  // Once the count is 0 the executor may be gone: nothing of it is touched afterwards.
  in_flight_.fetch_sub(1, std::memory_order_acq_rel);
}

bool ExecutorCore::await_idle(Instant until) const {
  // Nobody tells of the last command's end, which would cost every command a lock.
  for (auto pause = std::chrono::microseconds(50); in_flight() != 0;
       pause = std::min(pause * 2, kIdlePauseMax)) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

Result<void> ExecutorCore::shutdown(Deadline deadline) {
  if (scheduler_->is_current_thread()) {
    return make_error(ErrorCode::WouldDeadlock,
                      "shutdown() on a worker of the same executor would wait for itself");
  }
  closed_.store(true, std::memory_order_seq_cst);
  const bool in_time = await_idle(deadline.at);
  const std::uint32_t left = in_flight();
  if (!in_time) {
    abandoning_.store(true, std::memory_order_relaxed);
    static_cast<void>(await_idle(Instant::max()));
  }
  follower_.stop();
  if (in_time) return {};
  return make_error(ErrorCode::DeadlineExceeded,
                    std::to_string(left) +
                        " commands were under way at the deadline; those not "
                        "being committed were ended");
}

std::chrono::nanoseconds ExecutorCore::backoff(std::uint32_t attempt) noexcept {
  const Backoff& backoff = options_.backoff;
  const std::uint32_t doublings = std::min(attempt > 0 ? attempt - 1 : 0, 30U);
  const auto nominal =
      std::min(backoff.max.count(), backoff.initial.count() << std::min(doublings, 20U));
  const std::uint64_t random = scatter(random_.fetch_add(1, std::memory_order_relaxed));
  const double share = 0.5 + static_cast<double>(random >> 11U) * 0x1.0p-54;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(nominal) * share));
}

bool ExecutorCore::measures_phases() noexcept {
  if (options_.phase_timing == PhaseTiming::Sampled) {
    thread_local SampleTurn turn;
    return turn.next(kTimingSample);
  }
  return options_.phase_timing == PhaseTiming::Always;
}

std::uint32_t ExecutorCore::timing_weight() const noexcept {
  switch (options_.phase_timing) {
    case PhaseTiming::Never:
      return 0;
    case PhaseTiming::Sampled:
      return kTimingSample;
    case PhaseTiming::Always:
      break;
  }
  return 1;
}

int ExecutorCore::alternative(const FoldType& fold, const StoredEvent& event) const noexcept {
  if (event.type_number == kUnnumbered) return fold.alternative(event.type);
  struct Entry {
    const FoldType* fold = nullptr;
    std::uint64_t serial = 0;
    std::uint32_t type_number = 0;
    int alternative = 0;
  };
  thread_local std::array<Entry, 256> cache;
  const auto address = reinterpret_cast<std::uintptr_t>(&fold) / alignof(FoldType);
  Entry& entry = cache[(address * 31 + event.type_number) % cache.size()];
  if (entry.fold != &fold || entry.serial != serial_ || entry.type_number != event.type_number) {
    entry = {&fold, serial_, event.type_number, fold.alternative(event.type)};
  }
  return entry.alternative;
}

void ExecutorCore::take_cached(Boundary& boundary, Position newest_at,
                               std::vector<std::uint32_t>& to_read) {
  MutexLock lock(order_);
  for (const BoundaryStream& stream : boundary.streams) table_.prefetch(stream.id);
  for (BoundaryStream& stream : boundary.streams) {
    if (!stream.gathered && stream.slot == nullptr) stream.slot = &table_.pin(stream.id);
  }
  for (std::uint32_t i = 0; i < boundary.streams.size(); ++i) {
    if (boundary.streams[i].gathered) continue;
    if (!boundary.streams[i].merged) take_stream(boundary, i, newest_at, to_read);
  }
}

void ExecutorCore::take_stream(Boundary& boundary, std::uint32_t stream, Position newest_at,
                               std::vector<std::uint32_t>& to_read) {
  BoundaryStream& target = boundary.streams[stream];
  StreamSlot& slot = *target.slot;
  const bool queued = !slot.pending.empty();
  const StreamVersion newest = queued ? slot.pending.back().after : slot.newest_state();
  bool complete = true;
  for (std::uint32_t i = target.first_view; i != kNone; i = boundary.views[i].next_of_stream) {
    BoundaryView& view = boundary.views[i];
    view.state.reset();
    view.version = {};
    const CachedFold* cached = slot.find(*view.fold);
    if (cached != nullptr && queued && cached->pending && cached->pending_version == newest) {
      view.state = cached->pending;
      view.version = newest;
    } else if (cached != nullptr && cached->state && checks_hit(*view.fold)) {
      view.check = cached->state;
      view.check_version = cached->version;
      complete = false;
    } else if (cached != nullptr && cached->state) {
      view.state = cached->state;
      view.version = cached->version;
      complete = complete && is_newest(*cached, newest_at);
    } else {
      complete = false;
    }
  }
  for (std::uint32_t i = target.first_view; i != kNone; i = boundary.views[i].next_of_stream) {
    complete = complete && boundary.views[i].version == newest;
  }
  if (complete) {
    target.basis = newest;
    target.gathered = true;
    if (queued) target.based_on = slot.pending.back().node;
  } else {
    to_read.push_back(stream);
  }
}

bool ExecutorCore::checks_hit(const FoldType& fold) noexcept {
  const std::uint32_t one_in = options_.checked_cache_hits;
  return one_in != 0 && fold.equal != nullptr && ++cache_hits_ % one_in == 0;
}

std::vector<PendingWrite> ExecutorCore::pending_of(const BoundaryStream& stream) {
  MutexLock lock(order_);
  return stream.slot->pending;
}

bool ExecutorCore::is_newest(const CachedFold& cached, Position at) const noexcept {
  if (cached.known_at >= at) return true;
  return !cached.is_behind && cached.known_at >= followed_from_ && followed_to_ >= at;
}

void ExecutorCore::keep(CachedFold& cached, std::shared_ptr<const void> state,
                        StreamVersion version, Position at) noexcept {
  if (cached.state && cached.version > version) return;
  const bool goes_on = cached.state && !cached.is_behind && cached.known_at >= followed_from_;
  if (!goes_on) cached.is_behind = at < followed_to_;
  if (!cached.state || cached.version < version) {
    cached.state = std::move(state);
    cached.version = version;
  }
  cached.known_at = std::max(cached.known_at, at);
}

void ExecutorCore::keep_committed(const Boundary& boundary,
                                  const std::vector<std::uint32_t>& streams, Position at) {
  MutexLock lock(order_);
  for (const std::uint32_t index : streams) {
    const BoundaryStream& stream = boundary.streams[index];
    for (std::uint32_t i = stream.first_view; i != kNone; i = boundary.views[i].next_of_stream) {
      const BoundaryView& view = boundary.views[i];
      if (!view.cacheable) continue;
      keep(stream.slot->find_or_add(*view.fold), view.state, view.version, at);
    }
  }
}

bool ExecutorCore::is_current(const Boundary& boundary) noexcept {
  for (const BoundaryStream& stream : boundary.streams) {
    if (!stream.gathered) continue;
    const StreamSlot& slot = *stream.slot;
    if (!slot.pending.empty()) {
      if (slot.pending.back().node.get() != stream.based_on.get()) return false;
      continue;
    }
    if (stream.based_on && stream.based_on->is_rejected()) return false;
    if (slot.newest_state() > stream.basis) return false;
  }
  return true;
}

void ExecutorCore::depend(AppendNode& node, const AppendNodePtr& predecessor) {
  for (const AppendNodePtr& known : node.dependencies) {
    if (known.get() == predecessor.get()) return;
  }
  node.dependencies.push_back(predecessor);
  node.predecessors.push_back(predecessor.get());
}

void ExecutorCore::queue_writes(Boundary& boundary, const AppendNodePtr& node) {
  for (std::uint32_t index = 0; index < boundary.streams.size(); ++index) {
    BoundaryStream& stream = boundary.streams[index];
    if (stream.emitted == 0) continue;
    StreamSlot& slot = *stream.slot;
    const StreamVersion after = stream.basis + stream.emitted;
    slot.pending.push_back({node, index, stream.basis, after});
    slot.drop_pending_states();
    for (std::uint32_t i = stream.first_view; i != kNone; i = boundary.views[i].next_of_stream) {
      const BoundaryView& view = boundary.views[i];
      if (!view.cacheable || !view.next) continue;
      CachedFold& cached = slot.find_or_add(*view.fold);
      cached.pending = view.next;
      cached.pending_version = after;
    }
  }
}

bool ExecutorCore::enqueue(Boundary& boundary, AppendNodePtr& node, CommandOperation& owner) {
  MutexLock lock(order_);
  if (!is_current(boundary)) return false;
  for (const BoundaryStream& stream : boundary.streams) {
    if (stream.based_on) depend(*node, stream.based_on);
  }
  node->arm(&owner);
  store_.submit_append(*node);
  // A store in memory has answered already: nothing is ever queued, and the lock is held anyway.
  if (node->is_completed()) {
    settle_all(boundary, node.get(), node->is_stored());
  } else if (node->batch.event_count() > 0) {
    queue_writes(boundary, node);
  }
  return true;
}

void ExecutorCore::settle_stream(Boundary& boundary, const BoundaryStream& stream, AppendNode& node,
                                 bool stored) {
  StreamSlot& slot = *stream.slot;
  const StreamVersion after = stream.basis + stream.emitted;
  if (!stored) {
    // Not there: a write before it failed and took it along.
    const auto write = std::find_if(slot.pending.begin(), slot.pending.end(),
                                    [&](const PendingWrite& w) { return w.node.get() == &node; });
    if (write == slot.pending.end()) return;
    slot.pending.erase(write, slot.pending.end());
    slot.drop_pending_states();
    return;
  }
  // What was queued before it is stored too.
  slot.pending.erase(slot.pending.begin(),
                     std::find_if(slot.pending.begin(), slot.pending.end(),
                                  [&](const PendingWrite& w) { return w.after > after; }));
  for (std::uint32_t i = stream.first_view; i != kNone; i = boundary.views[i].next_of_stream) {
    const BoundaryView& view = boundary.views[i];
    if (!view.cacheable || !view.next) continue;
    keep(slot.find_or_add(*view.fold), view.next, after, node.result()->last);
  }
  if (slot.pending.empty()) slot.drop_pending_states();
}

void ExecutorCore::settle(Boundary& boundary, AppendNode* node, bool stored) noexcept {
  const bool settled = std::all_of(boundary.streams.begin(), boundary.streams.end(),
                                   [](const auto& stream) { return stream.slot == nullptr; });
  if (settled) return;
  MutexLock lock(order_);
  settle_all(boundary, node, stored);
}

void ExecutorCore::settle_all(Boundary& boundary, AppendNode* node, bool stored) noexcept {
  for (BoundaryStream& stream : boundary.streams) {
    if (stream.slot == nullptr) continue;
    if (node != nullptr && stream.emitted > 0) settle_stream(boundary, stream, *node, stored);
    table_.unpin(*std::exchange(stream.slot, nullptr));
    stream.based_on = {};
  }
}

}  // namespace eventcore::detail
