#pragma once

/// \file
/// `HeldStore`: a memory store whose appends wait until the test lets them through, one by one.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "eventcore/event_store.hpp"
#include "eventcore/memory_store.hpp"

/// Reads pass; appends are held while `holding`. Thread-safety: Thread-safe.
class HeldStore final : public eventcore::EventStore {
 public:
  void hold(bool holding) {
    const std::lock_guard lock(mutex_);
    holding_ = holding;
  }
  /// Blocks until `count` appends are held.
  void await_held(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return held_.size() >= count; });
  }
  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  /// Lets the oldest held append through.
  void release_one() {
    eventcore::AppendOperation* operation = nullptr;
    {
      const std::lock_guard lock(mutex_);
      operation = held_.front();
      held_.pop_front();
    }
    inner_->submit_append(*operation);
  }
  void release_all() {
    hold(false);
    while (held() > 0) release_one();
  }
  /// Fails the oldest held append.
  void fail_one(eventcore::ErrorCode code) {
    eventcore::AppendOperation* operation = nullptr;
    {
      const std::lock_guard lock(mutex_);
      operation = held_.front();
      held_.pop_front();
    }
    operation->reject();
    operation->finish(eventcore::make_error(code, "failed by the test"));
  }

  void submit_append(eventcore::AppendOperation& operation) override {
    {
      const std::lock_guard lock(mutex_);
      if (holding_) {
        held_.push_back(&operation);
        arrived_.notify_all();
        return;
      }
    }
    inner_->submit_append(operation);
  }
  void submit_read(eventcore::ReadOperation& operation) override { inner_->submit_read(operation); }
  [[nodiscard]] eventcore::Position head() const noexcept override { return inner_->head(); }
  [[nodiscard]] eventcore::HeadWatcher& head_watcher() noexcept override {
    return inner_->head_watcher();
  }
  [[nodiscard]] const eventcore::StoreDescription& description() const noexcept override {
    return inner_->description();
  }
  [[nodiscard]] eventcore::StoreAdministration& administration() noexcept override {
    return inner_->administration();
  }
  [[nodiscard]] eventcore::ProjectionStorage& projections() noexcept override {
    return inner_->projections();
  }
  [[nodiscard]] eventcore::Result<void> close(eventcore::Deadline deadline) override {
    return inner_->close(deadline);
  }

 private:
  std::unique_ptr<eventcore::EventStore> inner_ = eventcore::open_memory_store();
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<eventcore::AppendOperation*> held_;
  bool holding_ = false;
};
