#include "projection_loop.hpp"

#include <algorithm>
#include <utility>

#include "event_span.hpp"
#include "eventcore/head_watcher.hpp"

namespace eventcore::detail {
namespace {

// A store may learn a moment late what another process has committed.
constexpr std::chrono::seconds kPatience{1};

LogQuery query_of(const Projector& projector, const ProjectionRunnerOptions& options) {
  LogQuery query;
  query.filter = projector.description().filter;
  query.events_max = options.batch_events;
  query.bytes_max = options.batch_bytes;
  const bool is_traced = options.probe != nullptr && options.probe->traces();
  query.with_batch = projector.description().with_batch || is_traced;
  return query;
}

Error other_log(std::string message, Position position) {
  return make_error(ErrorCode::InvalidArgument, std::move(message), {}, position);
}

}  // namespace

ProjectionLoop::ProjectionLoop(EventStore& store, std::shared_ptr<Projector> projector,
                               ProjectionRunnerOptions options)
    : store_(store),
      storage_(store.projections()),
      projector_(std::move(projector)),
      model_(projector_->read_model()),
      options_(std::move(options)),
      probe_(options_.probe.get()),
      tracing_(probe_ != nullptr && probe_->traces() ? probe_ : nullptr),
      feed_(store, query_of(*projector_, options_)),
      batch_max_(options_.batch_events) {}

void ProjectionLoop::show(ProjectionState state) {
  board_.update([&](ProjectionStatus& status) { status.state = state; });
}

void ProjectionLoop::restart() {
  restart_.store(true, std::memory_order_release);
  board_.interrupt();
}

void ProjectionLoop::run() {
  while (!board_.is_stopping()) {
    Result<void> ended = lead({});
    if (ended || board_.is_stopping()) continue;
    const ErrorCode code = ended.error().code;
    if (code == ErrorCode::LeaseLost) {
      board_.clear_interrupt();
      if (!board_.is_stopping()) board_.sleep(Deadline::after(options_.request_poll));
    } else {
      await_resumption(ended.error());
    }
  }
  show(ProjectionState::Stopped);
}

// Another process may have written what this store has not heard of: a read catches up.
Result<Position> ProjectionLoop::log_end() {
  const Position head = store_.head();
  const auto page = store_.read(LogQuery{.after = head, .events_max = 1});
  if (!page) return page.error();
  const Position end = std::max(page->at, head);
  if (options_.rebuild_of.empty()) return end;
  const auto live = storage_.load(options_.rebuild_of);
  if (!live) return live.error();
  return *live ? std::min(end, (*live)->position) : end;
}

Result<void> ProjectionLoop::drain(Deadline deadline) {
  const auto end = log_end();
  if (!end) return end.error();
  Result<void> drained = lead({.position = *end, .deadline = deadline});
  const bool faulted = !drained && drained.error().code != ErrorCode::Cancelled &&
                       drained.error().code != ErrorCode::DeadlineExceeded &&
                       drained.error().code != ErrorCode::LeaseLost;
  board_.update([&](ProjectionStatus& status) {
    status.state = faulted ? ProjectionState::Faulted : ProjectionState::Stopped;
    if (faulted) status.last_error = describe(drained.error());
  });
  return drained;
}

Result<bool> ProjectionLoop::take_lease() {
  const Instant asked = system_clock().now();
  const auto answer = persist([&] {
    return storage_.acquire_lease(
        {.projection = projector_->key(), .holder = options_.holder, .duration = options_.lease});
  });
  if (!answer) return answer.error();
  lease_ = answer->lease;
  if (!answer->acquired) return false;
  const auto record = persist([&] { return storage_.load(projector_->key()); });
  if (!record) return record.error();
  if (!*record || (*record)->lease.token != lease_.token) return false;
  leading_ = board_.begin_leading();
  requests_seen_ = (*record)->requests;
  resets_done_ = (*record)->resets_done;
  quiet_until_ = (*record)->quiet_until;
  watch_.emplace(storage_, board_, options_, **record, asked);
  board_.update([&](ProjectionStatus& status) {
    status.leader = true;
    status.token = lease_.token;
  });
  if (probe_ != nullptr) probe_->lease_acquired(projector_->key(), lease_.token);
  return true;
}

Result<void> ProjectionLoop::await_lease(const Goal& goal) {
  for (;;) {
    board_.clear_interrupt();
    if (auto going = check_going(goal); !going) return going;
    const auto taken = take_lease();
    if (!taken) return taken.error();
    if (*taken) return {};
    const Deadline poll = Deadline::after(options_.request_poll);
    board_.sleep({std::min(poll.at, goal.deadline.at)});
  }
}

// Whether to go on leading, or waiting to lead.
Result<void> ProjectionLoop::check_going(const Goal& goal) {
  if (board_.is_stopping()) return make_error(ErrorCode::Cancelled, "the runner was stopped");
  if (watch_ && watch_->is_lost()) {
    return make_error(ErrorCode::LeaseLost, "another runner may lead by now");
  }
  if (goal.deadline.expired(system_clock())) {
    return make_error(ErrorCode::DeadlineExceeded, "the log was not drained in time");
  }
  return {};
}

Result<void> ProjectionLoop::lead(const Goal& goal) {
  deadline_ = goal.deadline;
  show(ProjectionState::Starting);
  if (auto waited = await_lease(goal); !waited) return waited;
  Result<void> ended = find_checkpoint();
  if (ended) ended = lead_on(goal);
  leave(ended);
  return ended;
}

Result<void> ProjectionLoop::lead_on(const Goal& goal) {
  suspect_ = {};
  batch_max_ = options_.batch_events;
  caught_up_once_ = false;
  begin_replay(position_.value == 0);
  live_.reset();
  live_gone_ = false;
  outages_ = 0;
  replays_pending_ = true;
  // A checkpoint past the goal may be past the log: reading tells.
  bool has_read = false;
  const auto is_there = [&] {
    if (!goal.position || watch_->record().resets > resets_done_) return false;
    return position_ == *goal.position ||
           (position_ > *goal.position && has_read && !log_short_since_);
  };
  for (;;) {
    board_.clear_interrupt();
    if (is_there()) return flush();
    if (auto going = check_going(goal); !going) return going;
    if (auto served = serve_requests(goal); !served) return served;
    if (watch_->record().paused) continue;
    if (auto read = read_on(goal); !read) return read;
    has_read = true;
  }
}

// One attempt to leave a good checkpoint: what it lacks is applied again.
void ProjectionLoop::leave(const Result<void>& ended) {
  const bool lost = watch_->is_lost() || (!ended && ended.error().code == ErrorCode::LeaseLost);
  if (!lost && (ended || ended.error().code != ErrorCode::InvalidArgument)) {
    deadline_ = {Instant{}};
    ignore_error(flush(), "the store keeps an older checkpoint, from which it goes on");
  }
  watch_.reset();
  board_.end_leading();
  if (lost) {
    if (probe_ != nullptr) probe_->lease_lost(projector_->key(), lease_.token);
  } else {
    ignore_error(storage_.release_lease(projector_->key(), lease_.token), "the lease ends anyway");
  }
  board_.update([&](ProjectionStatus& status) {
    status.leader = false;
    status.progress.reset();
    if (lost) status.last_error = ended ? "lease_lost" : describe(ended.error());
  });
}

// A projection that stopped at a failure waits until somebody asks for something.
void ProjectionLoop::await_resumption(const Error& fault) {
  restart_.store(false, std::memory_order_release);
  board_.update([&](ProjectionStatus& status) {
    status.state = ProjectionState::Faulted;
    status.last_error = describe(fault);
  });
  while (!restart_.load(std::memory_order_acquire)) {
    board_.clear_interrupt();
    if (board_.is_stopping() || restart_.load(std::memory_order_acquire)) return;
    board_.sleep(Deadline::after(options_.request_poll));
    const auto record = storage_.load(projector_->key());
    if (record && *record && (*record)->requests != requests_seen_) return;
  }
}

Result<void> ProjectionLoop::find_checkpoint() {
  const auto id = persist([&] { return storage_.log_id(); });
  if (!id) return id.error();
  log_id_ = *id;
  const ProjectionRecord record = watch_->record();
  position_ = durable_ = record.position;
  if (model_ != nullptr) {
    const Result<Position> entered = enter_read_model(record);
    if (!entered) return entered.error();
    position_ = model_position_ = *entered;
    // The read model is right. What the store says beyond it comes again, letters too.
    if (position_ != record.position) {
      if (auto saved = save({}, true); !saved) return saved;
    }
  }
  unsaved_since_.reset();
  log_short_since_.reset();
  feed_.seek(position_);
  board_.update([&](ProjectionStatus& status) {
    status.checkpoint = position_;
    status.durable = durable_;
  });
  return {};
}

// Writes the token before anything is read, so that a former leader can't commit any more.
Result<Position> ProjectionLoop::enter_read_model(const ProjectionRecord& record) {
  return persist([&]() -> Result<Position> {
    const auto found = model_->begin({.token = lease_.token, .log_id = log_id_});
    if (!found) return found.error();
    const bool foreign = !found->log_id.is_nil() && found->log_id != log_id_;
    if (foreign && !record.has_pending_reset()) {
      model_->roll_back();
      return other_log("the read model of '" + projector_->key() +
                           "' belongs to another log; reset it to go on with this one",
                       found->position);
    }
    if (auto committed = model_->commit(found->position); !committed) return committed.error();
    return found->position;
  });
}

Result<void> ProjectionLoop::read_on(const Goal& goal) {
  if (auto looked = look_at_live(); !looked) return looked;
  if (live_ && position_ >= *live_) return rest_behind_live(goal);
  feed_.seek(position_);
  const auto page = persist([&] { return feed_.next(); });
  if (!page) return page.error();
  const Position head = std::max(page->at, store_.head());
  board_.update([&](ProjectionStatus& status) {
    status.last_poll = status.last_success = now();
    status.head = head;
  });
  if (page->at < position_) return await_log(page->at);
  log_short_since_.reset();
  return use_page(*page, goal);
}

Result<void> ProjectionLoop::use_page(const EventPage& page, const Goal& goal) {
  const Position end = live_ ? std::min(page.scanned_to, *live_) : page.scanned_to;
  const std::span<const StoredEvent> events = up_to(page.events, end);
  if (!events.empty() || end < store_.head()) {
    show(caught_up_once_ ? ProjectionState::Running : ProjectionState::Replaying);
  }
  if (!events.empty()) {
    if (!caught_up_once_) show_progress();  // The first batch may take long.
    if (auto applied = apply_page(events, end); !applied) return applied;
    if (position_ < end) return {};
  } else if (end > position_) {
    position_ = end;
    if (!unsaved_since_) unsaved_since_ = system_clock().now();
    board_.update([&](ProjectionStatus& status) { status.checkpoint = position_; });
  }
  show_progress();
  if (is_flush_due()) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  if (page.more || position_ < store_.head()) return {};
  return rest(goal);
}

Result<void> ProjectionLoop::rest(const Goal& goal) {
  if (goal.position && position_ >= *goal.position) return {};
  caught_up_once_ = true;
  show(ProjectionState::CaughtUp);
  Instant until = goal.deadline.at;
  if (unsaved_since_) until = std::min(until, *unsaved_since_ + options_.idle_time);
  show_progress();
  const Position head = store_.head_watcher().wait_beyond(position_, {until}, board_.interrupts());
  if (head <= position_ && !board_.is_interrupted() && system_clock().now() < until) {
    // The store is closed, or can't see more: it must not be asked without a pause.
    board_.sleep({std::min(until, Deadline::after(options_.request_poll).at)});
  }
  return is_flush_due() ? flush() : Result<void>();
}

Result<void> ProjectionLoop::await_log(Position head) {
  const Instant seen = system_clock().now();
  if (!log_short_since_) log_short_since_ = seen;
  if (seen >= *log_short_since_ + kPatience) {
    return other_log("the log ends before the checkpoint of '" + projector_->key() +
                         "': it is another log, or an older copy of it; reset the projection",
                     head);
  }
  static_cast<void>(store_.head_watcher().wait_beyond(
      head, {std::min(*log_short_since_ + kPatience, deadline_.at)}, board_.interrupts()));
  return {};
}

}  // namespace eventcore::detail
