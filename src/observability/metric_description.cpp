#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability {

std::string_view to_string(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::Counter:
      return "counter";
    case MetricKind::Gauge:
      return "gauge";
    case MetricKind::Histogram:
      return "histogram";
    case MetricKind::Info:
      break;
  }
  return "info";
}

std::string_view to_string(MetricUnit unit) noexcept {
  switch (unit) {
    case MetricUnit::None:
      return "";
    case MetricUnit::Seconds:
      return "seconds";
    case MetricUnit::Bytes:
      break;
  }
  return "bytes";
}

std::string_view to_string(Across across) noexcept {
  switch (across) {
    case Across::Sum:
      return "sum";
    case Across::Max:
      return "max";
    case Across::Min:
      break;
  }
  return "min";
}

std::string_view to_string(Stability stability) noexcept {
  return stability == Stability::Stable ? "stable" : "experimental";
}

}  // namespace eventcore::observability
