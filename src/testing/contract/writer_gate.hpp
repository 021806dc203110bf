#pragma once

/// \file
/// `WriterGate`: a probe that holds a store's writer between two groups.
///
/// Probes must not block; this one does so on purpose, because it is the one place where every
/// store with a writer thread can be stopped without knowing how it is built.

#include <condition_variable>
#include <memory>
#include <mutex>

#include "eventcore/event_store.hpp"
#include "eventcore/probe.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

/// Open at first. Thread-safety: Thread-safe.
class WriterGate final : public Probe {
 public:
  /// Appends one event to stream `gate` and returns when the writer stands still. That event may
  /// be queued then, before everything that is submitted afterwards.
  void shut_behind(EventStore& store);
  /// Lets the writer go on and returns when the event of `shut_behind` is stored.
  void open();

  void group_committed(const GroupRecord& record) noexcept override;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool shut_ = false;
  bool writer_waits_ = false;
  std::unique_ptr<PendingAppend> plug_;  // the test's thread
};

}  // namespace eventcore::testing::contract
