// Everything on: store, commands, a projection and an application's own metrics on one page, and
// the health of the process beside it. The program reads its own pages, as Prometheus and a load
// balancer would.

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "eventcore/health_checks.hpp"
#include "eventcore/http_endpoints.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/metrics_endpoint.hpp"
#include "eventcore/observability/instrumented_command_executor.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "eventcore/projection_runner.hpp"

using namespace eventcore;
using namespace eventcore::observability;
using namespace std::chrono_literals;

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
    if (pieces <= 0) return reject("not_positive");
    emit(product, Received{pieces});
    return accept();
  }
};

// How many pieces were received.
class Stock final : public TypedProjector<std::variant<Received>> {
 public:
  Stock() : TypedProjector({.name = "stock"}) {}

 private:
  Result<void> apply_event(const Events& event, const StoredEvent&,
                           const ProjectionContext&) override {
    pieces_ += std::get<Received>(event).pieces;
    return {};
  }
  std::int64_t pieces_ = 0;
};

// A label whose values are known when the program is written is an enum: each of its series is
// there from the start, and the others can't be.
enum class Source { Supplier, Customer };
template <>
struct eventcore::observability::LabelDomain<Source> {
  static constexpr std::string_view name = "source";
  static constexpr std::string_view values[] = {"supplier", "customer"};
};
constexpr LabelDescription kBySource[] = {label_of<Source>};
constexpr double kPieces[] = {1, 10, 100};
constexpr MetricDescription kDeliveries{
    .name = "depot_deliveries_total", .labels = kBySource, .help = "Deliveries stored."};
constexpr MetricDescription kDeliveryPieces{.name = "depot_delivery_pieces",
                                            .kind = MetricKind::Histogram,
                                            .labels = kBySource,
                                            .buckets = kPieces,
                                            .help = "Pieces of one delivery."};

// Prints the lines of a page that begin with one of `wanted`.
void show(const http::Server& server, std::string_view path,
          std::initializer_list<std::string_view> wanted) {
  boost::asio::ip::tcp::iostream page("127.0.0.1", std::to_string(server.port()));
  page << "GET " << path << " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  page.flush();
  for (std::string line; std::getline(page, line);) {
    if (line.ends_with('\r')) line.pop_back();
    for (const std::string_view begin : wanted) {
      if (line.starts_with(begin)) std::cout << line << '\n';
    }
  }
}

int main() {
  auto metrics = std::make_shared<MetricsService>();
  auto opened = open_memory_store({.probe = metrics});
  EventStore& plain_store = *opened;  // for checks, so that probing does not count as work
  InstrumentedEventStore store(std::move(opened), metrics);
  InstrumentedCommandExecutor executor(store, metrics);

  http::HealthChecks health;
  health.add(http::store_reads(plain_store));
  health.add(http::store_appends(plain_store));
  http::Server server({.listen = "127.0.0.1:0",  // a free port; scrapers expect a fixed one
                       .on_request = count_requests(metrics)});
  http::mount_endpoints(server, {.metrics = metrics_endpoint(metrics, &health), .health = &health});
  const Result<void> started = server.start();

  const auto runner = ProjectionRunner::open(store, std::make_shared<Stock>(), {.probe = metrics});
  if (!runner) return 1;
  const MetricsWatch watch = metrics->watch(**runner);  // goes before the runner

  // Handles are found once and kept; updating through them takes no lock.
  const auto deliveries = metrics->registry().add<Family<Counter, Source>>(kDeliveries);
  const auto pieces = metrics->registry().add<Family<Histogram, Source>>(kDeliveryPieces);
  if (!started || !deliveries || !pieces) return 1;

  for (const std::int64_t count : {5, 20, 0}) {
    const auto result = executor.execute(Receive{StreamId::literal("product-tea"), count});
    if (!result || !result->committed()) continue;
    deliveries->at(Source::Supplier).increment();
    pieces->at(Source::Supplier).record(static_cast<double>(count));
  }
  if (!(*runner)->drain()) return 1;
  show(server, "/metrics",
       {"eventcore_commands_total", "eventcore_events_written_total",
        "eventcore_command_outcomes_total{command_type=\"receive\",outcome=\"rejected\"",
        "eventcore_event_store_operations_total{operation=\"write\",result=\"ok\"",
        "eventcore_projection_events_processed_total", "eventcore_projection_lag_events",
        "eventcore_health_status", "depot_deliveries_total",
        "depot_delivery_pieces_bucket{source=\"supplier\""});
  show(server, "/health/ready", {"HTTP/1.1", "Content-Type"});
}
