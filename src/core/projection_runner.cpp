#include "eventcore/projection_runner.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "eventcore/assert.hpp"
#include "eventcore/limits.hpp"
#include "lease_holder.hpp"
#include "projection_loop.hpp"

namespace eventcore {
namespace {

constexpr std::chrono::milliseconds kPollOfOthers{20};

Result<void> check(const ProjectionRunnerOptions& options) {
  const auto wrong = [](const char* rule) { return make_error(ErrorCode::InvalidArgument, rule); };
  constexpr std::chrono::nanoseconds kNothing{0};
  if (options.failure.attempts == 0) return wrong("an event is attempted at least once");
  if (options.batch_events == 0 || options.batch_events > limits::kPageEvents) {
    return wrong("a batch has 1 to 10,000 events");
  }
  if (options.lease <= kNothing || options.request_poll <= kNothing ||
      options.idle_time <= kNothing || options.store_pause_first <= kNothing ||
      options.failure.pause_first < kNothing) {
    return wrong("lease, polls and pauses of a runner last longer than nothing");
  }
  return {};
}

}  // namespace

std::string_view to_string(ProjectionState state) noexcept {
  switch (state) {
    case ProjectionState::Starting:
      return "starting";
    case ProjectionState::Running:
      return "running";
    case ProjectionState::CaughtUp:
      return "caught_up";
    case ProjectionState::Replaying:
      return "replaying";
    case ProjectionState::Retrying:
      return "retrying";
    case ProjectionState::Paused:
      return "paused";
    case ProjectionState::Faulted:
      return "faulted";
    case ProjectionState::Stopped:
      break;
  }
  return "stopped";
}

namespace detail {

/// The loop of a runner with its thread. Thread-safety: Thread-safe.
class ProjectionThread {
 public:
  ProjectionThread(EventStore& store, std::shared_ptr<Projector> projector,
                   ProjectionRunnerOptions options)
      : loop(store, std::move(projector), std::move(options)) {}
  ~ProjectionThread() { ignore_error(stop({}), "without a deadline it can't fail"); }

  void start() {
    const MutexLock lock(mutex_);
    EVENTCORE_ASSERT(!started_, "a runner is started once");
    started_ = true;
    ended_ = false;
    loop.board().update([](ProjectionStatus& status) { status.state = ProjectionState::Starting; });
    thread_ = std::thread([this] {
      prctl(PR_SET_NAME, "eventcore-proj", 0, 0, 0);
      loop.run();
      const MutexLock ending(mutex_);
      ended_ = true;
      changed_.notify_all();
    });
  }

  Result<void> stop(Deadline deadline) {
    loop.board().stop();
    MutexLock lock(mutex_);
    while (!ended_) {
      if (deadline.is_never()) {
        changed_.wait(lock);
      } else if (changed_.wait_until(lock, deadline.at) == std::cv_status::timeout && !ended_) {
        return make_error(ErrorCode::DeadlineExceeded, "the projector is still applying a batch");
      }
    }
    // Two may stop; one joins.
    std::thread ending = std::exchange(thread_, std::thread());
    lock.unlock();
    if (ending.joinable()) ending.join();
    return {};
  }

  [[nodiscard]] bool is_started() {
    const MutexLock lock(mutex_);
    return started_;
  }

  ProjectionLoop loop;

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool started_ EVENTCORE_GUARDED_BY(mutex_) = false;
  bool ended_ EVENTCORE_GUARDED_BY(mutex_) = true;
  std::thread thread_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace detail

Result<std::unique_ptr<ProjectionRunner>> ProjectionRunner::open(
    EventStore& store, std::shared_ptr<Projector> projector, ProjectionRunnerOptions options) {
  EVENTCORE_ASSERT(projector != nullptr, "a runner needs a projector");
  if (auto checked = check_projection_name(projector->key()); !checked) return checked.error();
  if (auto checked = check(options); !checked) return checked.error();
  if (options.rebuild_of == projector->key()) {
    return make_error(ErrorCode::InvalidArgument, "a projection is not rebuilt beside itself");
  }
  if (!options.rebuild_of.empty()) {
    if (auto checked = check_projection_name(options.rebuild_of); !checked) return checked.error();
  }
  if (const std::size_t most = projector->description().batch_events; most != 0) {
    options.batch_events = std::min(options.batch_events, most);
  }
  if (options.holder.empty()) options.holder = detail::make_holder();
  return std::unique_ptr<ProjectionRunner>(new ProjectionRunner(
      std::make_unique<detail::ProjectionThread>(store, std::move(projector), std::move(options))));
}

ProjectionRunner::ProjectionRunner(std::unique_ptr<detail::ProjectionThread> thread)
    : thread_(std::move(thread)) {}

ProjectionRunner::~ProjectionRunner() = default;

void ProjectionRunner::start() { thread_->start(); }

Result<void> ProjectionRunner::stop(Deadline deadline) { return thread_->stop(deadline); }

void ProjectionRunner::restart() { thread_->loop.restart(); }

Result<void> ProjectionRunner::drain(Deadline deadline) {
  if (!thread_->is_started()) return thread_->loop.drain(deadline);
  const auto end = thread_->loop.log_end();
  if (!end) return end.error();
  return wait_for(*end, deadline);
}

Result<void> ProjectionRunner::wait_for(Position position, Deadline deadline) {
  detail::ProjectionLoop& loop = thread_->loop;
  for (;;) {
    // Nobody tells this process of a leader elsewhere: its checkpoint is looked at.
    const Deadline look{std::min(deadline.at, Deadline::after(kPollOfOthers).at)};
    bool leads = false;
    static_cast<void>(loop.board().wait(look, [&](const ProjectionStatus& status) {
      leads = status.leader;
      return status.leader ? status.checkpoint >= position
                           : status.state == ProjectionState::Faulted ||
                                 status.state == ProjectionState::Stopped;
    }));
    const ProjectionStatus status = loop.board().status();
    if (status.leader && status.checkpoint >= position) return {};
    if (!leads) {
      const auto record = loop.store().projections().load(loop.projector().key());
      if (record && *record && (*record)->position >= position) return {};
      if (status.state == ProjectionState::Faulted) {
        return make_error(ErrorCode::HandlerFailed,
                          "the projection stopped at a failure: " + status.last_error);
      }
      if (loop.board().is_stopping()) {
        return make_error(ErrorCode::Cancelled, "the runner was stopped");
      }
    }
    if (deadline.expired(system_clock())) {
      return make_error(ErrorCode::DeadlineExceeded, "the projection has not come that far", {},
                        status.checkpoint);
    }
  }
}

ProjectionStatus ProjectionRunner::status() const { return thread_->loop.board().status(); }

const Projector& ProjectionRunner::projector() const noexcept { return thread_->loop.projector(); }

EventStore& ProjectionRunner::store() const noexcept { return thread_->loop.store(); }

}  // namespace eventcore
