#pragma once

/// \file
/// `RandomWorkload`: batches and queries drawn from a seed, small enough to collide often.

#include <cstdint>
#include <random>
#include <string>

#include "eventcore/event_store.hpp"
#include "model.hpp"

namespace eventcore::testing::contract {

/// The seed of this run: `EVENTCORE_SEED` of the environment, else a random one.
[[nodiscard]] std::uint64_t workload_seed();

/// Thread-safety: One thread at a time.
class RandomWorkload {
 public:
  explicit RandomWorkload(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] WriteBatch batch(const Model& model);
  [[nodiscard]] StreamsQuery streams_query(const Model& model);
  [[nodiscard]] LogQuery log_query(const Model& model);
  /// A number from 0 to `bound` - 1. Requires: `bound` is not 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  [[nodiscard]] std::string stream();
  [[nodiscard]] std::string type();
  [[nodiscard]] ExpectedVersion expectation(const Model& model, const std::string& stream);

  std::mt19937_64 random_;
  std::uint64_t payloads_ = 0;
};

}  // namespace eventcore::testing::contract
