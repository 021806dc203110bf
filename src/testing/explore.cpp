#include "eventcore/testing/explore.hpp"

#include <cstdlib>

#include "eventcore/assert.hpp"
#include "eventcore/memory_store.hpp"

namespace eventcore::testing {

namespace {

// Far more than a run of thousands of commands needs; commands that submit each other for ever
// come here.
constexpr std::size_t kStepsMax = 10'000'000;

std::optional<std::uint64_t> seed_of_environment() {
  const char* text = std::getenv("EVENTCORE_SEED");
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

}  // namespace

Exploration::Exploration(std::uint64_t seed, const ExploreOptions& options)
    : scheduler_(std::make_unique<SeededScheduler>(seed)) {
  ChaosOptions chaos = options.chaos;
  chaos.seed = seed;
  chaos.scheduler = scheduler_.get();
  chaos.clock = &scheduler_->clock();
  chaos_ = std::make_unique<ChaosStore>(open_memory_store({.clock = &scheduler_->clock()}), chaos);
  CommandExecutorOptions executor = options.executor;
  executor.seed = seed == 0 ? 1 : seed;  // 0 would be a random one
  executor.scheduler = scheduler_.get();
  executor.clock = &scheduler_->clock();
  executor_ = std::make_unique<CommandExecutor>(*chaos_, std::move(executor));
}

Exploration::~Exploration() {
  executor_.reset();
  chaos_.reset();
  while (scheduler_->run_one()) {
  }  // what was left of delays; it finds nothing to do
}

void Exploration::append(const std::vector<EncodedEvent>& events) {
  const Result<void> done = append_encoded(store(), events);
  expect(done.has_value(), "the given events were not stored");
}

void Exploration::expect(bool holds, std::string_view rule) {
  if (!holds && !failure_) failure_ = std::string(rule);
}

void Exploration::finally(std::function<void(EventStore& store)> check) {
  checks_.push_back(std::move(check));
}

std::optional<std::string> Exploration::run() {
  std::size_t steps = 0;
  while (scheduler_->run_one()) {
    EVENTCORE_ASSERT(++steps < kStepsMax, "explore: the commands submit each other for ever");
  }
  EVENTCORE_ASSERT(executor_->in_flight() == 0, "explore: a command waits for ever");
  for (const auto& check : checks_) check(store());
  return failure_;
}

ExploreReport explore(const ExploreOptions& options,
                      const std::function<void(Exploration& run)>& body) {
  ExploreReport report;
  const std::optional<std::uint64_t> only = seed_of_environment();
  const std::uint64_t first = only.value_or(options.first_seed);
  const std::size_t runs = only ? 1 : options.seeds;
  while (report.runs < runs && report) {
    const std::uint64_t seed = first + report.runs;
    Exploration run(seed, options);
    body(run);
    ++report.runs;
    if (const std::optional<std::string> failure = run.run()) {
      report.failing_seed = seed;
      report.message = "seed " + std::to_string(seed) + ": " + *failure +
                       "; repeat it with EVENTCORE_SEED=" + std::to_string(seed);
    }
  }
  return report;
}

}  // namespace eventcore::testing
