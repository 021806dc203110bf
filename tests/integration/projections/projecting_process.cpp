// A process that runs the projection `counted` over a store and shows its metrics.
//
//     projecting_process STORE LEASE_MS
//
// It says `metrics PORT`, does what each line of its input says (`append` an event, `pause` or
// `resume` the projection), says `done`, and ends with its input.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "eventcore/http_endpoints.hpp"
#include "eventcore/metrics_endpoint.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/store_url.hpp"

namespace {

using namespace eventcore;
using namespace eventcore::observability;

class Counted final : public EventProjector {
 public:
  Counted() : EventProjector({.name = "counted"}) {}

 private:
  Result<void> apply_stored(const StoredEvent&, const ProjectionContext&) override {
    ++events_;
    return {};
  }
  std::uint64_t events_ = 0;
};

Result<void> obey(const std::string& order, EventStore& store) {
  if (order == "pause") return store.projections().pause("counted");
  if (order == "resume") return store.projections().resume("counted");
  const EventToWrite event{StreamId::literal("numbers-1"), "numbered", "{}"};
  const auto written = store.write_events({&event, 1});
  if (!written) return written.error();
  return {};
}

Result<void> run(const std::string& text, std::chrono::milliseconds lease) {
  const auto url = StoreUrl::parse(text);
  if (!url) return url.error();
  const auto metrics = std::make_shared<MetricsService>();
  auto opened = open_store(*url, {.probe = metrics});
  if (!opened) return opened.error();
  InstrumentedEventStore store(std::move(*opened), metrics);
  ProjectionRunnerOptions options;
  options.lease = lease;
  options.request_poll = std::chrono::milliseconds{100};
  options.probe = metrics;
  const auto runner = ProjectionRunner::open(store, std::make_shared<Counted>(), options);
  if (!runner) return runner.error();
  const MetricsWatch watch = metrics->watch(**runner);
  http::Server server({.listen = "127.0.0.1:0"});
  http::mount_endpoints(server, {.metrics = metrics_endpoint(metrics)});
  if (auto started = server.start(); !started) return started;
  (*runner)->start();
  std::cout << "metrics " << server.port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (auto done = obey(line, store); !done) return done;
    std::cout << "done" << std::endl;
  }
  return (*runner)->stop();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const Result<void> result = run(arguments[1], std::chrono::milliseconds{std::atoi(arguments[2])});
  if (result) return 0;
  std::cerr << describe(result.error()) << '\n';
  return 1;
}
