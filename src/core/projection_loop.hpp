#pragma once

// `ProjectionLoop`: the work of one runner, on the thread that calls `run` or `drain`.
//
// One leadership: take the lease, find the checkpoint, then page after page, batch after batch. The
// position in memory never runs ahead of what is applied, and the stored checkpoint never of the
// position. What the store or the read model fails with is tried again for ever; what the projector
// fails with is judged by the failure policy; everything else ends the leadership.

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eventcore/detail/span_frame.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/read_model.hpp"
#include "lease_watch.hpp"
#include "projection_board.hpp"
#include "projection_feed.hpp"

namespace eventcore::detail {

/// Thread-safety: One thread at a time, but for `board`, `log_end` and `restart`.
class ProjectionLoop {
 public:
  ProjectionLoop(EventStore& store, std::shared_ptr<Projector> projector,
                 ProjectionRunnerOptions options);

  /// Leads whenever it can, until the board says stop.
  void run();
  /// Leads until everything up to the head is processed.
  [[nodiscard]] Result<void> drain(Deadline deadline);
  /// The head, also of what other processes wrote. Thread-safe. Errors: those of a read.
  [[nodiscard]] Result<Position> log_end();
  /// Ends the wait after a fault.
  void restart();

  [[nodiscard]] ProjectionBoard& board() noexcept { return board_; }
  [[nodiscard]] const Projector& projector() const noexcept { return *projector_; }
  [[nodiscard]] EventStore& store() noexcept { return store_; }

 private:
  // How far to go, for `drain`.
  struct Goal {
    std::optional<Position> position;
    Deadline deadline;
  };
  // The event that failed last.
  struct Suspect {
    Position position;  // 0: none
    std::uint32_t attempts = 0;
    DeadLetterReason reason = DeadLetterReason::Apply;
    Timestamp first_failure{};
    Error error;
  };

  // Leadership: projection_loop.cpp. An error ends it: LeaseLost, Cancelled, DeadlineExceeded, or a
  // fault.
  [[nodiscard]] Result<bool> take_lease();
  [[nodiscard]] Result<void> await_lease(const Goal& goal);
  [[nodiscard]] Result<void> lead(const Goal& goal);
  [[nodiscard]] Result<void> lead_on(const Goal& goal);
  [[nodiscard]] Result<void> check_going(const Goal& goal);
  void leave(const Result<void>& ended);
  void await_resumption(const Error& fault);
  [[nodiscard]] Result<void> find_checkpoint();
  [[nodiscard]] Result<Position> enter_read_model(const ProjectionRecord& record);
  [[nodiscard]] Result<void> read_on(const Goal& goal);
  [[nodiscard]] Result<void> use_page(const EventPage& page, const Goal& goal);
  [[nodiscard]] Result<void> rest(const Goal& goal);
  [[nodiscard]] Result<void> await_log(Position head);

  // Rebuilds and progress: projection_rebuild.cpp.
  [[nodiscard]] Result<void> look_at_live();
  [[nodiscard]] Result<void> rest_behind_live(const Goal& goal);
  [[nodiscard]] bool is_quiet(Position position) const noexcept;
  [[nodiscard]] std::span<const StoredEvent> alike(std::span<const StoredEvent> events) const;
  void begin_replay(bool rebuild);
  [[nodiscard]] ProjectionProgress progress() const;
  void show_progress();

  // Requests: projection_requests.cpp.
  [[nodiscard]] Result<void> serve_requests(const Goal& goal);
  [[nodiscard]] Result<void> reset(const ProjectionRecord& record);
  [[nodiscard]] Result<void> replay_letters();
  [[nodiscard]] Result<void> replay(DeadLetter letter);
  [[nodiscard]] Result<EventPage> read_event(Position position);

  // Batches and failures: projection_batch.cpp.
  [[nodiscard]] Result<void> apply_page(std::span<const StoredEvent> events, Position behind);
  [[nodiscard]] std::size_t batch_size(std::span<const StoredEvent> events) const noexcept;
  [[nodiscard]] Result<void> apply_batch(std::span<const StoredEvent> batch, Position end);
  [[nodiscard]] Result<void> begin_batch();
  void begin_trace(std::span<const StoredEvent> batch);
  void end_trace(std::span<const StoredEvent> batch, ProjectionBatchEnd end);
  [[nodiscard]] Result<void> judge(const Error& error, std::span<const StoredEvent> batch);
  [[nodiscard]] Result<void> keep_applied(std::span<const StoredEvent> events);
  void note_failure(const Error& error, Position position);
  void wait_for_projector(const Error& error);
  [[nodiscard]] Result<void> give_up(const StoredEvent& event);
  [[nodiscard]] Result<void> skip_over(Position position);
  [[nodiscard]] Result<void> pass_over(Position position);
  [[nodiscard]] std::string trace_id_of(Position position);
  [[nodiscard]] ProjectionContext context() const;
  // The record's projection and position are filled in.
  void tell_batch(ProjectionBatchRecord record);

  // What it stores.
  [[nodiscard]] Result<void> save(std::vector<DeadLetter> letters = {}, bool rewinds = false);
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] bool is_flush_due() const noexcept;

  // Calls until it succeeds or the leadership ends; see `is_outage`.
  template <class Call>
  auto persist(Call&& call) -> decltype(call());
  [[nodiscard]] Result<void> endure(const Error& outage, std::uint32_t failures);
  [[nodiscard]] static bool is_outage(const Error& error) noexcept;
  void pause(std::chrono::nanoseconds duration, const std::stop_token& woken);
  [[nodiscard]] static std::chrono::nanoseconds pause_after(std::uint32_t failures,
                                                            std::chrono::nanoseconds first,
                                                            std::chrono::nanoseconds most);
  void show(ProjectionState state);
  [[nodiscard]] Timestamp now() const noexcept { return system_clock().wall(); }

  EventStore& store_;
  ProjectionStorage& storage_;
  const std::shared_ptr<Projector> projector_;
  ReadModel* const model_;
  const ProjectionRunnerOptions options_;
  ProjectionProbe* const probe_;
  ProjectionProbe* const tracing_;  // the same, if it wants to trace batches
  ProjectionBoard board_;
  std::atomic<bool> restart_ = false;  // atomic: set by any thread, taken by this one

  // Of the leadership under way.
  ProjectionLease lease_;
  std::optional<LeaseWatch> watch_;
  std::stop_token leading_;
  Deadline deadline_;
  ProjectionFeed feed_;
  Uuid log_id_;
  Position position_;          // applied
  std::uint64_t applied_ = 0;  // events of the batch that is about to be saved
  Position durable_;           // saved in the store
  Position model_position_;    // committed in the read model
  std::optional<Instant> unsaved_since_;
  std::optional<Instant> log_short_since_;  // when the log was first seen to end too early
  std::uint64_t requests_seen_ = 0;
  std::uint64_t resets_done_ = 0;
  Position skip_;
  Position quiet_until_;          // of a rebuild that was asked for
  std::optional<Position> live_;  // where the live version was, while it exists
  bool live_gone_ = false;
  bool rebuild_ = false;  // from the beginning, or where a reset went
  Position replay_from_;  // and when:
  Instant replay_began_{};
  bool caught_up_once_ = false;
  bool replays_pending_ = false;
  Suspect suspect_;
  std::vector<TraceContext> writers_;  // of the batch under way, if it is traced
  SpanFrame frame_;                    // likewise
  std::size_t batch_max_;              // halved while an event is looked for
  Position batch_max_until_;           // up to here
  std::uint32_t outages_ = 0;          // of the projector, in a row
};

template <class Call>
auto ProjectionLoop::persist(Call&& call) -> decltype(call()) {
  for (std::uint32_t failures = 1;; ++failures) {
    auto result = call();
    if (result || !is_outage(result.error())) return result;
    if (Result<void> endured = endure(result.error(), failures); !endured) {
      return std::move(endured).error();
    }
  }
}

}  // namespace eventcore::detail
