#include "eventcore/projection_probe.hpp"

#include <algorithm>
#include <utility>

namespace eventcore {
namespace {

class CombinedProjectionProbe final : public ProjectionProbe {
 public:
  explicit CombinedProjectionProbe(std::vector<std::shared_ptr<ProjectionProbe>> probes)
      : probes_(std::move(probes)) {
    const auto tracing = std::find_if(probes_.begin(), probes_.end(),
                                      [](const auto& probe) { return probe->traces(); });
    if (tracing != probes_.end()) tracing_ = tracing->get();
  }

  bool traces() const noexcept override { return tracing_ != nullptr; }
  TraceContext begin_batch(const ProjectionBatchStart& start) noexcept override {
    return tracing_ == nullptr ? TraceContext{} : tracing_->begin_batch(start);
  }
  void end_batch(const ProjectionBatchEnd& end) noexcept override {
    if (tracing_ != nullptr) tracing_->end_batch(end);
  }
  void batch_applied(const ProjectionBatchRecord& record) noexcept override {
    for (const auto& probe : probes_) probe->batch_applied(record);
  }
  void failed(const ProjectionFailureRecord& record) noexcept override {
    for (const auto& probe : probes_) probe->failed(record);
  }
  void retried(std::string_view projection, std::chrono::nanoseconds pause) noexcept override {
    for (const auto& probe : probes_) probe->retried(projection, pause);
  }
  void dead_lettered(const DeadLetter& letter) noexcept override {
    for (const auto& probe : probes_) probe->dead_lettered(letter);
  }
  void dead_letter_replayed(std::string_view projection, Position position,
                            bool failed) noexcept override {
    for (const auto& probe : probes_) probe->dead_letter_replayed(projection, position, failed);
  }
  void skipped(std::string_view projection, Position position) noexcept override {
    for (const auto& probe : probes_) probe->skipped(projection, position);
  }
  void lease_acquired(std::string_view projection, std::uint64_t token) noexcept override {
    for (const auto& probe : probes_) probe->lease_acquired(projection, token);
  }
  void lease_lost(std::string_view projection, std::uint64_t token) noexcept override {
    for (const auto& probe : probes_) probe->lease_lost(projection, token);
  }

 private:
  const std::vector<std::shared_ptr<ProjectionProbe>> probes_;
  ProjectionProbe* tracing_ = nullptr;
};

}  // namespace

std::shared_ptr<ProjectionProbe> combine(std::vector<std::shared_ptr<ProjectionProbe>> probes) {
  std::erase(probes, nullptr);
  if (probes.empty()) return nullptr;
  if (probes.size() == 1) return std::move(probes.front());
  return std::make_shared<CombinedProjectionProbe>(std::move(probes));
}

}  // namespace eventcore
