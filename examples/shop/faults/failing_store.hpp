#pragma once

/// \file
/// `FailingStore`: a store that turns appends away while it is told to.

#include <atomic>
#include <cstdint>
#include <memory>

#include <eventcore/event_store.hpp>

namespace shop {

/// While `fails` is set, every fifth append ends with `Unavailable` and is not stored; everything
/// else is the other store's. Thread-safety: Thread-safe. Ownership: owns the store; `fails` must
/// outlive it.
class FailingStore final : public eventcore::EventStore {
 public:
  FailingStore(std::unique_ptr<eventcore::EventStore> store, const std::atomic<bool>& fails)
      : store_(std::move(store)), fails_(fails) {}

  void submit_append(eventcore::AppendOperation& operation) override;
  void submit_read(eventcore::ReadOperation& operation) override { store_->submit_read(operation); }
  [[nodiscard]] eventcore::Position head() const noexcept override { return store_->head(); }
  [[nodiscard]] eventcore::HeadWatcher& head_watcher() noexcept override {
    return store_->head_watcher();
  }
  [[nodiscard]] const eventcore::StoreDescription& description() const noexcept override {
    return store_->description();
  }
  [[nodiscard]] eventcore::StoreAdministration& administration() noexcept override {
    return store_->administration();
  }
  [[nodiscard]] eventcore::ProjectionStorage& projections() noexcept override {
    return store_->projections();
  }
  [[nodiscard]] eventcore::Result<void> close(eventcore::Deadline deadline) override {
    return store_->close(deadline);
  }

 private:
  const std::unique_ptr<eventcore::EventStore> store_;
  const std::atomic<bool>& fails_;
  std::atomic<std::uint64_t> appends_ = 0;  // atomic: counts those of all threads
};

}  // namespace shop
