#pragma once

/// \file
/// `AppendPipeline`: many batches on their way to the store, so that it can commit them in groups,
/// while their order and "nothing after a failure" stay as if they were appended one by one.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "eventcore/event_store.hpp"
#include "wake_up.hpp"

namespace eventcore::cli {

/// Each batch takes the success of the one before for granted: when one fails, so do all behind
/// it. Thread-safety: One thread at a time. Ownership: `wake` outlives the store.
class AppendPipeline {
 public:
  /// A batch whose fate is known.
  struct Finished {
    std::uint64_t line = 0;
    WriteBatch batch;
    Result<WriteResult> result;
  };

  AppendPipeline(EventStore& store, WakeUp& wake);
  AppendPipeline(const AppendPipeline&) = delete;
  AppendPipeline& operator=(const AppendPipeline&) = delete;
  /// Blocking: until every batch is finished.
  ~AppendPipeline();

  /// Sends `batch`, which came from `line`. Requires: not `full()`. `wake` rings when it is done.
  void submit(WriteBatch batch, std::uint64_t line);
  /// The oldest batch, if it is finished. In the order of submission.
  [[nodiscard]] std::optional<Finished> take_finished();

  [[nodiscard]] bool full() const noexcept;
  [[nodiscard]] bool idle() const noexcept { return under_way_.empty(); }

 private:
  class LineAppend;

  EventStore& store_;
  WakeUp& wake_;
  std::unique_ptr<LineAppend> predecessor_;  ///< Of the oldest one under way.
  std::deque<std::unique_ptr<LineAppend>> under_way_;
  std::size_t bytes_ = 0;
};

}  // namespace eventcore::cli
