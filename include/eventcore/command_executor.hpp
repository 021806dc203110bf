#pragma once

/// \file
/// `CommandExecutor`: reads, folds, decides and appends, until it is done or must be reported.
///
///     auto result = executor.execute(Deposit{account, 500}, {.deadline = 2s});
///     if (!result) return result.error();            // an operating failure
///     if (result->rejected()) …                      // a refusal: result->rejection()->code
///
/// A conflict with another writer is retried with a growing, jittered pause, and from the first one
/// on the executor follows the log, as long as it matters, so that what it has cached stays the
/// newest (a thread, and a read each 2 ms). Commands of one
/// process that meet on a stream do not conflict: each decides on what those before it have
/// queued, and nothing is reported before all that it depends on is durable. The usual mistake is
/// to call `execute` from a completion, or from `handle`: that is `WouldDeadlock`; use `submit`
/// in a completion, and let `reads()` list what `handle` needs.

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "eventcore/command.hpp"
#include "eventcore/detail/command_operation.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/execute_options.hpp"
#include "eventcore/execution_result.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// The result of executing a command of type C.
template <Command C>
using Executed = ExecutedWith<RejectionOf<C>>;

/// The pause after conflict n is random between 0.5 and 1 times `min(initial * 2^(n - 1), max)`
/// ("equal jitter"), and at least 2 ms while the log is followed.
struct Backoff {
  std::chrono::nanoseconds initial = std::chrono::microseconds(500);
  std::chrono::nanoseconds max = std::chrono::milliseconds(100);
};

/// When an executor stamps the phases of a command.
enum class PhaseTiming : std::uint8_t { Never, Sampled, Always };

/// How an executor works.
struct CommandExecutorOptions {
  /// Conflicts until `VersionConflict` is reported. Attempts that were lost with those of other
  /// commands that they were built on do not count.
  std::uint32_t attempts_max = 20;
  Backoff backoff = {};
  std::chrono::nanoseconds default_deadline = std::chrono::seconds(30);
  std::uint32_t in_flight_max = 8'192;  ///< Commands; above `submit` says `Overloaded`.
  std::size_t cached_streams_max = 100'000;
  /// Follow the log while others write to it; never with a `scheduler`.
  bool follows_others = true;
  /// Folds one cached state in so many anew and compares; a difference is `HandlerFailed`. 0: none.
  /// For tests: finds an `apply` that is not pure, of folds with `==`.
  std::uint32_t checked_cache_hits = 0;
  std::size_t workers = 2;                          ///< Threads for submitted commands.
  PhaseTiming phase_timing = PhaseTiming::Sampled;  ///< Sampled: one command in 16.
  std::uint64_t seed = 0;                           ///< Of the jitter; 0: random.
  const Clock* clock = &system_clock();
  std::shared_ptr<Probe> probe = nullptr;
  Scheduler* scheduler = nullptr;  ///< Instead of own workers; must outlive the executor.
};

/// Executes commands on one store. Thread-safety: Thread-safe. Ownership: the store must outlive
/// it. Its destructor is `shutdown` without a deadline; not for its own workers.
class CommandExecutor {
 public:
  explicit CommandExecutor(EventStore& store, CommandExecutorOptions options = {});
  CommandExecutor(const CommandExecutor&) = delete;
  CommandExecutor& operator=(const CommandExecutor&) = delete;
  virtual ~CommandExecutor();

  /// Executes `command` on this thread. Blocking: until the result is durable or the deadline.
  /// Errors: VersionConflict (attempts exhausted), UndeclaredStream, UnknownEventType,
  /// DecodeFailed, HandlerFailed, LimitExceeded, InvalidArgument, KeyReused, DeadlineExceeded,
  /// Cancelled, WouldDeadlock, ShuttingDown, and those of `EventStore::submit_append`.
  template <class C>
  [[nodiscard]] Result<ExecutedWith<RejectionOf<C>>> execute(const C& command,
                                                             const ExecuteOptions& options = {});

  /// Executes `command` on the workers, then runs `completion(Result<Executed<C>>)` there, exactly
  /// once; it must not throw. Blocking: no. On error (Overloaded, ShuttingDown) the command was
  /// not accepted and the completion will not run.
  template <class C, class Completion>
  [[nodiscard]] Result<void> submit(C command, ExecuteOptions options, Completion completion);
  template <class C, class Completion>
  [[nodiscard]] Result<void> submit(C command, Completion completion) {
    return submit(std::move(command), ExecuteOptions{}, std::move(completion));
  }

  /// A command to wait for in a coroutine, which resumes on a worker:
  ///
  ///     auto transfer = executor.run(Transfer{alice, bob, 70}, {.idempotency_key = key});
  ///     auto result = co_await transfer;               // what `execute` returns
  ///
  /// Two statements, because g++ 12 destroys aggregates that are temporaries of a `co_await` twice;
  /// with it `co_await executor.run(…)` does not compile. Destroying a waiting coroutine leaves the
  /// command to its fate; as with any coroutine, not while a worker may be resuming it. Example:
  /// examples/coroutines.cpp.
  template <class C>
  [[nodiscard]] auto run(C command, ExecuteOptions options);
  template <class C>
  [[nodiscard]] auto run(C command) {
    return run(std::move(command), ExecuteOptions{});
  }

  /// Refuses new commands and waits for those under way; after the deadline those that are not
  /// being committed end with `ShuttingDown`. Every completion has run when it returns.
  /// Errors: DeadlineExceeded (some were ended), WouldDeadlock (called by a worker).
  [[nodiscard]] Result<void> shutdown(Deadline deadline = {});

  /// How many commands one with measured phases stands for; 0 if phases are never measured.
  [[nodiscard]] std::uint32_t timing_weight() const noexcept;
  /// Whether its probe gives commands their place in a trace.
  [[nodiscard]] bool traces_commands() const noexcept;
  /// Commands under way.
  [[nodiscard]] std::uint32_t in_flight() const noexcept;
  [[nodiscard]] EventStore& store() noexcept;

 private:
  std::unique_ptr<detail::ExecutorCore> core_;
};

namespace detail {

/// The typed half of an operation over `const C&`.
template <class C>
class TypedOperation : public CommandOperation {
 public:
  TypedOperation(ExecutorCore& core, const C& command, const ExecuteOptions& options)
      : CommandOperation(core, command_type<C>, options), command_(command) {}

  [[nodiscard]] Result<ExecutedWith<RejectionOf<C>>> take() {
    Result<ExecutionResult> result = take_result();
    if (!result) return std::move(result).error();
    return ExecutedWith<RejectionOf<C>>(*std::move(result), std::move(rejection_));
  }

 protected:
  void declare(Boundary& boundary) override { command_.reads().declare(boundary); }

  void discover(Boundary& boundary) override {
    if constexpr (Handles<C, ReadsOf<C>>::discovers) {
      Discovery more(ReadsOf<C>::discovered_groups());
      ReadsOf<C>::call(boundary, [&](auto&&... states) { command_.discover(states..., more); });
      more.add_to(boundary);
    } else {
      static_cast<void>(boundary);
    }
  }

  Verdict handle(const Boundary& boundary, EmissionSink& sink) override {
    Emitter<typename C::Event> emit(sink);
    rejection_.reset();
    BasicDecision<RejectionOf<C>> decision =
        ReadsOf<C>::call(boundary, [&](auto&&... states) -> BasicDecision<RejectionOf<C>> {
          return command_.handle(states..., emit);
        });
    if (RejectionOf<C>* rejection = decision.rejection()) {
      rejection_ = std::move(*rejection);
      return {Verdict::Kind::Rejected, FixedName(rejection_->code).view(), {}};
    }
    if (const std::string* failure = decision.failure()) {
      return {Verdict::Kind::Failed, {}, *failure};
    }
    return {};
  }

  void deliver() noexcept override {}

 private:
  const C& command_;
  std::optional<RejectionOf<C>> rejection_;
};

/// Holds what a submitted operation refers to; a base, so that it lives longer. The options live
/// longest: the thread's current frame refers to them while the rest is destroyed.
template <class C>
struct OwnedCommand {
  ExecuteOptions options;
  C command;
};

template <class C, class Completion>
class SubmittedOperation final : private OwnedCommand<C>, public TypedOperation<C> {
 public:
  SubmittedOperation(ExecutorCore& core, C what, ExecuteOptions how, Completion completion)
      : OwnedCommand<C>{std::move(how), std::move(what)},
        TypedOperation<C>(core, OwnedCommand<C>::command, OwnedCommand<C>::options),
        completion_(std::move(completion)) {}

 private:
  void deliver() noexcept override {
    std::unique_ptr<SubmittedOperation> self(this);
    completion_(this->take());
  }

  Completion completion_;
};

/// Shared by a waiting coroutine and its command; either may go first.
template <class C>
struct AwaitState {
  std::coroutine_handle<> waiting;
  std::atomic<bool> claimed = false;  // atomic: a destroyed coroutine against its completion
  std::optional<Result<ExecutedWith<RejectionOf<C>>>> result;
};

/// A command that a coroutine is going to wait for.
template <class C>
class Awaitable {
 public:
  /// Waits for one `Awaitable`.
  class Awaiter {
   public:
    explicit Awaiter(Awaitable& pending) noexcept : pending_(pending) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) { return pending_.submit(waiting); }
    Result<ExecutedWith<RejectionOf<C>>> await_resume() {
      return *std::move(pending_.state_->result);
    }

   private:
    Awaitable& pending_;
  };

  Awaitable(CommandExecutor& executor, C command, ExecuteOptions options)
      : executor_(executor), command_(std::move(command)), options_(std::move(options)) {}
  Awaitable(const Awaitable&) = delete;
  Awaitable& operator=(const Awaitable&) = delete;
  ~Awaitable() {
    if (state_) state_->claimed.store(true, std::memory_order_release);
  }

  /// Once.
  Awaiter operator co_await() & noexcept { return Awaiter(*this); }
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  Awaiter operator co_await() && = delete;  // name what `run` returns; its comment says why
#else
  Awaiter operator co_await() && noexcept { return Awaiter(*this); }
#endif

 private:
  bool submit(std::coroutine_handle<> waiting) {
    state_ = std::make_shared<AwaitState<C>>();
    state_->waiting = waiting;
    // From here on the coroutine may resume, and this object end, on a worker.
    std::shared_ptr<AwaitState<C>> state = state_;
    Result<void> accepted =
        executor_.submit(std::move(command_), std::move(options_),
                         [state](Result<ExecutedWith<RejectionOf<C>>> result) {
                           state->result.emplace(std::move(result));
                           if (!state->claimed.exchange(true, std::memory_order_acq_rel))
                             state->waiting.resume();
                         });
    if (accepted) return true;
    state->result.emplace(std::move(accepted).error());
    return false;
  }

  CommandExecutor& executor_;
  C command_;
  ExecuteOptions options_;
  std::shared_ptr<AwaitState<C>> state_;
};

}  // namespace detail

template <class C>
Result<ExecutedWith<RejectionOf<C>>> CommandExecutor::execute(const C& command,
                                                              const ExecuteOptions& options) {
  detail::explain_command<C>();
  if constexpr (Command<C>) {
    detail::TypedOperation<C> operation(*core_, command, options);
    static_cast<detail::CommandOperation&>(operation).execute();
    return operation.take();
  } else {
    return detail::no_result<ExecutedWith<RejectionOf<C>>>();
  }
}

template <class C, class Completion>
Result<void> CommandExecutor::submit(C command, ExecuteOptions options, Completion completion) {
  detail::explain_command<C>();
  static_assert(std::is_invocable_v<Completion&, Result<ExecutedWith<RejectionOf<C>>>>,
                "eventcore: the completion takes Result<Executed<C>>");
  if constexpr (Command<C>) {
    auto operation = std::make_unique<detail::SubmittedOperation<C, Completion>>(
        *core_, std::move(command), std::move(options), std::move(completion));
    Result<void> accepted = static_cast<detail::CommandOperation&>(*operation).submit();
    if (accepted) static_cast<void>(operation.release());
    return accepted;
  } else {
    return detail::no_result<void>();
  }
}

template <class C>
auto CommandExecutor::run(C command, ExecuteOptions options) {
  return detail::Awaitable<C>(*this, std::move(command), std::move(options));
}

}  // namespace eventcore
