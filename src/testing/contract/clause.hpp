#pragma once

/// \file
/// `Clause`: one promise of the store contract, as one function.

#include <span>
#include <string_view>

#include "eventcore/testing/store_contract.hpp"

namespace eventcore::testing::contract {

/// One promise. To add one: a function, a row in the table of its file, a line in
/// docs/reference/store-contract.md.
struct Clause {
  enum class Needs { Nothing, Persistence, Queue };

  std::string_view name;
  void (*run)(StoreFixture& fixture);
  Needs needs = Needs::Nothing;
};

std::span<const Clause> append_clauses();
std::span<const Clause> expectation_clauses();
std::span<const Clause> key_clauses();
std::span<const Clause> stream_read_clauses();
std::span<const Clause> page_clauses();
std::span<const Clause> log_clauses();
std::span<const Clause> filter_clauses();
std::span<const Clause> content_clauses();
std::span<const Clause> limit_clauses();
std::span<const Clause> operation_clauses();
std::span<const Clause> concurrency_clauses();
std::span<const Clause> head_clauses();
std::span<const Clause> administration_clauses();
std::span<const Clause> projection_clauses();
std::span<const Clause> reopen_clauses();
std::span<const Clause> model_clauses();

}  // namespace eventcore::testing::contract
