#include "append_pipeline.hpp"

#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::cli {
namespace {

constexpr std::size_t kBatchesMax = 4'096;
constexpr std::size_t kBytesMax = std::size_t{64} * 1024 * 1024;

}  // namespace

class AppendPipeline::LineAppend final : public AppendOperation {
 public:
  LineAppend(WakeUp& wake, std::uint64_t line) : line_(line), wake_(wake) {}

  [[nodiscard]] std::uint64_t line() const noexcept { return line_; }
  [[nodiscard]] bool done() const noexcept { return done_.load(std::memory_order_acquire); }
  /// Requires: `done()`.
  [[nodiscard]] Result<WriteResult> take_result() { return *std::move(result_); }

 private:
  void completed(Result<WriteResult> result) noexcept override {
    // The operation may be gone as soon as it is done.
    WakeUp& wake = wake_;
    result_.emplace(std::move(result));
    done_.store(true, std::memory_order_release);
    wake.ring();
  }

  const std::uint64_t line_;
  WakeUp& wake_;
  std::optional<Result<WriteResult>> result_;
  std::atomic<bool> done_ =
      false;  // atomic: set by the store's thread; publishes result_ and batch
};

AppendPipeline::AppendPipeline(EventStore& store, WakeUp& wake) : store_(store), wake_(wake) {}

AppendPipeline::~AppendPipeline() {
  while (!idle()) {
    if (!take_finished()) wake_.wait();
  }
}

void AppendPipeline::submit(WriteBatch batch, std::uint64_t line) {
  EVENTCORE_ASSERT(!full(), "the pipeline is full");
  auto operation = std::make_unique<LineAppend>(wake_, line);
  operation->batch = std::move(batch);
  bytes_ += operation->batch.byte_count();
  if (!under_way_.empty()) {
    operation->predecessors.push_back(under_way_.back().get());
  } else if (predecessor_) {
    operation->predecessors.push_back(predecessor_.get());
  }
  LineAppend& submitted = *operation;
  under_way_.push_back(std::move(operation));
  store_.submit_append(submitted);
}

std::optional<AppendPipeline::Finished> AppendPipeline::take_finished() {
  if (under_way_.empty() || !under_way_.front()->done()) return std::nullopt;
  // The next operation may still ask this one whether it was rejected.
  predecessor_ = std::move(under_way_.front());
  under_way_.pop_front();
  bytes_ -= predecessor_->batch.byte_count();
  return Finished{predecessor_->line(), std::move(predecessor_->batch),
                  predecessor_->take_result()};
}

bool AppendPipeline::full() const noexcept {
  return under_way_.size() >= kBatchesMax || bytes_ >= kBytesMax;
}

}  // namespace eventcore::cli
