#include "eventcore/testing/store_contract.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "clause.hpp"
#include "eventcore/assert.hpp"

namespace eventcore::testing {

namespace {

using contract::Clause;

std::vector<Clause> all_clauses() {
  std::vector<Clause> all;
  for (const std::span<const Clause> group :
       {contract::append_clauses(), contract::expectation_clauses(), contract::key_clauses(),
        contract::stream_read_clauses(), contract::page_clauses(), contract::log_clauses(),
        contract::filter_clauses(), contract::content_clauses(), contract::limit_clauses(),
        contract::operation_clauses(), contract::concurrency_clauses(), contract::head_clauses(),
        contract::administration_clauses(), contract::projection_clauses(),
        contract::reopen_clauses(), contract::model_clauses()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

bool applies(const Clause& clause, const StoreTraits& traits) {
  switch (clause.needs) {
    case Clause::Needs::Nothing:
      return true;
    case Clause::Needs::Persistence:
      return traits.persistent;
    case Clause::Needs::Queue:
      return traits.queues_appends;
  }
  return false;
}

class ContractTest : public ::testing::Test {
 public:
  ContractTest(const Clause& clause, MakeStoreFixture make_fixture)
      : clause_(clause), make_fixture_(std::move(make_fixture)) {}

  void TestBody() override {
    const std::unique_ptr<StoreFixture> fixture = make_fixture_();
    clause_.run(*fixture);
  }

 private:
  Clause clause_;
  MakeStoreFixture make_fixture_;
};

}  // namespace

std::size_t register_store_contract(std::string_view name, MakeStoreFixture make_fixture,
                                    StoreTraits traits) {
  const std::string suite = std::string(name) + "Contract";
  std::size_t registered = 0;
  for (const Clause& clause : all_clauses()) {
    if (!applies(clause, traits)) continue;
    ++registered;
    ::testing::RegisterTest(suite.c_str(), std::string(clause.name).c_str(), nullptr, nullptr,
                            __FILE__, __LINE__, [clause, make_fixture]() -> ContractTest* {
                              return new ContractTest(clause, make_fixture);
                            });
  }
  return registered;
}

std::vector<std::string> store_contract_clauses() {
  std::vector<std::string> names;
  for (const Clause& clause : all_clauses()) names.emplace_back(clause.name);
  return names;
}

void run_store_contract_clause(std::string_view name, StoreFixture& fixture) {
  for (const Clause& clause : all_clauses()) {
    if (clause.name == name) return clause.run(fixture);
  }
  EVENTCORE_ASSERT(false, "no clause has this name");
}

}  // namespace eventcore::testing
