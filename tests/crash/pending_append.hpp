#pragma once

// `PendingAppend`: an append whose outcome is looked at later.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "eventcore/event_store.hpp"

namespace eventcore::crash {

/// Thread-safety: One thread at a time, apart from the store's.
class PendingAppend final : public AppendOperation {
 public:
  explicit PendingAppend(WriteBatch appended) { batch = std::move(appended); }

  /// Waits for the outcome.
  [[nodiscard]] const Result<WriteResult>& result() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return result_.has_value(); });
    return *result_;
  }
  [[nodiscard]] bool is_done() {
    const std::lock_guard lock(mutex_);
    return result_.has_value();
  }

 protected:
  void completed(Result<WriteResult> result) noexcept override {
    const std::lock_guard lock(mutex_);
    result_.emplace(std::move(result));
    done_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<Result<WriteResult>> result_;
};

}  // namespace eventcore::crash
