// A service that looks at itself: how it does, where it is heading, and which of its commands
// somebody will ask about.

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/monitor/flight_recorder.hpp"
#include "eventcore/monitor/monitor_metrics.hpp"
#include "eventcore/monitor/performance_monitor.hpp"

using namespace eventcore;
using namespace eventcore::monitor;
using observability::MetricsService;

struct Received {
  std::int64_t pieces = 0;
  static constexpr auto describe() {
    return describe_event("received", 1, field("pieces", &Received::pieces));
  }
};
struct Product {
  using Events = std::variant<Received>;
  static void apply(Product&, const Events&, const EventInfo&) {}
};
struct Receive {
  static constexpr std::string_view name = "receive";
  using Event = std::variant<Received>;
  StreamId product;
  std::int64_t pieces = 0;

  auto reads() const { return eventcore::reads(stream<Product>(product)); }
  Decision handle(const Product&, Emitter<Event>& emit) const {
    if (pieces > 1000) return fail("nobody sends so many");
    emit(product, Received{pieces});
    return accept();
  }
};

int main() {
  const auto metrics = std::make_shared<MetricsService>();
  const auto recorder = std::make_shared<FlightRecorder>();
  const auto store = open_memory_store({.probe = metrics});
  CommandExecutor executor(*store, {.probe = combine({metrics, recorder})});

  // Once a second, for 15 minutes, and once a minute for a day.
  const auto monitor = std::make_shared<PerformanceMonitor>(
      metrics, PerformanceMonitorOptions{.max_snapshots = 900});
  monitor->start();
  const auto shown = show_monitor(metrics->registry(), monitor);

  // Should the process die, `eventcore flight FILE` reads what is left there.
  const std::string file = std::filesystem::temp_directory_path() / "example.flight.json";
  const auto dump = FatalSignalDump::install(recorder, file);
  if (!shown || !dump) return 1;

  for (std::int64_t pieces : {10, 20, 5000}) {
    const auto received = executor.execute(Receive{StreamId::literal("product-7"), pieces});
    std::cout << pieces << ": " << (received ? "received" : "failed") << '\n';
  }

  const PerformanceSnapshot now = monitor->capture_snapshot();
  const TrendAnalysis trends = monitor->get_trend_analysis(10);  // of the last ten minutes
  std::cout << "memory is known: " << (now.memory_usage_mb > 0 ? "yes" : "no") << '\n'
            << "throughput: " << to_string(trends.throughput_trend) << '\n'
            << "commands that failed: " << recorder->stats().failed << '\n'
            << "the recorder names them: "
            << (recorder->json().find("nobody sends so many") == std::string::npos ? "no" : "yes")
            << '\n';
  monitor->stop();
  return 0;
}
