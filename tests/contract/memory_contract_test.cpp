#include "eventcore/memory_store.hpp"
#include "eventcore/testing/store_contract.hpp"

namespace eventcore::testing {
namespace {

class MemoryFixture final : public StoreFixture {
 public:
  Result<std::unique_ptr<EventStore>> open(const StoreSettings& settings) override {
    return open_memory_store({.clock = settings.clock, .probe = settings.probe});
  }
};

[[maybe_unused]] const std::size_t registered = register_store_contract(
    "Memory", [] { return std::make_unique<MemoryFixture>(); }, {.persistent = false});

}  // namespace
}  // namespace eventcore::testing
