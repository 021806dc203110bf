#pragma once

// A `BatchSender` that a fork leaves in working order.

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "after_fork.hpp"
#include "batch_sender.hpp"

namespace eventcore::detail {

/// Holds a sender; in the child of a fork, another one with the same settings and nothing queued:
/// the parent sends what is. The former one stays as it is, since nothing of it can be used there.
/// Thread-safety: Thread-safe.
class SenderOverForks {
 public:
  explicit SenderOverForks(OtlpSettings settings)
      : settings_(std::make_shared<const OtlpSettings>(std::move(settings))),
        sender_(new BatchSender(settings_)) {
    watch_.emplace([this] {
      BatchSender* const former = sender_.load(std::memory_order_relaxed);
      former->abandon();
      keep_for_ever(former);
      sender_.store(new BatchSender(settings_), std::memory_order_release);
    });
  }
  SenderOverForks(const SenderOverForks&) = delete;
  SenderOverForks& operator=(const SenderOverForks&) = delete;
  ~SenderOverForks() {
    watch_.reset();
    const std::unique_ptr<BatchSender> sender(sender_.load(std::memory_order_acquire));
    static_cast<void>(sender->shutdown(Deadline::after(settings_->exit_timeout)));
  }

  [[nodiscard]] BatchSender* operator->() const noexcept {
    return sender_.load(std::memory_order_acquire);
  }

 private:
  const std::shared_ptr<const OtlpSettings> settings_;
  // Atomic because handlers of other libraries may have started threads in the child.
  std::atomic<BatchSender*> sender_;
  std::optional<ForkWatch> watch_;
};

}  // namespace eventcore::detail
