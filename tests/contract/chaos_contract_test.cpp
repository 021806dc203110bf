#include "eventcore/memory_store.hpp"
#include "eventcore/testing/chaos_store.hpp"
#include "eventcore/testing/store_contract.hpp"

namespace eventcore::testing {
namespace {

// A chaos store that only delays is a store like any other.
class DelayingFixture final : public StoreFixture {
 public:
  Result<std::unique_ptr<EventStore>> open(const StoreSettings& settings) override {
    return std::make_unique<ChaosStore>(
        open_memory_store({.clock = settings.clock, .probe = settings.probe}),
        ChaosOptions{.latency_max = std::chrono::microseconds{20}});
  }
};

[[maybe_unused]] const std::size_t registered =
    register_store_contract("Chaos", [] { return std::make_unique<DelayingFixture>(); }, {});

}  // namespace
}  // namespace eventcore::testing
