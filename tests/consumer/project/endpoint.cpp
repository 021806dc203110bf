// A stranger's service that uses the parts between EventCore and others: both link and answer.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>

#include <eventcore/metrics_endpoint.hpp>
#include <eventcore/prometheus_cpp_collectable.hpp>

int main() {
  using namespace eventcore::observability;
  const auto metrics = std::make_shared<MetricsService>();
  const auto answer = metrics_endpoint(metrics)({});
  const auto families = prometheus_cpp_collectable(metrics)->Collect();
  return answer.status == 200 && !answer.body.empty() && !families.empty() ? 0 : 1;
}
