#include "eventcore/testing/chaos_store.hpp"

#include <utility>

#include "chaos_core.hpp"
#include "timer_thread.hpp"

namespace eventcore::testing {

ChaosStore::ChaosStore(std::unique_ptr<EventStore> inner, ChaosOptions options)
    : inner_(std::move(inner)) {
  const bool delays = options.latency_max > std::chrono::nanoseconds{0};
  if (options.scheduler == nullptr && delays) own_scheduler_ = std::make_unique<TimerThread>();
  core_ = std::make_shared<Core>(*inner_, own_scheduler_ ? own_scheduler_.get() : options.scheduler,
                                 options);
}

ChaosStore::~ChaosStore() {
  ignore_error(core_->close({}), "the inner store's destructor releases what its close could not");
}

void ChaosStore::fail_append(std::uint64_t nth, AppendFault fault) {
  core_->script_append(nth, fault);
}

void ChaosStore::fail_read(std::uint64_t nth) { core_->script_read(nth); }

void ChaosStore::heal() { core_->heal(); }

ChaosStatistics ChaosStore::statistics() const { return core_->statistics(); }

void ChaosStore::submit_append(AppendOperation& operation) { core_->submit_append(operation); }

void ChaosStore::submit_read(ReadOperation& operation) { core_->submit_read(operation); }

Result<void> ChaosStore::close(Deadline deadline) { return core_->close(deadline); }

}  // namespace eventcore::testing
