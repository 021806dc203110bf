// A service with a console: a page that shows what it does, and a token for those who may look.

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "eventcore/command_executor.hpp"
#include "eventcore/console/console.hpp"
#include "eventcore/health_checks.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"

using namespace eventcore;
using monitor::FlightRecorder;
using monitor::PerformanceMonitor;
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
    emit(product, Received{pieces});
    return accept();
  }
};

int main() {
  const auto metrics = std::make_shared<MetricsService>();
  const auto recorder = std::make_shared<FlightRecorder>();
  const auto store = open_memory_store({.probe = metrics});
  CommandExecutor executor(*store, {.probe = combine({metrics, recorder})});
  const auto monitor = std::make_shared<PerformanceMonitor>(metrics);
  monitor->start();
  http::HealthChecks health;
  health.add(http::store_reads(*store));

  // From a file or the environment; `openssl rand -hex 32` makes one.
  const auto token = http::AccessToken::parse("5f0c1f6f3a0b4a57b8d1e2c49a7760d3");
  if (!token) return 1;

  const std::string listen = "127.0.0.1:0";
  const auto access = std::make_shared<const http::AccessPolicy>(
      http::AccessOptions{.listen = listen, .read = *token, .level = &console::access_level});
  console::Console console({.title = "orders",
                            .metrics = metrics,
                            .monitor = monitor,
                            .recorder = recorder,
                            .health = &health,
                            .access = access});
  http::Server server(
      {.listen = listen,
       .workers = 6,  // questions to the store must not keep a scraper waiting
       .guard = [access](const http::Request& request) { return (*access)(request); }});
  console.mount(server);
  if (auto started = server.start(); !started) return 1;
  console.start();
  console.attach(*store);  // as soon as it is open; console.watch(*runner) for each projection

  const auto received = executor.execute(Receive{StreamId::literal("product-7"), 10});
  const http::Request page{.target = "/", .path = "/"};
  const http::Request figures{.target = "/api/overview", .path = "/api/overview"};
  using enum http::AccessLevel;
  std::cout << "received: " << (received ? "yes" : "no") << '\n'
            << "the page takes a token: " << (console::access_level(page) == Open ? "no" : "yes")
            << '\n'
            << "figures take a token: "
            << (access->permits(figures, console::access_level(figures)) ? "no" : "yes") << '\n';

  console.stop();
  console.detach();  // before the store goes
  monitor->stop();
  return 0;
}
