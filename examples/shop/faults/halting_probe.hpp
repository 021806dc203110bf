#pragma once

/// \file
/// `HaltingProbe`: stops the thread of one projection where it is.

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include <eventcore/projection_probe.hpp>

namespace shop {

/// While it is told to halt, the thread of the projection doesn't come back from the end of its
/// batch: it keeps its lease, as a thread that hangs does, and nothing else happens.
/// Thread-safety: Thread-safe.
class HaltingProbe final : public eventcore::ProjectionProbe {
 public:
  /// `projection`: its name, without instance.
  explicit HaltingProbe(std::string projection) : projection_(std::move(projection)) {}

  void halt(bool halted);
  void batch_applied(const eventcore::ProjectionBatchRecord& record) noexcept override;

 private:
  const std::string projection_;
  std::mutex mutex_;
  std::condition_variable goes_on_;
  bool halted_ = false;  // guarded by mutex_
};

}  // namespace shop
