#pragma once

/// \file
/// One command under way, without its type. The typed shell is in command_executor.hpp.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/detail/boundary.hpp"
#include "eventcore/detail/span_frame.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/execute_options.hpp"
#include "eventcore/execution_result.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/scheduler.hpp"
#include "eventcore/trace_context.hpp"

namespace eventcore {

namespace detail {

class ExecutorCore;
class Waiter;

/// What the typed `handle` said.
struct Verdict {
  enum class Kind : std::uint8_t { Accepted, Rejected, Failed };
  Kind kind = Kind::Accepted;
  std::string_view rejection_code;  ///< A fixed name.
  std::string failure;
};

/// The state machine of one command. Thread-safety: driven by one thread at a time, either the
/// caller of `execute` or a worker; the store only signals it.
class CommandOperation : public Task {
 public:
  CommandOperation(ExecutorCore& core, std::string_view command_type,
                   const ExecuteOptions& options);
  ~CommandOperation() override;

  /// Runs the command on the calling thread. Blocking: until it is over.
  void execute() noexcept;
  /// Hands the command to the executor's workers; `deliver` runs there when it is over. On error
  /// it was not accepted and `deliver` never runs.
  [[nodiscard]] Result<void> submit() noexcept;

  void run() noexcept final;

 protected:
  virtual void declare(Boundary& boundary) = 0;
  virtual void discover(Boundary& boundary) = 0;
  virtual Verdict handle(const Boundary& boundary, EmissionSink& sink) = 0;
  /// The command is over; may destroy the operation.
  virtual void deliver() noexcept = 0;

  /// The result. Requires: the command is over. Once.
  [[nodiscard]] Result<ExecutionResult> take_result();

 private:
  friend class ExecutorCore;
  friend class AppendNode;
  struct Read;
  enum class Step : std::uint8_t { Begin, Gather, FoldPage, Decide, Settle, Replay, Resume, Done };
  enum class Wait : std::uint8_t { None, Store, Backoff };

  /// Runs steps until one has to wait, or the command is over.
  Wait advance() noexcept;
  /// What is current in the thread that drives it.
  SpanFrame frame() const noexcept;
  Wait begin();
  Wait gather();
  Wait fold_page();
  Wait next_round();
  Wait decide();
  Wait settle();
  Wait replay();
  /// `counts`: towards the attempts that a command has.
  Wait retry(const Error& conflict, bool counts);
  Wait resume();
  Wait finish(Error error);
  Wait finish(CommandOutcome outcome);

  Result<void> declare_boundary();
  Wait submit_read(ReadQuery query, Step then);
  [[nodiscard]] StreamsQuery missing_streams();
  Result<void> fold_events(const EventPage& page);
  Result<void> finish_streams(const EventPage& page);
  static Result<void> compare_with_cached(BoundaryView& view, const BoundaryStream& stream);
  Result<void> apply_pending(BoundaryStream& stream);
  Result<void> apply_batch(BoundaryStream& stream, const WriteBatch& batch, std::uint32_t index);
  Result<void> apply(BoundaryView& view, const StoredEvent& event);
  void start_over() noexcept;
  /// Which streams of the boundary a batch names.
  enum class Streams : std::uint8_t { All, Gathered };
  void prepare_batch(Streams which);
  /// Reports what user code failed with, once it is sure that what it saw was current and durable
  /// and that the key is new.
  Wait check_failure(Error error);
  Wait enqueue();
  void report() noexcept;
  [[nodiscard]] bool interrupted(Error& error) const;

  void arm() noexcept { rendezvous_.store(false, std::memory_order_relaxed); }
  /// True for the second of the two that meet: the store's completion and the driver.
  bool meet() noexcept { return rendezvous_.exchange(true, std::memory_order_acq_rel); }
  void signal() noexcept;
  void await_store() noexcept;

  void stamp(CommandPhase phase) noexcept;
  /// The command's place in its trace; null if nobody traces.
  [[nodiscard]] const CommandTrace* span() const noexcept;
  void end_attempt(Instant now) noexcept;

  ExecutorCore& core_;
  const ExecuteOptions& options_;
  std::string_view command_type_;
  TraceContext trace_;
  Uuid id_;
  Deadline deadline_;
  Waiter* waiter_ = nullptr;              // of the thread in `execute`; null for submitted ones
  std::atomic<bool> rendezvous_ = false;  // atomic: the store's thread and the driver meet here

  Step step_ = Step::Begin;
  Boundary boundary_;
  std::optional<Position> at_;          // the position of this attempt's reads
  std::vector<std::uint32_t> reading_;  // streams of the read under way
  std::unique_ptr<Read> read_;
  AppendNodePtr node_;
  bool taken_back_ = false;  // the append was cancelled; its result will never be looked at
  Position newest_at_;       // after a conflict: where states have to have been the newest

  CommandOutcome outcome_ = CommandOutcome::Committed;
  std::optional<Error> error_;
  std::optional<Error> failure_;  // the error to report once it is checked
  std::string_view rejection_code_;
  bool replayed_ = false;
  std::uint32_t attempts_ = 1;
  std::uint32_t conflicts_ = 0;  // of its own; the other attempts were taken along
  std::uint32_t local_retries_ = 0;
  std::uint32_t rounds_ = 0;
  std::uint32_t events_folded_ = 0;
  std::vector<Interference> interference_;
  Instant started_{};  // handed in
  Instant began_{};    // taken up
  Instant paused_at_{};
  Instant resume_at_{};
  std::chrono::nanoseconds backoff_{};
  Instant last_stamp_{};
  PhaseTimes phases_;
  bool is_timing_sample_ = false;        // else `phases_` are measured for the trace alone
  CommandTrace span_;                    // where a probe traces
  std::vector<AttemptRecord> timeline_;  // if `span_` is measured
  Instant attempt_began_{};
};

}  // namespace detail
}  // namespace eventcore
