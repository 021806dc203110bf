#include "serve/business_metrics.hpp"

#include <string>

namespace shop {

namespace {

using eventcore::observability::LabelDescription;
using eventcore::observability::MetricDescription;
using eventcore::observability::MetricKind;
using eventcore::observability::MetricUnit;

constexpr double kOrderValues[] = {10, 50, 100, 500, 1000, 5000};
constexpr double kDurations[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                 0.1,   0.25,   0.5,   1,    2.5,   5};
constexpr LabelDescription kByRequest[] = {{"method"}, {"endpoint"}, {"status"}};
constexpr LabelDescription kByEndpoint[] = {{"method"}, {"endpoint"}};

constexpr MetricDescription kUserRegistrations{.name = "eventcore_user_registrations_total",
                                               .kind = MetricKind::Counter,
                                               .help = "Customers registered."};
constexpr MetricDescription kOrderValue{.name = "eventcore_order_value_dollars",
                                        .kind = MetricKind::Histogram,
                                        .buckets = kOrderValues,
                                        .help = "Value of the orders placed."};
constexpr MetricDescription kApiRequests{.name = "eventcore_api_requests_total",
                                         .kind = MetricKind::Counter,
                                         .labels = kByRequest,
                                         .help = "Requests to the shop's API, by their answers."};
constexpr MetricDescription kRequestDuration{
    .name = "eventcore_request_duration_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByEndpoint,
    .buckets = kDurations,
    .help = "From a complete request to its answer being ready."};

using eventcore::http::ServerStats;
constexpr LabelDescription kByServer[] = {{"server"}};
constexpr ConnectionMetric kConnections[] = {
    {{.name = "shop_http_connections",
      .kind = MetricKind::Gauge,
      .labels = kByServer,
      .help = "Open connections."},
     &ServerStats::connections_open},
    {{.name = "shop_http_connections_accepted_total",
      .labels = kByServer,
      .help = "Connections that clients opened."},
     &ServerStats::connections_accepted},
    {{.name = "shop_http_connections_refused_total",
      .labels = kByServer,
      .help = "Connections turned away because all others were being served."},
     &ServerStats::connections_refused},
    {{.name = "shop_http_connections_dropped_total",
      .labels = kByServer,
      .help = "Connections cut off because their clients kept the server waiting."},
     &ServerStats::connections_dropped}};

}  // namespace

std::span<const ConnectionMetric> connection_metrics() { return kConnections; }

eventcore::Result<BusinessMetrics> BusinessMetrics::create(
    eventcore::observability::MetricRegistry& registry) {
  auto user_registrations = registry.add<Counter>(kUserRegistrations);
  if (!user_registrations) return user_registrations.error();
  auto order_value = registry.add<Histogram>(kOrderValue);
  if (!order_value) return order_value.error();
  auto requests = registry.add<Requests>(kApiRequests);
  if (!requests) return requests.error();
  auto durations = registry.add<Durations>(kRequestDuration);
  if (!durations) return durations.error();
  return BusinessMetrics(*user_registrations, *order_value, *requests, *durations);
}

void BusinessMetrics::record_api_request(std::string_view method, std::string_view endpoint,
                                         unsigned status, std::chrono::nanoseconds duration) const {
  requests_.with(method, endpoint, std::to_string(status)).increment();
  durations_.with(method, endpoint).record(duration);
}

}  // namespace shop
