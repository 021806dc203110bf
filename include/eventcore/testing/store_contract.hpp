#pragma once

/// \file
/// `register_store_contract`: every promise of `EventStore`, as tests that any store can run.
///
/// One line in a test program registers them all:
///
///     const std::size_t clauses = eventcore::testing::register_store_contract(
///         "Memory", [] { return std::make_unique<MemoryFixture>(); }, {});
///
/// The promises are listed in docs/reference/store-contract.md. The usual mistake is to share a
/// file or schema between fixtures: each clause gets a fixture of its own and expects an empty
/// store. Example: tests/contract/memory_contract_test.cpp.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/result.hpp"

namespace eventcore::testing {

/// What a clause asks of the store that it opens; hand both on to the store's own options.
struct StoreSettings {
  const Clock* clock = &system_clock();
  std::shared_ptr<Probe> probe = nullptr;
};

/// One place where a store can live: a temporary folder, a schema, nothing. A clause opens one
/// store at a time and destroys it before it opens the next.
/// Thread-safety: One thread at a time. Ownership: must outlive the stores that it opens.
class StoreFixture {
 public:
  StoreFixture() = default;
  StoreFixture(const StoreFixture&) = delete;
  StoreFixture& operator=(const StoreFixture&) = delete;
  /// Removes what the stores left behind.
  virtual ~StoreFixture() = default;

  /// Opens the store of this place: empty the first time; later, if the store is persistent, with
  /// everything that was acknowledged before.
  [[nodiscard]] virtual Result<std::unique_ptr<EventStore>> open(const StoreSettings& settings) = 0;
};

/// What a store can do beyond the interface; clauses that need it run only where it is true.
struct StoreTraits {
  bool persistent = false;  ///< Opening again finds what was stored.
  /// Appends wait for a writer, which calls `Probe::group_committed` between two groups on a thread
  /// of its own. False: an append completes inside `submit_append`.
  bool queues_appends = false;
};

/// Makes the fixture of one clause.
using MakeStoreFixture = std::function<std::unique_ptr<StoreFixture>()>;

/// Registers every clause that applies as the GoogleTest case `<name>Contract.<Clause>` and returns
/// how many those are. Call it before `RUN_ALL_TESTS`, or from the initialiser of a variable.
std::size_t register_store_contract(std::string_view name, MakeStoreFixture make_fixture,
                                    StoreTraits traits);

/// The names of all clauses, in the order of the reference page.
[[nodiscard]] std::vector<std::string> store_contract_clauses();

/// Runs the clause called `name` against a fresh fixture; its failures are those of the calling
/// test. Requires: a name out of `store_contract_clauses`.
void run_store_contract_clause(std::string_view name, StoreFixture& fixture);

}  // namespace eventcore::testing
