#pragma once

/// \file
/// `ProjectionProbe`: how metrics, logs and traces see what projections do. Core knows no metric.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "eventcore/error.hpp"
#include "eventcore/position.hpp"
#include "eventcore/projection_storage.hpp"
#include "eventcore/trace_context.hpp"

namespace eventcore {

/// One batch that was applied and committed. Valid during the call only.
struct ProjectionBatchRecord {
  std::string_view projection = {};
  std::uint64_t events = 0;
  Position position = {};  ///< The checkpoint behind it.
  /// Whether the durations are known: not of what was kept of a batch that failed further on.
  bool timed = true;
  std::chrono::nanoseconds handle{};      ///< In `Projector::apply`.
  std::chrono::nanoseconds apply{};       ///< With the commit of the read model.
  std::chrono::nanoseconds checkpoint{};  ///< Saving the checkpoint in the store.
};

/// One failure. Valid during the call only.
struct ProjectionFailureRecord {
  std::string_view projection;
  DeadLetterReason reason = DeadLetterReason::Apply;  ///< Of an event that failed.
  bool infrastructure = false;  ///< Store or read model failed, or the projector could not reach
                                ///< something; no verdict on an event.
  Position position;            ///< Of the event; 0 if none.
  std::uint32_t attempt = 1;
  const Error* error = nullptr;
};

/// A batch that is about to be applied. Valid during the call only.
struct ProjectionBatchStart {
  std::string_view projection = {};
  std::uint64_t events = 0;
  /// Of the commands that wrote the events, each once; sampled ones first, not more than 128.
  std::span<const TraceContext> writers = {};
};

/// How such a batch ended. Valid during the call only.
struct ProjectionBatchEnd {
  std::string_view projection = {};
  TraceContext trace = {};  ///< As `begin_batch` returned it.
  std::uint64_t events = 0;
  std::span<const TraceContext> writers = {};
  Position first = {};  ///< Of its events.
  Position last = {};
  Instant began = {};
  std::chrono::nanoseconds handle{};      ///< In `Projector::apply`.
  std::chrono::nanoseconds apply{};       ///< With the commit of the read model.
  std::chrono::nanoseconds checkpoint{};  ///< Saving the checkpoint; 0 if it failed.
  const Error* error = nullptr;           ///< It failed.
};

/// Observes runners. Thread-safety: every member is called concurrently, by the runners' threads.
/// Must not block, throw or call back. Cost of none: a null check.
class ProjectionProbe {
 public:
  ProjectionProbe() = default;
  ProjectionProbe(const ProjectionProbe&) = delete;
  ProjectionProbe& operator=(const ProjectionProbe&) = delete;
  virtual ~ProjectionProbe() = default;

  /// Whether `begin_batch` and `end_batch` are wanted, and batches read with who wrote them.
  [[nodiscard]] virtual bool traces() const noexcept { return false; }
  /// A batch is about to be applied; the projector works under the context that is returned.
  [[nodiscard]] virtual TraceContext begin_batch(const ProjectionBatchStart& start) noexcept {
    (void)start;
    return {};
  }
  /// It was applied and its checkpoint saved, or it failed.
  virtual void end_batch(const ProjectionBatchEnd& end) noexcept { (void)end; }
  virtual void batch_applied(const ProjectionBatchRecord& record) noexcept { (void)record; }
  virtual void failed(const ProjectionFailureRecord& record) noexcept { (void)record; }
  /// The runner pauses before it tries again.
  virtual void retried(std::string_view projection, std::chrono::nanoseconds pause) noexcept {
    (void)projection;
    (void)pause;
  }
  /// A dead letter was stored.
  virtual void dead_lettered(const DeadLetter& letter) noexcept { (void)letter; }
  /// A dead letter was applied again; else it `failed`, and stays.
  virtual void dead_letter_replayed(std::string_view projection, Position position,
                                    bool failed) noexcept {
    (void)projection;
    (void)position;
    (void)failed;
  }
  /// An event was left out because an operator said so.
  virtual void skipped(std::string_view projection, Position position) noexcept {
    (void)projection;
    (void)position;
  }
  virtual void lease_acquired(std::string_view projection, std::uint64_t token) noexcept {
    (void)projection;
    (void)token;
  }
  /// Somebody else leads, or may by now.
  virtual void lease_lost(std::string_view projection, std::uint64_t token) noexcept {
    (void)projection;
    (void)token;
  }
};

/// One probe that tells all `probes`, in order. Null entries are left out; null if none is left. The
/// first that traces is asked for batches' contexts.
[[nodiscard]] std::shared_ptr<ProjectionProbe> combine(
    std::vector<std::shared_ptr<ProjectionProbe>> probes);

}  // namespace eventcore
