#include "eventcore/observability/info_metric.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "eventcore/observability/metric_registry.hpp"

namespace eventcore::observability {
namespace {

constexpr LabelDescription kLabels[] = {{"version"}};
constexpr MetricDescription kVersion{
    .name = "shop_version_info", .kind = MetricKind::Info, .labels = kLabels, .help = "Version."};

TEST(Info, IsOneAsLongAsItIsBound) {
  MetricRegistry registry;
  const auto versions = registry.add<DynamicFamily<Info, 1>>(kVersion).value();
  std::optional<Bound<Info>> version = versions.bind("1.0");
  EXPECT_EQ(registry.snapshot().value(kVersion.name, {{"version", "1.0"}}), 1);
  version = versions.bind("1.1");
  EXPECT_EQ(registry.snapshot().value(kVersion.name, {{"version", "1.0"}}), std::nullopt);
  EXPECT_EQ(registry.snapshot().value(kVersion.name, {{"version", "1.1"}}), 1);
}

TEST(Info, IsNoGauge) {
  MetricRegistry registry;
  EXPECT_FALSE((registry.add<DynamicFamily<Gauge, 1>>(kVersion)));
  EXPECT_FALSE(registry.add<Info>({.name = "a", .kind = MetricKind::Gauge, .help = "A."}));
}

}  // namespace
}  // namespace eventcore::observability
