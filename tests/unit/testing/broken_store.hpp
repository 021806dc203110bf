#pragma once

// A store with one defect, to prove that the contract notices.

#include <functional>
#include <memory>

#include "eventcore/event_store.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/testing/store_contract.hpp"

namespace eventcore::testing {

/// What is wrong with it; empty functions change nothing.
struct Defect {
  std::function<void(AppendOperation&)> before_append = {};
  std::function<void(Result<WriteResult>&)> after_append = {};
  std::function<void(ReadQuery&)> before_read = {};
  std::function<void(EventPage&)> after_read = {};
  bool completes_twice = false;
  std::uint64_t head_error = 0;
};

class BrokenStore final : public EventStore {
 public:
  BrokenStore(std::unique_ptr<EventStore> inner, const Defect& defect)
      : inner_(std::move(inner)), defect_(defect) {}

  void submit_append(AppendOperation& operation) override {
    if (defect_.before_append) defect_.before_append(operation);
    Append relay;
    relay.batch = std::move(operation.batch);
    relay.deadline = operation.deadline;
    relay.stop = operation.stop;
    relay.predecessors = operation.predecessors;
    if (operation.is_rejected()) relay.reject();
    inner_->submit_append(relay);  // completes inside: the inner store is the memory store
    operation.batch = std::move(relay.batch);
    if (relay.is_rejected()) {
      operation.reject();
    } else {
      static_cast<void>(operation.admit());
    }
    if (defect_.after_append) defect_.after_append(*relay.result);
    if (defect_.completes_twice) operation.finish(*relay.result);
    operation.finish(*std::move(relay.result));
  }

  void submit_read(ReadOperation& operation) override {
    Read relay;
    relay.query = operation.query;
    relay.deadline = operation.deadline;
    relay.stop = operation.stop;
    if (defect_.before_read) defect_.before_read(relay.query);
    inner_->submit_read(relay);
    if (defect_.after_read && *relay.result) defect_.after_read(**relay.result);
    operation.finish(*std::move(relay.result));
  }

  Position head() const noexcept override { return inner_->head() + defect_.head_error; }
  HeadWatcher& head_watcher() noexcept override { return inner_->head_watcher(); }
  const StoreDescription& description() const noexcept override { return inner_->description(); }
  StoreAdministration& administration() noexcept override { return inner_->administration(); }
  ProjectionStorage& projections() noexcept override { return inner_->projections(); }
  Result<void> close(Deadline deadline) override { return inner_->close(deadline); }

 private:
  struct Append final : AppendOperation {
    std::optional<Result<WriteResult>> result;

   protected:
    void completed(Result<WriteResult> what) noexcept override { result = std::move(what); }
  };
  struct Read final : ReadOperation {
    std::optional<Result<EventPage>> result;

   protected:
    void completed(Result<EventPage> what) noexcept override { result = std::move(what); }
  };

  std::unique_ptr<EventStore> inner_;
  Defect defect_;
};

class BrokenFixture final : public StoreFixture {
 public:
  explicit BrokenFixture(Defect defect) : defect_(std::move(defect)) {}
  Result<std::unique_ptr<EventStore>> open(const StoreSettings& settings) override {
    return std::make_unique<BrokenStore>(
        open_memory_store({.clock = settings.clock, .probe = settings.probe}), defect_);
  }

 private:
  Defect defect_;
};

}  // namespace eventcore::testing
